import Foundation
import Saliency
import Synchronization

/// What `saliency explain` prints: results to standard output, troubles and progress to standard error.
final class ExplainReport: Sendable {
  private struct Counts {
    var total = 0
    var done = 0
    var failures = 0
  }

  private let json: Bool
  private let counts = Mutex(Counts())

  init(json: Bool) { self.json = json }

  var failures: Int { counts.withLock(\.failures) }

  func begin(_ total: Int) {
    counts.withLock { $0.total = total }
    step(0)
  }

  func end() { Console.clearProgress() }

  func failed(_ url: URL, _ reason: String) {
    counts.withLock { $0.failures += 1 }
    // Errors of picture files name the file themselves.
    let text = reason.contains(url.lastPathComponent) ? reason : "\(url.relativePath): \(reason)"
    Console.error(text)
    if json { line(Failed(image: url.relativePath, error: text)) }
    step(1)
  }

  func explained(
    _ url: URL, _ explained: PictureJob.Explained, _ files: ExplanationFiles, labels: LabelSet, model: String,
    rivals: RivalsOption
  ) {
    Console.clearProgress()
    let explanation = explained.explanation
    let prediction = explanation.prediction
    func answer(_ index: Int) -> Answer {
      Answer(
        class: labels[index], index: index, probability: prediction.probabilities[index],
        logit: prediction.logits[index])
    }
    if json {
      line(
        Object(
          image: url.relativePath, model: model,
          input: .init(
            height: explained.image.height, width: explained.image.width, channels: explained.image.channels),
          transparency: explained.hadTransparency, predicted: answer(prediction.predictedClass),
          explained: answer(explanation.explainedClass),
          runnersUp: prediction.ranking.dropFirst().prefix(4).map(answer),
          rivals: explanation.rivals.isEmpty ? nil : rivals.description,
          rivalClasses: rivals.description == "all" ? nil : explanation.rivals, figure: files.figure.relativePath,
          maps: files.maps.map { .init(attribution: $0.attribution, view: $0.view, file: $0.url.relativePath) }))
    } else {
      let others = prediction.ranking.dropFirst().prefix(3).map {
        "\(labels[$0]) \(percent(prediction.probabilities[$0]))"
      }
      var text =
        "\(url.relativePath): \(labels[prediction.predictedClass]) "
        + "\(percent(prediction.probabilities[prediction.predictedClass])), then \(others.joined(separator: ", "))"
      if explanation.explainedClass != prediction.predictedClass {
        text +=
          "; explained: \(labels[explanation.explainedClass]) "
          + percent(prediction.probabilities[explanation.explainedClass])
      }
      if !explanation.rivals.isEmpty && rivals.description != "all" {
        text += "; rivals: " + explanation.rivals.map { labels[$0] }.joined(separator: ", ")
      }
      if explained.hadTransparency { text += "; transparent parts laid over white" }
      print(([text] + files.all.map { "  \($0.relativePath)" }).joined(separator: "\n"))
    }
    step(1)
  }

  private func step(_ count: Int) {
    let state = counts.withLock { counts in
      counts.done += count
      return counts
    }
    if state.total > 1 { Console.progress(state.done, of: state.total, "pictures") }
  }

  private func percent(_ probability: Float) -> String { String(format: "%.1f%%", probability * 100) }

  private func line(_ value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if let data = try? encoder.encode(value) { print(String(decoding: data, as: UTF8.self)) }
  }

  private struct Failed: Encodable {
    let image, error: String
  }

  private struct Answer: Encodable {
    let `class`: String
    let index: Int
    let probability, logit: Float
  }

  private struct Object: Encodable {
    struct Input: Encodable { let height, width, channels: Int }
    struct Map: Encodable { let attribution, view, file: String }
    let image, model: String
    let input: Input
    let transparency: Bool
    let predicted, explained: Answer
    let runnersUp: [Answer]
    let rivals: String?
    let rivalClasses: [Int]?
    let figure: String
    let maps: [Map]
  }
}
