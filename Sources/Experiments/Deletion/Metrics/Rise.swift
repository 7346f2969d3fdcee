import Maps
import Tensors

/// V. Petsiuk, A. Das, K. Saenko, *RISE*, 2018: the softmax probability of the class predicted for the untouched image, while its
/// pixels, most salient first, turn into a replacement in equal steps, or turn from the replacement into themselves. The score is the
/// area under the curve over 0…1.
///
/// After step k of N, ⌊k·P/N + ½⌋ of the P pixels have turned; those of equal saliency, zeros included, go in a random order. Cost:
/// at most ``steps`` forward passes for an image and a map.
public struct Rise: Metric {
  public enum Kind: String, Sendable { case deletion, insertion }

  public let kind: Kind
  /// Into how many equal steps all pixels are cut.
  public let steps: Int
  public let replacement: Replacement

  /// - Parameter replacement: nil: black for deletion, the blurred image for insertion.
  public init(_ kind: Kind, steps: Int = 32, replacement: Replacement? = nil) {
    self.kind = kind
    self.steps = steps
    self.replacement = replacement ?? (kind == .deletion ? .black : .blur)
  }

  public var name: String { "rise-\(kind.rawValue)" }
  public var title: String { "RISE \(kind.rawValue)" }
  public var quantity: String { "probability" }
  public var settings: [String: String] { ["steps": "\(steps)", "replacement": replacement.rawValue] }

  public func configured(by options: [String: String]) -> Rise {
    Rise(
      kind, steps: options["steps"].flatMap { Int($0) } ?? steps,
      replacement: options["replacement"].flatMap { Replacement(rawValue: $0) } ?? replacement)
  }

  public func check(pixels: Int) throws { if steps < 1 { throw EvaluationError.tooFewSteps } }

  public func isLowGood(_ map: MapName) -> Bool { replacement.hurts(map) == (kind == .deletion) }
  public func fractions(in setup: DeletionSetup) -> [Double] { (0...steps).map { Double($0) / Double(steps) } }
  public func deleted(at fraction: Double) -> Double { kind == .deletion ? fraction : 1 - fraction }
  public func passes(in setup: DeletionSetup) -> Int { series(in: setup).count * (steps + 1) }

  public var plot: CurvePlot {
    let substrate = replacement == .blur ? "blurred image" : replacement.rawValue
    return CurvePlot(
      file: name, xLabel: "fraction of pixels \(kind == .deletion ? "deleted" : "inserted")",
      yLabel: "probability of the predicted class",
      note: "\(kind == .deletion ? "Deleted pixels are taken from" : "Begins with"): \(substrate). "
        + "Pixels of equal saliency are in a random order.")
  }

  public func measure(_ block: DeletionWork, progress: (Double) -> Void) throws -> MetricAnswers {
    let pixels = block.setup.pixels
    let rankings = try block.once("rise") {
      let random = try block.random()
      return try block.time(\.ranking) {
        try block.maps.map { try Ranking($0, block.setup.order, ties: random) }
          + (series(in: block.setup).contains(where: \.isControl) ? [random] : [])
      }
    }
    // One end of every curve is the untouched image, the other end the same for all maps.
    let (whole, bare) = kind == .insertion ? (pixels, 0) : (0, pixels)
    var questions = DeletionQuestions()
    for image in block.untouched.indices {
      for ranking in rankings.indices {
        for fraction in fractions(in: block.setup) {
          let count = Ranking.count(fraction, of: pixels, available: pixels)
          questions.ask(count == whole ? nil : .init(image: image, ranking: count == bare ? 0 : ranking, count: count))
        }
      }
    }
    let answers = try block.answers(
      to: questions, [replacement], rankings, inserting: kind == .insertion, progress: progress)
    return MetricAnswers(values: answers[0].map(\.probability))
  }
}
