import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Files of whole architectures in every format, as `Benchmarks/architectures` exports them: logits and gradients equal PyTorch's.
///
/// `SALIENCY_ARCHITECTURES` names their folder; a table of what was found is written into it.
@Suite @TorchActor struct ArchitectureTests {
  static nonisolated var folder: URL? {
    ProcessInfo.processInfo.environment["SALIENCY_ARCHITECTURES"].map { URL(filePath: $0) }
  }

  private static let formats = [
    "model.pt2", "onnx-dynamo.onnx", "onnx-dynamo-fixed.onnx", "onnx-script.onnx", "onnx-script-fixed.onnx", "model.pt",
  ]

  @Test(.enabled(if: ProcessInfo.processInfo.environment["SALIENCY_ARCHITECTURES"] != nil)) func all() throws {
    let folder = try #require(Self.folder)
    let networks = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/reference.safetensors").path) }
    var table = [
      "| network | \(Self.formats.joined(separator: " | ")) | rules |",
      "|---" + String(repeating: "|---", count: 7) + "|",
    ]
    var (good, cells) = (0, 0)
    for name in networks {
      let place = folder.appending(path: name)
      let failures = (try? String(contentsOf: place.appending(path: "failures.txt"), encoding: .utf8)) ?? ""
      var row: [String] = []
      var rules = "–"
      for format in Self.formats {
        let file = place.appending(path: format)
        guard FileManager.default.fileExists(atPath: file.path) else {
          row.append(failures.isEmpty ? "" : "not exported")
          continue
        }
        let (found, rule) = Self.judged(file, place.appending(path: "reference.safetensors"))
        cells += 1
        good += found.hasPrefix("✓") ? 1 : 0
        rules = rule ?? rules
        row.append(found)
        print(name, format, found)
      }
      table.append("| \(name) | \(row.joined(separator: " | ")) | \(rules) |")
      try (table + ["", "\(good) of \(cells) files"]).joined(separator: "\n").write(
        to: folder.appending(path: "table.md"), atomically: true, encoding: .utf8)
    }
    #expect(Double(good) >= 0.95 * Double(cells))
  }

  /// A tick with the largest differences as shares of the spread; or what is wrong. And the operator that the rules stop at.
  private static func judged(_ file: URL, _ reference: URL) -> (String, rule: String?) {
    do {
      let expected = try SafeTensors(contentsOf: reference).tensors
      guard let images = expected["images"], let logits = expected["logits"], let gradients = expected["gradients"],
        let classes = try expected["class"]?.integers()
      else { return ("no reference", nil) }
      let settings = ScriptSettings(height: images.shape[2], width: images.shape[3], channels: 3)
      let opened = try ModelChoice.open(file.path, settings: settings)
      let classifier = opened.classifier
      let own = try Torch.withoutGradient { try classifier.logits(images) }
      let work = try Gradient().begin(ImageBatch(images), classifier)
      let values = try work.values(for: classes)
      let distance = try Self.distance(own, logits, perImage: true)
      let gradient = try Self.distance(values, gradients, perImage: false)
      let network = classifier as? ImportedNetwork
      let whole = network == nil ? " whole: \((classifier as? ScriptClassifier)?.obstacle ?? "?")" : ""
      // Gradients of float32 against float64's: kinks and long sums make them differ more.
      let mark = distance <= 1e-4 && gradient <= 1e-2 && network != nil ? "✓" : "✗"
      let rule = network?.unruledOperator ?? "all"
      return (String(format: "%@ %.0e %.0e%@", mark, distance, gradient, whole), rule)
    } catch { return ("✗ \(error.localizedDescription.prefix(120))", nil) }
  }

  /// Of logits the largest difference as a share of their spread; of gradients that of the norms of difference and gradient.
  private static func distance(_ a: Tensor, _ b: Tensor, perImage: Bool) throws -> Double {
    let (ours, theirs) = (try a.doubles(), try b.doubles())
    guard ours.count == theirs.count else { return .infinity }
    if !perImage {
      let squares = zip(ours, theirs).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return (squares / theirs.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }
    let spread = (theirs.max() ?? 0) - (theirs.min() ?? 0)
    return (zip(ours, theirs).map { abs($0 - $1) }.max() ?? 0) / spread
  }
}
