import Foundation
import Maps
import Tensors

/// Whether the gradient is the one that the logits themselves show.
extension ModelAudit {
  /// The sizes of the steps in units of brightness. Large ones rise above rounding, small ones rarely make a rectifier or a
  /// maximum switch on the way.
  private static let steps = [0.03, 0.01, 0.003, 0.001]
  /// How many pixel elements are tried, over all images.
  private static let samples = 64
  private static let name = "gradient against finite differences"

  /// One pixel element of one image, and what was measured there.
  private struct Sample {
    let image: Int
    let element: Int
    /// What the model says that its gradient is.
    let claimed: Double
    /// (S(x + h) − S(x − h)) / 2h for every step h.
    var measured: [Double] = []
    /// S(x + h) + S(x − h) − 2 S(x) at the smallest step: rounding, but for the few places where something switched.
    var curvature = 0.0
  }

  /// Central differences of the predicted class's logit at sampled pixel elements: half of them those where the gradient is
  /// largest, half drawn at random.
  ///
  /// A sample agrees if |d − g| ≤ 0.05 max(|d|, |g|) + 0.02 r + ε/h for the difference d at one step h, with r the root mean
  /// square over all samples (a rectifier that switches on the way changes small and large slopes alike) and ε the logits'
  /// rounding. It counts only where 2 h max(|d|, |g|) is well above ε for some step; the others cannot be told from rounding.
  @TorchActor func finiteDifferences(_ images: Tensor, _ answers: [[Double]]) throws -> AuditCheck {
    let used = min(images.shape[0], batchSize, 8)
    let classes = Array(answers.largest[..<used])
    let gradient = try gradients(classifier, images[0..<used], classes: classes)
    let size = gradient.count / used
    let values = try gradient.doubles()
    guard values.allSatisfy(\.isFinite) else {
      return AuditCheck(Self.name, .failed, "The gradient contains NaN or infinity.")
    }
    var random = SplitMix64(seed: 1)
    var samples = (0..<used).flatMap { image in
      Self.chosen(values[image * size..<(image + 1) * size], count: max(2, Self.samples / used), &random).map {
        Sample(image: image, element: $0, claimed: values[image * size + $0])
      }
    }
    try measure(&samples, images, answers, classes)

    let rounding = max(
      answers.scale * 0x1p-23, samples.map { abs($0.curvature) }.sorted()[samples.count / 2])
    let largest = samples.map { max(abs($0.claimed), $0.measured.map(abs).max() ?? 0) }.max() ?? 0
    let pairs = samples.compactMap { sample in
      zip(Self.steps, sample.measured).filter { step, slope in
        2 * step * max(abs(slope), abs(sample.claimed)) > 20 * rounding
      }.min { abs($0.1 - sample.claimed) < abs($1.1 - sample.claimed) }.map {
        (claimed: sample.claimed, measured: $0.1, step: $0.0)
      }
    }
    let sizes: [Double] = pairs.map { max(abs($0.claimed), abs($0.measured)) }
    let sumOfSquares: Double = sizes.reduce(0) { $0 + $1 * $1 }
    let typical = (sumOfSquares / Double(max(1, pairs.count))).squareRoot()
    let agreeing = zip(pairs, sizes).count { pair, size in
      let allowed: Double = 0.05 * size + 0.02 * typical + rounding / pair.step
      return abs(pair.measured - pair.claimed) <= allowed
    }
    return Self.verdict(
      agreeing: agreeing, claimed: pairs.map(\.claimed), measured: pairs.map(\.measured), of: samples.count,
      images: used, largest: largest)
  }

  private static func verdict(
    agreeing: Int, claimed: [Double], measured: [Double], of samples: Int, images: Int, largest: Double
  ) -> AuditCheck {
    let count = claimed.count
    guard count >= max(4, samples / 8) else {
      return AuditCheck(
        name, .warning,
        "At \(samples - count) of \(samples) sampled pixels of \(AuditCheck.images(images)) the logit changes too little to "
          + "be told from rounding (the largest slope is \(number(largest))), so the gradient could not be checked.")
    }
    let share = Double(agreeing) / Double(count)
    let correlation = Correlation.pearson(claimed, measured)
    // Where all samples have nearly the same slope, a correlation says nothing.
    let isConstant = (claimed.max() ?? 0) - (claimed.min() ?? 0) < 0.05 * (claimed.map(abs).max() ?? 0)
    let correlates = isConstant ? share : correlation ?? 0
    let numbers =
      "at \(agreeing) of \(count) sampled pixels of \(AuditCheck.images(images)) the gradient is the slope that the logit "
      + "itself shows when the pixel is made a little brighter and darker"
      + (correlation.map { String(format: " (correlation %.4f)", $0).replacing("-", with: "−") } ?? "")
    if share >= 0.9 && correlates >= 0.98 {
      return AuditCheck(name, .passed, numbers.firstUppercased + ".")
    }
    if share >= 0.6 && correlates >= 0.8 {
      return AuditCheck(
        name, .warning,
        "Only \(numbers). The model may bend sharply between neighbouring images; its maps are rough ones.")
    }
    let slope = zip(claimed, measured).map { $0 * $1 }.reduce(0, +) / measured.map { $0 * $0 }.reduce(0, +)
    return AuditCheck(
      name, .failed,
      "Only \(numbers)."
        + (correlates > 0.98
          ? String(format: " The gradient is about %.2f times what it should be.", slope).replacing("-", with: "−")
          : "")
        + " The model's gradient is not that of its answers: look for detach(), a straight-through estimator, rounding or an "
        + "operator with a gradient of its own.")
  }

  /// Half the places of the largest magnitudes, half random ones, none twice.
  private static func chosen(_ values: ArraySlice<Double>, count: Int, _ random: inout SplitMix64) -> [Int] {
    let first = values.startIndex
    let count = min(count, values.count)
    var places = values.indices.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }.map { $0 - first }
    let top = places.prefix((count + 1) / 2)
    places.removeFirst(top.count)
    return Array(top) + places.shuffled(using: &random).prefix(count - top.count)
  }

  /// Fills in what the logits show.
  @TorchActor private func measure(
    _ samples: inout [Sample], _ images: Tensor, _ answers: [[Double]], _ classes: [Int]
  ) throws {
    let shape = Array(images.shape.dropFirst())
    let size = shape.reduce(1, *)
    let pixels = try images.contiguous().floats()
    let tries = samples.indices.flatMap { sample in Self.steps.map { (sample, $0) } }
    // Two images a try.
    let together = max(1, min(64, memory / max(1, classifier.bytesPerImage)) / 2)
    for part in tries.batches(of: together) {
      try Task.checkCancellation()
      var values: [Float] = []
      values.reserveCapacity(2 * part.count * size)
      var steps: [Double] = []
      for (index, step) in part {
        let (sample, first) = (samples[index], values.count)
        for _ in 0..<2 { values += pixels[sample.image * size..<(sample.image + 1) * size] }
        values[first + sample.element] += Float(step)
        values[first + size + sample.element] -= Float(step)
        // As wide as the step is after rounding.
        steps.append(Double(values[first + sample.element]) - Double(values[first + size + sample.element]))
      }
      let moved = try Tensor(values, shape: [2 * part.count] + shape).to(classifier.device)
      let logits = try Torch.withoutGradient { try rows(classifier.logits(moved)) }
      for (place, (index, step)) in part.enumerated() {
        let (image, label) = (samples[index].image, classes[samples[index].image])
        let (up, down) = (logits[2 * place][label], logits[2 * place + 1][label])
        samples[index].measured.append((up - down) / steps[place])
        if step == Self.steps.last { samples[index].curvature = up + down - 2 * answers[image][label] }
      }
    }
  }
}
