import Maps
import Tensors

/// Checks whether the maps of a classifier can be trusted, on some images.
///
/// It asks whether the classifier gives finite logits, the same ones when asked twice and whatever else is in the batch;
/// whether its gradient is the one that finite differences show; whether the five maps obey the identities of their
/// definitions and have anything to show; and whether the other kind of processor says the same. Every answer is an
/// ``AuditCheck``; a classifier that answers the same image this way and that is not asked further.
///
/// Cost: for N images and K classes, the explained one and its rivals, about 500 images' forward passes, and (N + 2) K backward
/// passes of an image, but no more than some 2,200 of them: where K is large, the maps of fewer images are checked.
public struct ModelAudit: Sendable {
  let classifier: any Classifier
  /// The same model on another device, to compare with.
  let twin: (any Classifier)?
  /// With which classes the checked maps compare.
  let rivals: Rivals
  /// About how many bytes a batch may take.
  let memory: Int

  public init(
    _ classifier: any Classifier, twin: (any Classifier)? = nil, rivals: Rivals = .all, memory: Int = 2 << 30
  ) {
    self.classifier = classifier
    self.twin = twin
    self.rivals = rivals
    self.memory = memory
  }

  /// Runs all checks.
  ///
  /// - Parameters:
  ///   - images: [N, C, H, W] in 0…1, at least one; about eight tell enough.
  ///   - progress: called with the share of the checks that are done, 0…1, and the name of the one that follows.
  /// - Throws: `CancellationError`; `TorchError`, `ClassifierError` where the classifier itself fails.
  @TorchActor public func checks(
    _ images: Tensor, progress: (Double, String) -> Void = { _, _ in }
  ) throws -> [AuditCheck] {
    precondition(images.shape[0] > 0, "an audit needs an image")
    let images = try images.to(classifier.device)
    let answers = try Torch.withoutGradient { try rows(classifier.logits(images)) }
    let finite = AuditCheck.finiteLogits(answers)
    guard finite.verdict == .passed else { return [finite] }

    let steps: [(name: String, work: () throws -> [AuditCheck])] = [
      ("same answer twice", { [try determinism(images, answers)] }),
      ("independence of the batch", { [try batchIndependence(images, answers)] }),
      ("logits", { [try logitScale(images, answers)] }),
      ("gradient against finite differences", { [try finiteDifferences(images, answers)] }),
      ("maps", { try mapChecks(images, answers) }),
      ("other processor", { [try otherDevice(images, answers)] }),
    ]
    var checks = [finite]
    for (index, step) in steps.enumerated() {
      try Task.checkCancellation()
      progress(Double(index) / Double(steps.count), step.name)
      checks += try step.work()
      // What follows would only measure the same chance again.
      if index < Self.stableSteps, checks.last?.verdict == .failed { break }
    }
    return checks
  }

  /// As many of the first checks must pass for the others to mean anything: an image must always have the same answer.
  private static let stableSteps = 2

  /// How many images go into a batch, while gradients are recorded.
  var batchSize: Int { max(1, min(16, memory / max(1, classifier.bytesPerImage))) }

  /// A tensor [N, K] as rows of numbers.
  @TorchActor func rows(_ logits: Tensor) throws -> [[Double]] {
    try logits.doubles().batches(of: logits.shape[1]).map(Array.init)
  }

  /// The gradient of one class's logit per image, [N, C, H, W].
  @TorchActor func gradients(
    _ classifier: any Classifier, _ images: Tensor, classes: [Int]
  ) throws -> Tensor {
    try Gradient().begin(ImageBatch(images), classifier).values(for: classes)
  }
}

extension AuditCheck {
  static func finiteLogits(_ answers: [[Double]]) -> AuditCheck {
    let bad = answers.count { !$0.allSatisfy(\.isFinite) }
    let name = "finite logits"
    return bad == 0
      ? AuditCheck(
        name, .passed, "All \(answers.joined().count) logits of \(images(answers.count)) are finite numbers.")
      : AuditCheck(
        name, .failed,
        "The logits of \(bad) of \(images(answers.count)) contain NaN or infinity; check the weights, and mean and "
          + "standard deviation.")
  }

  static func images(_ count: Int) -> String { count == 1 ? "1 image" : "\(count) images" }
}

extension Array where Element == [Double] {
  /// The largest magnitude.
  var scale: Double { joined().map(abs).max() ?? 0 }

  /// The largest difference between numbers at the same place.
  func distance(to other: [[Double]]) -> Double {
    zip(joined(), other.joined()).map { abs($0 - $1) }.max() ?? 0
  }

  /// The place of each row's first largest number.
  var largest: [Int] { map { row in row.indices.max { (row[$0], -$0) < (row[$1], -$1) } ?? 0 } }
}
