import Figures
import Foundation
import Maps

/// What a ``SanityRun`` found, as sentences, a table, files and figures.
public struct SanityReport: ExperimentReport {
  public let settings: SanityRun.Settings
  public let result: SanityResult
  /// The model's classes.
  public let labels: LabelSet
  /// The share of the shuffled labels that the network trained on them gives back, 0…1; nil if there is none. Where it is low, the
  /// comparison with that network says little.
  public let learntRandomLabels: Double?

  /// A row for every map, the header first: its rank correlation with the map of the model with random weights in all layers, and
  /// in the upper half; for all layers the other measures; the rank correlation with the map of the model trained on random labels;
  /// and the verdict.
  public var table: Table {
    let hasLabels = result.steps.last?.kind == .labels
    let header =
      ["map", "all layers", "95% interval", "upper half", "95% interval", "magnitudes", "SSIM", "HOG"]
      + (hasLabels ? ["random labels", "95% interval"] : []) + ["depends on what was learnt"]
    return Table(
      [header]
        + result.maps.indices.map { map in
          let verdict = result.verdict(map: map)
          func mean(_ measure: (MapSimilarity) -> Double?) -> String {
            lastCascading.flatMap { result.mean(step: $0, map: map, measure) }.map { Self.number($0.value) } ?? "–"
          }
          func both(_ interval: Estimate?) -> [String] {
            interval.map { [Self.number($0.value), "\(Self.number($0.low))…\(Self.number($0.high))"] } ?? ["–", "–"]
          }
          let labels = hasLabels ? result.mean(step: result.steps.count - 1, map: map) { $0.spearman } : nil
          return [result.maps[map].title] + both(verdict?.all) + both(verdict?.half)
            + [mean { $0.spearmanOfMagnitudes }, mean { $0.structural }, mean { $0.gradients }]
            + (hasLabels ? both(labels) : []) + [verdict.map { Self.words($0.verdict) } ?? "–"]
        })
  }

  var lastCascading: Int? { result.steps.lastIndex { $0.kind == .cascading } }

  private static func words(_ verdict: SanityResult.Verdict) -> String {
    switch verdict {
    case .depends: "yes"
    case .partly: "partly"
    case .ignores: "no"
    }
  }

  private static func number(_ value: Double) -> String { String(format: "%.3f", value) }

  /// How the last column comes about, in a sentence.
  static var criterion: String {
    let (different, same) = (SanityResult.limits.different, SanityResult.limits.same)
    return String(
      format:
        "With random weights in all layers, the 95%% interval of the rank correlation with the trained model’s map lies "
        + "above %.2f (no), or below %.2f there and in the upper half, too (yes).", same, different)
  }

  /// The table, `similarity.csv`, and the figures `cascade`, `cascading` and `independent`; of several attributions each has its own
  /// figures, with its name after the figure's.
  public var findings: Findings {
    let attributions = result.maps.filter { !$0.isControl }.map(\.attribution).unique
    let figures = attributions.flatMap { attribution in
      let maps = result.maps.indices.filter {
        result.maps[$0].attribution == attribution || result.maps[$0].isControl
      }
      let suffix = attributions.count > 1 ? "-\(attribution)" : ""
      return (cascadeFigure(maps).map { [Findings.Item.figure("cascade\(suffix)", $0)] } ?? [])
        + SanityCheck.Kind.layered.map { .figure("\($0.rawValue)\(suffix)", curves($0, maps)) }
    }
    let learnt = learntRandomLabels.map {
      Findings.Item.sentence(
        String(format: "The network trained on random labels gives back %.1f%% of them.", 100 * $0))
    }
    return Findings(
      "Maps of \(settings.model) on \(settings.images)",
      [.table(table), .sentence(Self.criterion)] + [learnt].compactMap(\.self)
        + [.numbers("similarity.csv", Table(csv))] + figures, summary: summary)
  }

  private var csv: [[String]] {
    let measures = MapSimilarity.measures
    let header =
      ["check", "random_layers", "layer", "attribution", "view", "images"]
      + measures.flatMap { [$0.name, "\($0.name)_low", "\($0.name)_high"] }
    return [header]
      + result.steps.indices.flatMap { step in
        result.maps.indices.map { map in
          let (change, name) = (result.steps[step], result.maps[map])
          return [
            change.kind.rawValue, "\(change.layers.count)", change.layer, name.attribution, name.view,
            "\(result.imageCount)",
          ]
            + measures.flatMap { measure in
              result.mean(step: step, map: map, measure.value)?.columns
                ?? ["", "", ""]
            }
        }
      }
  }

  private struct Summary: Encodable, Sendable {
    struct Line: Encodable, Sendable {
      let map: MapName
      let verdict: SanityResult.Verdict?
      /// Rank correlation with all layers random, and with the upper half of them.
      let allLayers, upperHalf: Estimate?
      let randomLabels: Estimate?
    }
    let settings: SanityRun.Settings
    let images: Int
    let criterion: String
    let learntRandomLabels: Double?
    let maps: [Line]
  }

  private var summary: Summary {
    Summary(
      settings: settings, images: result.imageCount, criterion: Self.criterion, learntRandomLabels: learntRandomLabels,
      maps: result.maps.indices.map { map in
        let verdict = result.verdict(map: map)
        let labels = result.steps.lastIndex { $0.kind == .labels }
        return Summary.Line(
          map: result.maps[map], verdict: verdict?.verdict, allLayers: verdict?.all, upperHalf: verdict?.half,
          randomLabels: labels.flatMap { result.mean(step: $0, map: map) { $0.spearman } })
      })
  }
}
