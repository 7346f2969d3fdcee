import Figures
import Foundation
import Maps

/// What remove and retrain found, as a table, files and a figure.
public struct RoarReport: ExperimentReport {
  public let settings: RoarSettings
  let outcomes: [RoarSettings.Training: RoarRun.Outcome]

  /// The accuracies of a map's trainings at a fraction, one for each seed; of untouched images for 0 and any map.
  public func accuracies(_ map: MapName, fraction: Double) -> [Double] {
    found(map, fraction).map(\.accuracy)
  }

  /// The mean share of the training images' pixels that a map really removed at a fraction, 0…1.
  public func removed(_ map: MapName, fraction: Double) -> Double {
    Self.mean(found(map, fraction).map(\.removed))
  }

  private func found(_ map: MapName, _ fraction: Double) -> [RoarRun.Outcome] {
    (0..<settings.seeds).compactMap {
      outcomes[.init(map: fraction == 0 ? nil : map, fraction: fraction, seed: $0)]
    }
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

  /// 0 and the fractions.
  private var allFractions: [Double] { [0] + settings.fractions }

  /// The mean accuracy by fraction, and the area under it from 0 to the last fraction, divided by that: the mean height.
  func curve(_ map: MapName) -> (points: [Double], area: Double) {
    let points = allFractions.map { Self.mean(accuracies(map, fraction: $0)) }
    return (points, CurveSummary.area.score(allFractions, points) / (allFractions.last ?? 1))
  }

  /// A row for every map, the header first: mean accuracies by fraction and their mean height. Low is good.
  public var table: Table {
    Table(
      [["removed by"] + allFractions.map { $0.formatted() } + ["mean height"]]
        + settings.maps.map { map in
          let (points, area) = curve(map)
          return [map.title] + points.map(Text.number) + [Text.number(area)]
        })
  }

  /// The table, `accuracies.csv` and the figure `roar`.
  public var findings: Findings {
    Findings(
      "\(settings.model) on \(settings.dataset): accuracy of \(settings.architecture.title), trained on what the maps leave; "
        + "low is good",
      [.table(table), .numbers("accuracies.csv", Table(csv)), .figure("roar", figure)],
      summary: Summary(
        settings: settings,
        maps: settings.maps.map { map in
          let (points, area) = curve(map)
          return Summary.Line(map: map, fractions: allFractions, accuracy: points, meanHeight: area)
        }))
  }

  private struct Summary: Encodable, Sendable {
    struct Line: Encodable, Sendable {
      let map: MapName
      let fractions: [Double]
      /// Means over the seeds.
      let accuracy: [Double]
      let meanHeight: Double
    }
    let settings: RoarSettings
    let maps: [Line]
  }

  private var csv: [[String]] {
    [["attribution", "view", "fraction", "removed", "seed", "accuracy"]]
      + settings.trainings.compactMap { training in
        outcomes[training].map {
          [
            training.map?.attribution ?? "", training.map?.view ?? "", "\(training.fraction)", "\($0.removed)",
            "\(settings.recipe.seed + UInt64(training.seed))", "\($0.accuracy)",
          ]
        }
      }
  }

  /// The curves over the fractions asked for, and over the shares really removed; with several seeds a band from the lowest to the
  /// highest accuracy.
  var figure: CurveFigure {
    func plot(_ title: String, _ xLabel: String, _ x: (MapName, Double) -> Double) -> CurveFigure.Plot {
      CurveFigure.Plot(
        title: title, xLabel: xLabel, yLabel: "accuracy after retraining",
        series: settings.maps.map { map in
          CurveFigure.Series(
            name: map.title,
            style: map.style,
            points: allFractions.map { fraction in
              let found = accuracies(map, fraction: fraction)
              return CurveFigure.Point(
                x: x(map, fraction), y: Self.mean(found),
                interval: found.count > 1 ? (found.min() ?? 0, found.max() ?? 0) : nil)
            })
        }, yRange: 0...1)
    }
    return CurveFigure(
      title: "Remove and retrain: \(settings.model)",
      subtitle: "\(settings.architecture.title) · \(settings.dataset)",
      plots: [
        plot("As many as asked for", "fraction of pixels removed") { $1 },
        plot("As many as the map has", "share of pixels really removed") { removed($0, fraction: $1) },
      ],
      notes: [
        "The lower, the more of what tells the classes apart a map has removed. A map never removes pixels whose saliency is "
          + "zero." + (settings.seeds > 1 ? " Bands: lowest to highest of \(settings.seeds) seeds." : "")
      ])
  }
}
