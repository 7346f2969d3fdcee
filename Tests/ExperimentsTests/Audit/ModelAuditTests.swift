import Foundation
import Maps
import Networks
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite(.slow) @TorchActor struct ModelAuditTests {
  typealias Verdict = AuditCheck.Verdict

  private func images(_ count: Int = 4, channels: Int = 3, side: Int = 8) throws -> Tensor {
    let wanted = Preprocessing(height: side, width: side, channels: channels)
    return try .concatenate(
      AuditImages.generated(for: wanted, count: count).map { try Preprocessing.image(from: $0) })
  }

  private func checks(_ classifier: any Classifier, twin: (any Classifier)? = nil) throws -> [String: AuditCheck] {
    let side = classifier.preprocessing.height
    let checks = try ModelAudit(classifier, twin: twin).checks(
      images(channels: classifier.preprocessing.channels, side: side))
    return Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0) })
  }

  private func altered(_ change: @escaping @TorchActor @Sendable (Tensor) throws -> Tensor) throws -> Altered {
    try Altered { images in try Altered.linear.logits(change(images)) }
  }

  @Test(
    "nothing is wrong with the built-in networks",
    arguments: [
      (Architecture.basicCNN, 3, 10, 32), (.basicCNN, 1, 2, 28), (.resNet18, 3, 4, 32),
    ])
  func sound(architecture: Architecture, channels: Int, classes: Int, side: Int) throws {
    let network = try formulaNetwork(
      architecture, channels: channels, classes: classes, height: side, width: side)
    let checks = try checks(network.folded(), twin: network)
    #expect(checks.count == 9)
    for check in checks.values { #expect(check.verdict == .passed, Comment(rawValue: "\(check)")) }
    #expect(checks["gradient against finite differences"]?.detail.contains("of 64 sampled pixels of 4 images") == true)
  }

  @Test("without another processor to compare with, that is said")
  func noTwin() throws { #expect(try checks(Altered.linear)["CPU against GPU"]?.verdict == .skipped) }

  @Test("a model that answers at random is not asked further")
  func random() throws {
    let generator = try Generator(seed: 1)
    let checks = try checks(
      altered { try $0 + .uniform(0..<0.1, shape: $0.shape, using: generator) })
    #expect(checks.count == 2)
    let check = try #require(checks["same answer twice"])
    #expect(check.verdict == .failed && check.detail.contains("model.eval()") && check.detail.contains("dropout"))
  }

  @Test("a model with the batch's own statistics is recognised")
  func batchStatistics() throws {
    let checks = try checks(altered { try $0 - $0.mean([0], keepingAxes: true) })
    #expect(checks.count == 3)
    let check = try #require(checks["independence of the batch"])
    #expect(check.verdict == .failed && check.detail.contains("batch normalisation"))
    #expect(check.detail.contains("model.eval()"))
  }

  @Test("a wrong gradient fails, and by how much it is wrong is said", arguments: [(0.5, "0.50"), (0.2, "0.20")])
  func wrongGradient(share: Double, factor: String) throws {
    let check = try checks(altered { try $0 * share + $0.detached() * (1 - share) })[
      "gradient against finite differences"]
    #expect(check?.verdict == .failed)
    #expect(check?.detail.contains("about \(factor) times") == true && check?.detail.contains("detach()") == true)
  }

  @Test("a gradient that lacks one channel alone fails")
  func lackingChannel() throws {
    let check = try checks(
      altered { try .concatenate([$0.slice(axis: 1, 0..<2), $0.slice(axis: 1, 2..<3).detached()], axis: 1) })[
        "gradient against finite differences"]
    #expect(check?.verdict == .warning || check?.verdict == .failed)
  }

  @Test("outputs in 0…1 that sum to 1 are told from logits", arguments: [(0.001, Verdict.warning), (1000, .failed)])
  func probabilities(sharpness: Double, verdict: Verdict) throws {
    let check = try checks(
      Altered { images in
        // The softmax of (z, −z): 1/2 ± tanh z / 2, roughly, without one.
        let logits = try Altered.linear.logits(images) * sharpness
        let positive = try logits.relu() + 1e-3
        return try positive / positive.sum([1], keepingAxes: true)
      })["logits, not probabilities"]
    #expect(check?.verdict == verdict, Comment(rawValue: "\(String(describing: check))"))
    #expect(check?.detail.contains("softmax") == true)
  }

  @Test("a gradient of zero fails, and no identity of empty maps is claimed")
  func zeroGradient() throws {
    let checks = try checks(altered { try $0 * 0 + $0.detached() })
    #expect(checks["gradient is not zero"]?.verdict == .failed)
    #expect(checks["gradient is not zero"]?.detail.contains("all maps are empty") == true)
    #expect(checks["identities of the maps"] == nil)
    #expect(checks["gradient against finite differences"]?.verdict == .failed)
  }

  @Test("logits that are no numbers end the audit")
  func notFinite() throws {
    let checks = try checks(altered { try ($0 + -10).squareRoot() })
    #expect(checks.count == 1 && checks["finite logits"]?.verdict == .failed)
    #expect(checks["finite logits"]?.detail.contains("4 of 4 images") == true)
  }

  @Test("maps without anything in them are counted")
  func emptyMaps() throws {
    // Brighter pixels speak for class 0 alone.
    let pixels = 3 * 64
    let weight = (0..<pixels).map { 0.1 + Float($0) * 0.001 } + [Float](repeating: 0, count: pixels)
    let classifier = try LinearClassifier(weight: weight, classes: 2, channels: 3, height: 8, width: 8)
    let check = try checks(classifier)["constant, empty and non-finite maps"]
    #expect(check?.verdict == .warning)
    #expect(check?.detail == "4 of 4 negative maps are empty, 4 of 4 inactive maps are empty.")
  }

  @Test("another device that says something else fails")
  func otherDevice() throws {
    #expect(try checks(Altered.linear, twin: Altered.linear)["CPU against GPU"]?.verdict == .passed)
    let check = try checks(Altered.linear, twin: altered { try $0 * 0.9 })["CPU against GPU"]
    #expect(check?.verdict == .failed && check?.detail.contains("more than rounding") == true)
  }

  @Test("one image is enough, but for the batch")
  func oneImage() throws {
    let checks = try ModelAudit(Altered.linear).checks(images(1))
    #expect(checks.map(\.name).contains("independence of the batch"))
    #expect(
      checks.allSatisfy { $0.verdict == ($0.name.contains("batch") || $0.name.contains("GPU") ? .skipped : .passed) })
  }
}

/// A classifier whose logits are what a closure makes of the images.
@TorchActor private final class Altered: Classifier {
  nonisolated let labels = LabelSet(unnamed: 4)
  nonisolated let preprocessing = Preprocessing(height: 8, width: 8)
  nonisolated let device = Device.cpu
  nonisolated let bytesPerImage = 1 << 10
  private let body: @TorchActor @Sendable (Tensor) throws -> Tensor

  init(_ body: @escaping @TorchActor @Sendable (Tensor) throws -> Tensor) throws { self.body = body }

  func logits(_ images: Tensor) throws -> Tensor { try body(images) }

  /// Four classes with random weights.
  static var linear: LinearClassifier {
    get throws {
      let weight = try Formula.signed(7, [4 * 192]).floats().map { $0 * 0.2 }
      return try LinearClassifier(weight: weight, classes: 4, channels: 3, height: 8, width: 8)
    }
  }
}
