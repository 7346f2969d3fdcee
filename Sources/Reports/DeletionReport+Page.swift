import Experiments
import Foundation
import Pages

extension DeletionReport {
  /// The same for a page of results.
  ///
  /// - Parameters:
  ///   - name: the experiment's name on the page.
  ///   - paperAccuracy: to stand beside it.
  func experiment(_ name: String, model: String, dataset: String, paperAccuracy: Double?) -> PageExperiment {
    let setup = settings.setup
    var (rows, curves): ([PageArea], [PageCurve]) = ([], [])
    for (turn, replacement) in setup.replacements.enumerated() {
      for (index, series) in setup.series.enumerated() {
        let about = PageSeries(series, replacement)
        let area = areas[turn][index]
        rows.append(
          PageArea(
            about, PageEstimate(area.value, low: area.low, high: area.high),
            paper: paperArea(series, replacement),
            isLowGood: Self.isLowGood(series, replacement, setup.order)))
        curves.append(
          PageCurve(
            about, fractions: setup.fractions, deleted: result.deletedShare(series: index),
            accuracy: result.curve(.accuracy, replacement: turn, series: index)))
      }
    }
    let accuracy = Self.interval(of: result.accuracy, count: result.imageCount)
    var experiment = PageExperiment(
      name: name, model: model, dataset: dataset, images: result.imageCount, classes: Set(result.labels).count,
      accuracy: PageEstimate(result.accuracy, low: accuracy.low, high: accuracy.high), paperAccuracy: paperAccuracy,
      areas: rows, curves: curves)
    experiment.claims = claims
    return experiment
  }

  /// The 95% interval of a share of `count` images (E. B. Wilson, *Probable Inference*, 1927).
  static func interval(of share: Double, count: Int) -> (low: Double, high: Double) {
    let (n, z) = (Double(count), 1.959963984540054)
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return (middle - half, middle + half)
  }
}

extension PageExperiment {
  /// Several trainings of the same as one: means, and standard deviations in the place of intervals over the images.
  ///
  /// - Precondition: at least one; all with the same areas and curves.
  static func mean(of runs: [PageExperiment]) -> PageExperiment {
    var mean = runs[0]
    guard runs.count > 1 else { return mean }
    mean.accuracy = .mean(of: runs.map(\.accuracy))
    for index in mean.areas.indices { mean.areas[index].estimate = .mean(of: runs.map { $0.areas[index].estimate }) }
    for index in mean.claims.indices { mean.claims[index] = .joined(runs.map { $0.claims[index] }) }
    for index in mean.curves.indices {
      for point in mean.curves[index].fractions.indices {
        func average(_ values: KeyPath<PageCurve, [Double]>) -> Double {
          runs.map { $0.curves[index][keyPath: values][point] }.reduce(0, +) / Double(runs.count)
        }
        (mean.curves[index].deleted[point], mean.curves[index].accuracy[point]) = (
          average(\.deleted), average(\.accuracy)
        )
      }
    }
    mean.making = runs.enumerated().flatMap { turn, run in
      run.making.map { PageFact("seed \(turn): \($0.name)", $0.value) }
    }
    return mean
  }
}

extension PageEstimate {
  /// The mean and the sample standard deviation of at least two.
  static func mean(of estimates: [PageEstimate]) -> PageEstimate {
    let count = Double(estimates.count)
    let mean = estimates.map(\.value).reduce(0, +) / count
    let squares = estimates.map { ($0.value - mean) * ($0.value - mean) }.reduce(0, +)
    return PageEstimate(mean, spread: (squares / (count - 1)).squareRoot())
  }
}

extension OrderClaim {
  /// One claim about several trainings of the same: means of the differences, and of each comparison the least favourable verdict,
  /// so that it holds only where it does in every training.
  ///
  /// - Precondition: at least one; all with the same comparisons.
  static func joined(_ runs: [OrderClaim]) -> OrderClaim {
    OrderClaim(
      runs[0].subject, metric: runs[0].metric,
      comparisons: runs[0].comparisons.enumerated().map { index, first in
        let all = runs.map { $0.comparisons[index] }
        let verdict = [Verdict.fails, .notShown].first { verdict in all.contains { $0.verdict == verdict } }
        return Comparison(
          first.smaller, below: first.larger, difference: .mean(of: all.map(\.difference)), verdict: verdict ?? .holds,
          isNeeded: first.isNeeded)
      })
  }
}
