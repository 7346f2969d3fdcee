import Foundation
import Maps
import Tensors

/// Checks of the logits.
extension ModelAudit {
  /// Far above rounding, which differs between batches and devices, and far below what dropout or batch statistics do.
  private static let tolerance = 1e-3

  @TorchActor func determinism(_ images: Tensor, _ answers: [[Double]]) throws -> AuditCheck {
    let name = "same answer twice"
    let again = try Torch.withoutGradient { try (0..<3).map { _ in try rows(classifier.logits(images)) } }
    let difference = again.map { $0.distance(to: answers) }.max() ?? 0
    let share = difference / max(answers.scale, .leastNormalMagnitude)
    if difference <= Self.tolerance * answers.scale {
      return AuditCheck(
        name, .passed,
        difference == 0
          ? "Asked four times, the model gives the same logits, bit by bit."
          : "Asked four times, the model gives the same logits \(Self.closeness(share)).")
    }
    return AuditCheck(
      name, .failed,
      "Asked four times about the same images, the model gives logits that differ by up to \(Self.percent(share)) of the "
        + "largest. It works at random, most likely because it was saved in training mode with dropout; in Python, call "
        + "model.eval() before torch.jit.trace. Any map would be as random, so nothing else was checked.")
  }

  /// Logits and gradients of each image alone against those in one batch, and in the batch turned round.
  @TorchActor func batchIndependence(_ images: Tensor, _ answers: [[Double]]) throws -> AuditCheck {
    let name = "independence of the batch"
    let count = images.shape[0]
    guard count > 1 else {
      return AuditCheck(name, .skipped, "One image makes no batch; give at least two.")
    }
    let alone = try Torch.withoutGradient {
      try (0..<count).flatMap { try rows(classifier.logits(images[$0..<$0 + 1])) }
    }
    let logits = alone.distance(to: answers) / max(answers.scale, .leastNormalMagnitude)
    if logits > Self.tolerance {
      return AuditCheck(
        name, .failed,
        "An image's logits change by up to \(Self.percent(logits)) of the largest when other images are in the batch. "
          + "The model most likely was saved in training mode, with batch normalisation by the batch's own statistics; in "
          + "Python, call model.eval() before torch.jit.trace. Nothing else was checked.")
    }
    let few = min(count, batchSize, 4)
    let classes = Array(answers.largest[..<few])
    guard few > 1 else {
      return AuditCheck(
        name, .passed, "\(count) images have the same logits alone and in a batch, \(Self.closeness(logits)).")
    }
    let together = try gradients(classifier, images[0..<few], classes: classes).doubles()
    let single = try (0..<few).flatMap { index in
      try gradients(classifier, images[index..<index + 1], classes: [classes[index]]).doubles()
    }
    let scale = together.map(abs).max() ?? 0
    let gradient = zip(together, single).map { abs($0 - $1) }.max() ?? 0
    let share = scale > 0 ? gradient / scale : 0
    // A single rectifier whose input is zero but for rounding may switch, and with it a small part of one gradient.
    let verdict: AuditCheck.Verdict = share <= Self.tolerance ? .passed : share <= 0.05 ? .warning : .failed
    return AuditCheck(
      name, verdict,
      "Alone and in a batch, \(count) images have the same logits \(Self.closeness(logits)), and the "
        + "gradients of \(few) of them agree \(Self.closeness(share))."
        + (verdict == .passed
          ? "" : " That is more than rounding: what other images are in the batch changes the maps."))
  }

  /// Whether the outputs are logits and not probabilities.
  @TorchActor func logitScale(_ images: Tensor, _ answers: [[Double]]) throws -> AuditCheck {
    let name = "logits, not probabilities"
    switch OutputScale(rows: answers) {
    case .logits:
      let (low, high) = (answers.joined().min() ?? 0, answers.joined().max() ?? 0)
      return AuditCheck(
        name, .passed, "The outputs are no probabilities: they reach from \(Self.number(low)) to \(Self.number(high)).")
    case .logProbabilities:
      return AuditCheck(
        name, .warning,
        "The outputs are logarithms of probabilities (of a softmax or log-softmax). Active and inactive maps are the same as those of "
          + "the logits, the other maps are not; leave the softmax out of the model.")
    case .probabilities:
      let saturated = answers.count { ($0.max() ?? 0) > 0.999 }
      let isUseless = 2 * saturated >= answers.count
      return AuditCheck(
        name, isUseless ? .failed : .warning,
        "The outputs lie in 0…1 and sum to 1: they are probabilities (a softmax), while the maps are defined on logits. "
          + "For \(saturated) of \(AuditCheck.images(answers.count)) the largest is above 0.999, where a softmax hardly "
          + "changes whatever the image does, so that the gradient "
          + (isUseless ? "vanishes and the maps show rounding errors" : "of a sure answer says little")
          + "; leave the softmax out of the model.")
    }
  }

  /// The same model on the other kind of processor.
  @TorchActor func otherDevice(_ images: Tensor, _ answers: [[Double]]) throws -> AuditCheck {
    let name = "CPU against GPU"
    guard let twin else {
      return AuditCheck(name, .skipped, "There is no GPU that libtorch \(Torch.version) can use.")
    }
    let classes = answers.largest
    let theirs = try Torch.withoutGradient { try rows(twin.logits(images.to(twin.device))) }
    let logits = theirs.distance(to: answers) / max(answers.scale, .leastNormalMagnitude)
    let few = min(images.shape[0], batchSize, 4)
    let ours = try gradients(classifier, images[0..<few], classes: Array(classes[..<few])).doubles()
    let others = try gradients(
      twin, images[0..<few].to(twin.device), classes: Array(classes[..<few])
    ).doubles()
    let correlation = Correlation.pearson(ours, others) ?? 1
    let same = zip(theirs.largest, classes).count { $0 == $1 }
    let passes = logits <= Self.tolerance && correlation >= 0.999
    return AuditCheck(
      name, passes ? .passed : .failed,
      "On the CPU and on the GPU the logits agree \(Self.closeness(logits)), \(same) of \(classes.count) "
        + "predictions are the same, and the gradients correlate by \(String(format: "%.5f", correlation))."
        + (passes ? "" : " That is more than rounding."))
  }

  /// `0.0012`, `3e-07`: two digits that count.
  static func number(_ value: Double) -> String { String(format: "%.2g", value).replacing("-", with: "−") }

  /// How well two things agree: `exactly`, or to a share of the largest magnitude.
  static func closeness(_ share: Double) -> String {
    share == 0 ? "exactly" : "to \(number(share)) of the largest"
  }

  static func percent(_ share: Double) -> String { String(format: share < 0.1 ? "%.1f%%" : "%.0f%%", share * 100) }
}
