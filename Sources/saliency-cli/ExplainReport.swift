import Foundation
import Saliency
import Synchronization

/// What `saliency explain` prints: results to standard output, troubles and progress to standard error.
final class ExplainReport: Sendable {
  private struct State {
    var total = 0
    var failures = 0
    /// Of the pictures explained with a part of the classes: how many, with how many rivals each, in how many seconds.
    var compared = (pictures: 0, rivals: 0, seconds: 0.0)
  }

  private let json: Bool
  private let state = Mutex(State())

  init(json: Bool) { self.json = json }

  var failures: Int { state.withLock(\.failures) }

  func begin(_ total: Int) {
    state.withLock { $0.total = total }
    progress(0)
  }

  /// Shows how many of the pictures are done; the part of one that is counts too.
  func progress(_ done: Double) {
    let total = state.withLock(\.total)
    Console.progress(done / Double(max(1, total)), "\(Int(done))/\(total) pictures")
  }

  func failed(_ url: URL, _ error: any Error) throws {
    state.withLock { $0.failures += 1 }
    // Errors of picture files name the file themselves.
    let reason = error.told
    let text = error is PictureError ? reason : "\(url.relativePath): \(reason)"
    Console.error(text)
    if json { try Console.result(["image": url.relativePath, "error": text].json()) }
  }

  func explained(
    _ url: URL, _ explained: PictureJob.Explained, _ files: ExplanationFiles, labels: LabelSet, model: String,
    rivals: Rivals
  ) throws {
    let explanation = explained.explanation
    let others = labels.count - 1
    let isPart = !explanation.rivals.isEmpty && explanation.rivals.count < others
    if isPart {
      state.withLock {
        $0.compared.pictures += 1
        $0.compared.rivals = explanation.rivals.count
        $0.compared.seconds += explained.seconds
      }
    }
    let prediction = explanation.prediction
    func answer(_ index: Int) -> Answer {
      Answer(
        class: labels[index], index: index, probability: prediction.probabilities[index],
        logit: prediction.logits[index])
    }
    if json {
      try Console.result(
        Object(
          image: url.relativePath, model: model,
          input: [
            "height": explained.image.height, "width": explained.image.width, "channels": explained.image.channels,
          ],
          transparency: explained.hadTransparency, predicted: answer(prediction.predictedClass),
          explained: answer(explanation.explainedClass),
          runnersUp: prediction.ranking.dropFirst().prefix(4).map(answer),
          rivals: explanation.rivals.isEmpty ? nil : rivals.option,
          rivalClasses: rivals == .all ? nil : explanation.rivals, figure: files.figure?.shown,
          overlays: files.figure == nil
            ? files.overlays.map { .init(attribution: $0.attribution, view: $0.view, file: $0.url.shown) } : nil,
          maps: files.maps.map { .init(attribution: $0.attribution, view: $0.view, file: $0.url.shown) },
          completeness: explanation.completeness.map {
            .init(attribution: $0.attribution, sum: $0.sum, difference: $0.difference, gap: $0.gap)
          }
        ).json())
    } else {
      let next = prediction.ranking.dropFirst().prefix(3).map {
        "\(labels[$0]) \(prediction.probabilities[$0].percent)"
      }
      var text =
        "\(url.relativePath): \(labels[prediction.predictedClass]) "
        + "\(prediction.probabilities[prediction.predictedClass].percent), then \(next.joined(separator: ", "))"
      if explanation.explainedClass != prediction.predictedClass {
        text +=
          "; explained: \(labels[explanation.explainedClass]) "
          + prediction.probabilities[explanation.explainedClass].percent
      }
      if !explanation.rivals.isEmpty && rivals != .all {
        let compared = explanation.rivals
        text +=
          "; rivals: "
          + (isPart && compared.count > 12
            ? "the \(compared.count) most probable of \(others)" : labels.listing(compared))
      }
      for found in explanation.completeness {
        text += String(format: "; %@: completeness gap %.2g of %.3g", found.attribution, found.gap, found.difference)
      }
      if explained.hadTransparency { text += "; transparent parts laid over white" }
      try Console.result(([text] + files.all.map { "  \($0.shown)" }).joined(separator: "\n"))
    }
  }

  /// What it would take to compare with all classes, by what comparing with some has taken; nil if all were.
  func costOfAllRivals(_ classifier: any Classifier) -> String? {
    let (pictures, rivals, seconds) = state.withLock(\.compared)
    guard pictures > 0 else { return nil }
    let each = seconds / Double(pictures) * Double(classifier.labels.count) / Double(rivals + 1)
    return ", in about \(Text.clock(max(1, each))) a picture instead of "
      + Text.clock(max(1, seconds / Double(pictures)))
  }

  private struct Answer: Encodable {
    let `class`: String
    let index: Int
    let probability, logit: Float
  }

  private struct Object: Encodable {
    struct Map: Encodable { let attribution, view, file: String }
    struct Complete: Encodable {
      let attribution: String
      let sum, difference, gap: Double
    }
    let image, model: String
    let input: [String: Int]
    let transparency: Bool
    let predicted, explained: Answer
    let runnersUp: [Answer]
    let rivals: String?
    let rivalClasses: [Int]?
    let figure: String?
    let overlays: [Map]?
    let maps: [Map]
    let completeness: [Complete]
  }
}
