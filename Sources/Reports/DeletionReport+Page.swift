import Experiments
import Foundation

extension DeletionReport {
  /// The same for a page of results.
  ///
  /// - Parameters:
  ///   - name: the experiment's name on the page.
  ///   - paper: whose accuracies stand beside it.
  func experiment(_ name: String, model: String, dataset: String, paper: Paper.Experiment?) -> PageExperiment {
    let setup = settings.setup
    var (rows, curves): ([PageArea], [PageCurve]) = ([], [])
    let metrics = result.metrics.indices.filter { result.metrics[$0].keepsClasses }
    for metric in metrics {
      let name = result.metrics[metric].name
      for (index, map) in setup.series.enumerated() {
        rows.append(
          PageArea(
            metric: name, map: map, estimate: scores[metric][index],
            paper: paperArea(map, metric: metric),
            isLowGood: isLowGood(map, metric: metric)))
        curves.append(
          PageCurve(
            metric: name, map: map, fractions: setup.fractions,
            deleted: result.deletedShare(metric: metric, series: index),
            values: curve(metric: metric, series: index)))
      }
    }
    var experiment = PageExperiment(
      name: name, model: model, dataset: dataset, images: result.imageCount, classes: Set(result.labels).count,
      accuracy: .share(result.accuracy, of: result.imageCount), paperAccuracy: paper?.accuracy, areas: rows,
      curves: curves)
    experiment.batchAccuracy = result.batchAccuracy
    experiment.printedAccuracy = paper?.printedAccuracy
    if let first = metrics.first { experiment.score = score(first).name }
    experiment.claims = claims
    return experiment
  }
}

extension PageExperiment {
  /// Several trainings of the same as one: means, and standard deviations in the place of intervals over the images.
  ///
  /// - Precondition: at least one, as many as `seeds`; all with the same areas and curves.
  static func mean(of runs: [PageExperiment], seeds: [Int]) -> PageExperiment {
    var mean = runs[0]
    guard runs.count > 1 else { return mean }
    mean.accuracy = .mean(ofTrainings: runs.map(\.accuracy))
    mean.batchAccuracy = Spread(runs.map(\.batchAccuracy)).mean
    for index in mean.areas.indices {
      mean.areas[index].estimate = .mean(ofTrainings: runs.map { $0.areas[index].estimate })
    }
    for index in mean.claims.indices { mean.claims[index] = .joined(runs.map { $0.claims[index] }) }
    for index in mean.curves.indices {
      for point in mean.curves[index].fractions.indices {
        func average(_ values: KeyPath<PageCurve, [Double]>) -> Double {
          runs.map { $0.curves[index][keyPath: values][point] }.reduce(0, +) / Double(runs.count)
        }
        (mean.curves[index].deleted[point], mean.curves[index].values[point]) = (average(\.deleted), average(\.values))
      }
    }
    mean.making = zip(seeds, runs).flatMap { seed, run in
      run.making.map { PageFact("seed \(seed): \($0.name)", $0.value) }
    }
    return mean
  }
}
