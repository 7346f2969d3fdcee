import Experiments
import Figures
import Foundation
import Maps
import Pictures
import Rasters
import Tensors

/// Makes the examples of a page: an image of each class, its maps, and the answers while its pixels are deleted.
struct ExampleMaker: Sendable {
  let explainer: Explainer
  let images: any LabelledImages
  let options: ReportOptions

  /// An image of a class; none if no image of it was classified correctly.
  struct Choice: Equatable {
    let label: Int
    let image: Int?
  }

  /// One for each class that has images, in the classes' order.
  static func choices(
    labels: [Int32], predicted: [Int32], _ choice: ExampleChoice, seed: UInt64
  ) -> [Choice] {
    let correct = Dictionary(grouping: labels.indices.filter { labels[$0] == predicted[$0] }) { labels[$0] }
    return Set(labels).sorted().map { label in
      guard let found = correct[label] else { return Choice(label: Int(label), image: nil) }
      var random = SplitMix64(seed: seed, stream: UInt64(label))
      return Choice(
        label: Int(label), image: choice == .first ? found[0] : found[Int.random(in: found.indices, using: &random)])
    }
  }

  /// - Parameters:
  ///   - labels: the true class of every image.
  ///   - predicted: the class that the classifier takes it for.
  ///   - progress: called with the share that is done.
  /// - Throws: `TorchError`, ``ClassifierError``, `PictureError`, `CancellationError`.
  @TorchActor func make(
    labels: [Int32], predicted: [Int32], progress: (Double) -> Void = { _ in }
  ) throws -> PageExamples {
    let all = Self.choices(labels: labels, predicted: predicted, options.examples, seed: options.seed)
    let shown = all.prefix(options.maximumClasses)
    let names = explainer.classifier.labels
    let input = explainer.classifier.preprocessing
    var examples: [PageExample] = []
    for (turn, choice) in shown.enumerated() {
      try Task.checkCancellation()
      guard let image = choice.image else { continue }
      examples.append(try example(image, label: choice.label))
      progress(Double(turn + 1) / Double(shown.count))
    }
    return PageExamples(
      choice: description, without: all.filter { $0.image == nil }.map { names[$0.label] },
      leftOut: all.count - shown.count, fractions: DeletionSteps.fractions, height: input.height, width: input.width,
      examples: examples)
  }

  private var description: String {
    switch options.examples {
    case .first: "Not hand-picked: the first correctly classified image of each class in the test set’s order."
    case .random:
      "Not hand-picked: a correctly classified image of each class, drawn at random with the seed \(options.seed)."
    }
  }

  @TorchActor private func example(_ image: Int, label: Int) throws -> PageExample {
    let input = try ClassificationReport.batch(image..<image + 1, of: images, for: explainer.classifier)
    let picture = try Preprocessing.raster(from: input.to(.cpu))
    let explanation = try explainer.explain(input, classes: [label])[0]
    let maps = try explanation.maps.map { try map($0, of: picture, label) }
    let path = "image \(image)"
    return PageExample(
      index: image, name: explainer.classifier.labels[label],
      probability: explanation.prediction.probabilities[label].shownProbability,
      picture: try picture.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }.encodedPNG(for: path), maps: maps)
  }

  @TorchActor private func map(
    _ map: SaliencyMap, of picture: Raster<Float>, _ label: Int
  ) throws -> PageMap {
    let (steps, classifier) = (DeletionSteps(map.values), explainer.classifier)
    var answers: [String: [PageAnswer]] = [:]
    for replacement in [Replacement.black, .white] {
      answers[replacement.rawValue] = try steps.answers(picture, replacement, classifier).map { prediction in
        PageAnswer(
          name: classifier.labels[prediction.predictedClass],
          probability: prediction.probabilities[prediction.predictedClass].shownProbability,
          explained: prediction.probabilities[label].shownProbability)
      }
    }
    let scale = DisplayScale(of: map.values, percentile: 99.5)
    let colours = map.values.values.flatMap { value in
      let colour = ColourMap.heat.colour(scale.position(of: value))
      return [colour.red, colour.green, colour.blue]
    }
    let coloured = PixelArray(height: map.values.height, width: map.values.width, channels: 3, values: colours)
    return PageMap(
      attribution: map.attribution, view: map.view, picture: try coloured.encodedPNG(for: "the \(map.view) map"),
      steps: Data(steps.steps), deleted: steps.deleted, answers: answers)
  }
}

extension Float {
  /// A probability rounded to what pages show, so that files stay small.
  package var shownProbability: Double { (Double(self) * 1e4).rounded() / 1e4 }
}
