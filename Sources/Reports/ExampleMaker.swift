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

  /// Steps of a twentieth of the pixels.
  static let fractions = (0...20).map { Double($0) / 20 }

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
      leftOut: all.count - shown.count, fractions: Self.fractions, height: input.height, width: input.width,
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
      probability: Self.rounded(explanation.prediction.probabilities[label]),
      picture: try picture.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }.encodedPNG(for: path), maps: maps)
  }

  @TorchActor private func map(
    _ map: SaliencyMap, of picture: Raster<Float>, _ label: Int
  ) throws -> PageMap {
    let pixels = map.values.values.count
    // Ties go to the lower index, and pixels without saliency are never deleted.
    let order = map.values.values.indices.filter { map.values.values[$0] > 0 }
      .sorted { (-map.values.values[$0], $0) < (-map.values.values[$1], $1) }
    let deleted = Self.fractions.map { Ranking.count($0, of: pixels, available: order.count) }
    var steps = [UInt8](repeating: 255, count: pixels)
    for (place, pixel) in order.enumerated() {
      if let step = deleted.firstIndex(where: { $0 > place }) { steps[pixel] = UInt8(step) }
    }
    var answers: [String: [PageAnswer]] = [:]
    for replacement in [Replacement.black, .white] {
      answers[replacement.rawValue] = try self.answers(picture, steps, deleted, replacement, label)
    }
    let scale = DisplayScale(of: map.values, percentile: 99.5)
    let colours = map.values.values.flatMap { value in
      let colour = ColourMap.heat.colour(scale.position(of: value))
      return [colour.red, colour.green, colour.blue]
    }
    let coloured = PixelArray(height: map.values.height, width: map.values.width, channels: 3, values: colours)
    return PageMap(
      attribution: map.attribution, view: map.view, picture: try coloured.encodedPNG(for: "the \(map.view) map"),
      steps: Data(steps), deleted: deleted, answers: answers)
  }

  @TorchActor private func answers(
    _ picture: Raster<Float>, _ steps: [UInt8], _ deleted: [Int], _ replacement: Replacement, _ label: Int
  ) throws -> [PageAnswer] {
    let value: Float = replacement == .white ? 1 : 0
    // Where a map has run out of pixels the image stays the same.
    let different = deleted.indices.filter { $0 == 0 || deleted[$0] != deleted[$0 - 1] }
    let inputs = try different.map { step in
      var image = picture
      for pixel in steps.indices where steps[pixel] <= step {
        for channel in 0..<image.channels { image.values[pixel * image.channels + channel] = value }
      }
      return try Preprocessing.image(from: image)
    }
    let classifier = explainer.classifier
    let logits = try Torch.withoutGradient { try classifier.logits(.concatenate(inputs).to(classifier.device)) }
    let (values, classes) = (try logits.floats(), logits.shape[1])
    let found = try different.indices.map { row in
      let scores = Array(values[row * classes..<(row + 1) * classes])
      guard scores.allSatisfy(\.isFinite) else { throw ClassifierError.notFinite(what: "logits") }
      let prediction = Prediction(logits: scores)
      return PageAnswer(
        name: classifier.labels[prediction.predictedClass],
        probability: Self.rounded(prediction.probabilities[prediction.predictedClass]),
        explained: Self.rounded(prediction.probabilities[label]))
    }
    var place = -1
    return deleted.indices.map { step in
      if place + 1 < different.count, different[place + 1] == step { place += 1 }
      return found[place]
    }
  }

  /// To what the page shows, so that files stay small.
  private static func rounded(_ probability: Float) -> Double { (Double(probability) * 1e4).rounded() / 1e4 }
}
