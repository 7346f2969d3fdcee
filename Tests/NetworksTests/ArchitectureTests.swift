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
    try #require(!networks.isEmpty)
    var table = [
      "| network | \(Self.formats.joined(separator: " | ")) | rules end at |",
      "|---" + String(repeating: "|---", count: 7) + "|",
    ]
    var (good, cells) = (0, 0)
    var (logits, gradients) = (0.0, 0.0)
    for name in networks {
      let place = folder.appending(path: name)
      let failures = (try? String(contentsOf: place.appending(path: "failures.txt"), encoding: .utf8)) ?? ""
      var row: [String] = []
      var rules = "–"
      for format in Self.formats {
        let file = place.appending(path: format)
        guard FileManager.default.fileExists(atPath: file.path) else {
          let failure = failures.split(separator: "\n").first { $0.hasPrefix("\(format): ") }
          row.append("not exported by PyTorch: \(failure?.dropFirst(format.count + 2) ?? "?")")
          continue
        }
        let found = Self.judged(file, place.appending(path: "reference.safetensors"))
        cells += 1
        if found.problem == nil {
          good += 1
          (logits, gradients) = (max(logits, found.logits), max(gradients, found.gradients))
        }
        rules = found.rule ?? rules
        row.append(found.problem ?? "✓")
        print(name, format, found.problem ?? "✓", found.logits.short, found.gradients.short)
      }
      table.append("| \(name) | \(row.joined(separator: " | ")) | \(rules) |")
      let sum = "\(good) of \(cells) files: logits differ by \(logits.short) at most, gradients by \(gradients.short)"
      try (table + ["", sum, ""]).joined(separator: "\n").write(
        to: folder.appending(path: "table.md"), atomically: true, encoding: .utf8)
    }
    // One file of 162 was known not to become a graph.
    #expect(Double(good) >= 0.95 * Double(cells))
  }

  private struct Found {
    /// What is wrong; nil where all is right.
    var problem: String?
    /// The operator that the gradient rules stop at.
    var rule: String?
    /// How far they are from PyTorch's, see ``distance(_:_:)``.
    var logits = Double.nan
    var gradients = Double.nan
  }

  /// Logits in float32; gradients in float64, since a ReLU may be on for one rounding of float32 and off for another, so that
  /// theirs in float32 agree roughly.
  private static func judged(_ file: URL, _ reference: URL) -> Found {
    do {
      let expected = try SafeTensors(contentsOf: reference).tensors
      guard let images = expected["images"], let logits = expected["logits"], let gradients = expected["gradients"],
        let classes = try expected["class"]?.integers()
      else { return Found(problem: "no reference") }
      let settings = ScriptSettings(height: images.shape[2], width: images.shape[3], channels: 3)
      let classifier = try ModelChoice.open(file.path, settings: settings).classifier
      var found = Found()
      let own = try Torch.withoutGradient { try classifier.logits(images.to(.float32)) }
      found.logits = try distance(own, logits)
      guard let network = classifier as? ImportedNetwork else {
        found.problem = (classifier as? ScriptClassifier)?.obstacle ?? "layers are not known"
        return found
      }
      found.rule = network.unruledOperator ?? "–"
      func gradient(_ type: ElementType, _ classifier: any Classifier) throws -> Double {
        let work = try Gradient().begin(ImageBatch(images.to(type)), classifier)
        return try distance(work.values(for: classes), gradients)
      }
      let rough = try gradient(.float32, network)
      found.gradients = try gradient(.float64, precise(network))
      if !(rough < 0.1) { found.problem = "gradients in float32 differ by \(rough.short)" }
      if !(found.logits < 1e-4) { found.problem = "logits differ by \(found.logits.short)" }
      if !(found.gradients < 1e-4) { found.problem = "gradients differ by \(found.gradients.short)" }
      return found
    } catch { return Found(problem: String(error.localizedDescription.prefix(200))) }
  }

  /// The network with all its numbers, and all those that it makes, in float64.
  private static func precise(_ network: ImportedNetwork) throws -> GraphClassifier {
    let (float32, float64) = (ElementType.float32, ElementType.float64)
    let graph = network.graph.rewritten { _, node, result in
      guard node.argument("dtype") == .int(Graph.Size(float32.rawValue)) else { return nil }
      for parameter in network.graph.parameters(of: node) { result.declare(parameter) }
      return result.append(node.replacing("dtype", with: .int(Graph.Size(float64.rawValue))))
    }
    let parameters = try network.parameters.mapValues { $0.type == float32 ? try $0.to(float64) : $0 }
    let size = network.preprocessing
    return GraphClassifier(graph, height: size.height, width: size.width, parameters: parameters)
  }

  /// The norm of the difference as a share of that of what is expected, without its mean.
  private static func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (ours, theirs) = (try a.doubles(), try b.doubles())
    guard ours.count == theirs.count else { return .infinity }
    let mean = theirs.reduce(0, +) / Double(theirs.count)
    func sum(_ terms: some Sequence<Double>) -> Double { terms.reduce(0) { $0 + $1 * $1 } }
    return (sum(zip(ours, theirs).map(-)) / sum(theirs.map { $0 - mean })).squareRoot()
  }
}

extension Double {
  fileprivate var short: String { String(format: "%.1e", self) }
}
