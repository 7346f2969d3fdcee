import Foundation
import Saliency

/// Asks a classifier all that a page of the explorer shows of a picture.
package struct ExplorerAnalysis: Sendable {
  package let classifier: any Classifier
  /// What `--model` takes.
  package let model: String
  /// Its name for people, as figures bear it.
  package let title: String
  /// As many bytes as the passes may take.
  package let memory: Int
  package let rivals: Rivals

  package init(
    _ classifier: any Classifier, model: String, title: String? = nil, rivals: Rivals? = nil,
    memory: Int = 2_000_000_000
  ) {
    self.classifier = classifier
    self.model = model
    self.title = title ?? model
    self.rivals = rivals ?? .usual(for: classifier)
    self.memory = memory
  }

  package func message(warnings: [String] = []) -> ModelMessage {
    let input = classifier.preprocessing
    let unfit = Attributions.all.compactMap { attribution -> ModelMessage.Unfit? in
      do { try attribution.check(classifier) } catch {
        return .init(name: attribution.name, reason: error.localizedDescription)
      }
      return nil
    }
    return ModelMessage(
      name: model, labels: classifier.labels.names, height: input.height, width: input.width,
      smoothing: ExplanationFigure.usualSmoothing(height: input.height, width: input.width), rivals: rivals.words,
      unfit: unfit, warnings: warnings)
  }

  package func picture(
    _ explained: PictureJob.Explained, id: String, name: String
  ) -> PictureMessage {
    let (image, prediction, photograph) = (explained.image, explained.explanation.prediction, explained.photograph)
    let window = classifier.preprocessing.window(height: photograph.height, width: photograph.width)
    return PictureMessage(
      id: id, model: model, name: name, photographHeight: photograph.height, photographWidth: photograph.width,
      window: .init(x: window.x, y: window.y, width: window.width, height: window.height),
      hadTransparency: explained.hadTransparency, height: image.height, width: image.width, channels: image.channels,
      input: image.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }.values.bytes, logits: prediction.logits.bytes,
      probabilities: prediction.probabilities.bytes, seconds: explained.seconds)
  }

  /// The maps of a class, a message for every attribution.
  package func messages(_ explanation: Explanation, picture: String) -> [MapsMessage] {
    explanation.maps.map(\.attribution).unique.map { attribution in
      let maps = explanation.maps.filter { $0.attribution == attribution }
      let rivalry = explanation.rivalries.first { $0.attribution == attribution }
      func side(_ side: Rivalry.Side) -> MapsMessage.Side {
        .init(rivals: side.rivals.values.bytes, margins: side.margins.values.bytes)
      }
      return MapsMessage(
        picture: picture, model: model, attribution: attribution, explainedClass: explanation.explainedClass,
        height: maps[0].values.height, width: maps[0].values.width,
        maps: maps.map { .init(view: $0.view, values: $0.values.values.bytes) },
        strongest: rivalry.map { side($0.strongest) }, weakest: rivalry.map { side($0.weakest) },
        rivals: explanation.rivals.count,
        completenessGap: explanation.completeness.first { $0.attribution == attribution }?.gap)
    }
  }

  /// What finds out about pictures what a page shows: maps through some views, and the rivalry if any of them compares classes.
  ///
  /// - Throws: ``MethodError``.
  package func explainer(_ attributions: [any Attribution], _ views: [any View]) throws -> Explainer {
    try Explainer(
      classifier, attributions: attributions, views: views, rivals: rivals,
      includesRivalry: views.contains { $0.comparesClasses } && attributions.contains { $0.sign != nil },
      leavesOutSigned: true, memory: memory)
  }

  /// The maps of a class.
  ///
  /// - Throws: ``MethodError``, ``ClassifierError``, `TorchError`, `CancellationError`.
  @TorchActor package func explanation(
    _ image: Raster<Float>, of explained: Int, _ attributions: [any Attribution], _ views: [any View],
    progress: (Double) -> Void = { _ in }
  ) throws -> Explanation {
    try explainer(attributions, views)
      .explain(Preprocessing.image(from: image), classes: [explained], progress: progress)[0]
  }

  /// The signed maps of a class against another, for attributions with a sign.
  @TorchActor package func contrasts(
    _ image: Raster<Float>, of explained: Int, against rival: Int, _ attributions: [any Attribution], picture: String,
    progress: (Double) -> Void = { _ in }
  ) throws -> [ContrastMessage] {
    try explainer(attributions, []).contrast(
      Preprocessing.image(from: image), of: explained, against: rival, progress: progress
    ).map {
      ContrastMessage(
        picture: picture, model: model, attribution: $0.attribution, explainedClass: explained, rival: rival,
        height: $0.values.height, width: $0.values.width, values: $0.values.values.bytes)
    }
  }

  /// The answers while the pixels that a map ranks first are replaced, step by step.
  @TorchActor package func deletion(
    _ image: Raster<Float>, by map: SaliencyMap, of explained: Int, rival: Int?, _ replacements: [Replacement],
    picture: String, progress: (Double) -> Void = { _ in }
  ) throws -> DeletionMessage {
    let steps = DeletionSteps(map.values)
    var answers: [String: [DeletionMessage.Answer]] = [:]
    for (turn, replacement) in replacements.enumerated() {
      answers[replacement.rawValue] = try steps.answers(
        image, replacement, classifier,
        progress: { progress((Double(turn) + $0) / Double(replacements.count)) }
      ).map { prediction in
        let predicted = prediction.predictedClass
        return .init(
          predicted: predicted, probability: prediction.probabilities[predicted].shownProbability,
          explained: prediction.probabilities[explained].shownProbability,
          rival: rival.map { prediction.probabilities[$0].shownProbability })
      }
    }
    return DeletionMessage(
      picture: picture, model: model, attribution: map.attribution, view: map.view, explainedClass: explained,
      rival: rival, steps: steps.steps.bytes, deleted: steps.deleted, answers: answers)
  }
}
