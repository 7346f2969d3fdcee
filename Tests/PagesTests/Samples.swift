import Experiments
import Foundation
import Maps
import Pictures
import Rasters
import TestSupport

@testable import Reports

/// Names that a page must show as they are, and nothing else.
let hostileNames = [
  "<script>window.hacked = 1</script>", "\"&'", "</script><script>window.hacked = 1</script>",
  "<img src=x onerror=\"window.hacked = 1\">", "{{title}} {{{script}}}", "\"\u{301} onmouseover=\"window.hacked = 1",
  "<!-- \u{2028}",
]

let views = ["original", "positive", "negative", "active", "inactive"]

func gradient(_ view: String) -> MapName { MapName(attribution: "gradient", view: view) }

/// The paper's order in both colours, and the original against random pixels in black; half of an interval is 0.01.
func sampleClaims(_ differences: [String: Double] = [:]) -> [OrderClaim] {
  func comparison(_ metric: String, _ smaller: MapName, _ larger: MapName) -> OrderClaim.Comparison {
    let names = [smaller, larger].map { $0.title(namesAttribution: false) }
    let value = differences["\(metric) \(names[0]) \(names[1])"] ?? 0.05
    let difference = Estimate(value, low: value - 0.01, high: value + 0.01)
    return .init(smaller, below: larger, difference: difference, verdict: .init(of: difference, images: 100))
  }
  func order(_ metric: String, _ small: [String], _ large: [String]) -> OrderClaim {
    let original = gradient("original")
    return OrderClaim(
      .order, metric: metric,
      comparisons: small.map { comparison(metric, gradient($0), original) }
        + large.map { comparison(metric, original, gradient($0)) })
  }
  return [
    order("black", ["positive", "active"], ["negative", "inactive"]),
    OrderClaim(.controls, metric: "black", comparisons: [comparison("black", gradient("original"), .control(.random))]),
    order("white", ["negative", "inactive"], ["positive", "active"]),
  ]
}

/// An experiment with areas and paper's areas for the five maps, black and white, in the paper's order unless told otherwise.
func sampleExperiment(
  _ name: String = "sample", model: String = "a model", dataset: String = "a data set",
  black: [Double] = [0.22, 0.16, 0.26, 0.17, 0.30], white: [Double] = [0.21, 0.29, 0.16, 0.33, 0.17],
  paper: [Double?] = [nil, nil, nil, nil, nil], claims: [OrderClaim] = sampleClaims()
) -> PageExperiment {
  let fractions = [0, 0.3, 0.6]
  var (areas, curves): ([PageArea], [PageCurve]) = ([], [])
  for (metric, values) in [("black", black), ("white", white)] {
    for (place, view) in views.enumerated() {
      areas.append(
        PageArea(
          metric: metric, map: gradient(view),
          estimate: Estimate(values[place], low: values[place] - 0.01, high: values[place] + 0.01),
          paper: metric == "black" ? paper[place] : nil, isLowGood: metric == "black"))
      curves.append(
        PageCurve(
          metric: metric, map: gradient(view), fractions: fractions, deleted: fractions,
          values: [0.8, 0.4 + Double(place) / 100, 0.1234]))
    }
    areas.append(PageArea(metric: metric, map: .control(.random), estimate: Estimate(0.2)))
    curves.append(
      PageCurve(
        metric: metric, map: .control(.random), fractions: fractions, deleted: fractions, values: [0.8, 0.5, 0.2]))
  }
  var experiment = PageExperiment(
    name: name, model: model, dataset: dataset, images: 1234, classes: 10,
    accuracy: Estimate(0.8, low: 0.7, high: 0.9),
    areas: areas, curves: curves)
  experiment.claims = claims
  return experiment
}

func sampleReport(_ experiments: [PageExperiment], paper: Paper.Version? = nil) -> PageReport {
  PageReport(
    title: "A page", paper: paper, experiments: experiments,
    making: [PageFact("command", "saliency report")])
}

/// Grey images of 4×5, one for each name, whose maps delete the pixels from the first to the last: a sixth of them at each of
/// six steps, but the active map only ten of the twenty.
func sampleExamples(_ names: [String]) throws -> PageExamples {
  let fractions = (0...6).map { Double($0) / 6 }
  let deleted = fractions.map { Int(($0 * 20 + 0.5).rounded(.down)) }
  let examples = try names.enumerated().map { index, name in
    let picture = try PixelArray(height: 4, width: 5, values: (0..<20).map { UInt8(100 + $0) }).encodedPNG(
      for: "a test")
    let maps = try views.map { view in
      let available = view == "active" ? 10 : 20
      let counts = deleted.map { min($0, available) }
      let steps = (0..<20).map { pixel in counts.firstIndex { $0 > pixel }.map(UInt8.init) ?? 255 }
      let colours = (0..<60).map { UInt8(4 * $0) }
      let answers = counts.indices.map { step in
        PageAnswer(
          name: step < 3 ? name : "another", probability: 0.9 - Double(step) / 100, explained: 0.9 - Double(step) / 10)
      }
      return PageMap(
        attribution: "gradient", view: view,
        picture: try PixelArray(height: 4, width: 5, channels: 3, values: colours).encodedPNG(for: "a test"),
        steps: Data(steps), deleted: counts, answers: ["black": answers, "white": answers.reversed()])
    }
    return PageExample(index: index, name: name, probability: 0.9, picture: picture, maps: maps)
  }
  return PageExamples(
    choice: "made for a test", without: [], leftOut: 0, fractions: fractions, height: 4, width: 5, examples: examples)
}
