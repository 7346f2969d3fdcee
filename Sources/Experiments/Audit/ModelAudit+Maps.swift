import Foundation
import Maps
import Tensors

/// Checks of the five maps.
extension ModelAudit {
  /// The maps of some images as plain numbers: `maps[v]` is [N, H, W] for view v of `Views.paper`.
  private struct Maps {
    let count: Int
    let pixels: Int
    let maps: [[Float]]
    /// The explained class of each image, and the classes it was compared with.
    let classes: [(explained: Int, rivals: [Int])]

    func map(_ view: Int, of image: Int) -> ArraySlice<Float> { maps[view][image * pixels..<(image + 1) * pixels] }
  }

  /// So that a model with a thousand classes is checked in minutes.
  private static let mostPasses = 2000

  @TorchActor func mapChecks(_ images: Tensor, _ answers: [[Double]]) throws -> [AuditCheck] {
    let explainer = try Explainer(classifier, views: Views.paper, rivals: rivals)
    // Every class costs a backward pass.
    let passes = rivals.count(classes: answers[0].count) + 1
    let count = max(1, min(images.shape[0], Self.mostPasses / passes))
    var maps = Array(repeating: [Float](), count: Views.paper.count)
    var classes: [(explained: Int, rivals: [Int])] = []
    do {
      for part in (0..<count).batches(of: batchSize) {
        try Task.checkCancellation()
        for explanation in try explainer.explain(images[part]) {
          for (view, map) in explanation.maps.enumerated() { maps[view] += map.values.values }
          classes.append((explanation.explainedClass, explanation.rivals))
        }
      }
    } catch let error as ClassifierError {
      return [AuditCheck("maps", .failed, error.localizedDescription.firstUppercased + ".")]
    }
    let all = Maps(count: count, pixels: images.shape[2] * images.shape[3], maps: maps, classes: classes)
    let gradient = Self.gradientCheck(all)
    // Of empty maps every identity is true.
    if gradient.verdict == .failed { return [gradient] }
    return [gradient, try identities(all, images, answers), Self.contents(all)]
  }

  /// Whether there is anything to show.
  private static func gradientCheck(_ all: Maps) -> AuditCheck {
    let name = "gradient is not zero"
    let largest = (0..<all.count).map { all.map(0, of: $0).max() ?? 0 }
    let empty = largest.count { $0 == 0 }
    let images = AuditCheck.images(all.count)
    if empty == all.count {
      return AuditCheck(
        name, .failed,
        "The gradient is zero at every pixel of \(images), so all maps are empty. Either the model rounds or thresholds its "
          + "input, or its output is saturated (a softmax or sigmoid that is 0 or 1 to rounding: leave it out of the model)."
      )
    }
    let zeros = Double(all.maps[0].count { $0 == 0 }) / Double(all.maps[0].count)
    let middle = Double(largest.sorted()[all.count / 2])
    if empty > 0 {
      return AuditCheck(
        name, .warning, "The gradient is zero at every pixel of \(empty) of \(images), whose maps are empty.")
    }
    return AuditCheck(
      name, .passed,
      "The gradient of \(images) is zero at \(percent(zeros)) of the pixels; the largest of an image is "
        + "\(number(middle)) logits per unit of brightness in the middle.")
  }

  /// The identities of the definitions, and the maps computed once more in the slowest way: one class after the other, pixel
  /// by pixel, from the signed gradients.
  @TorchActor private func identities(
    _ all: Maps, _ images: Tensor, _ answers: [[Double]]
  ) throws -> AuditCheck {
    let name = "identities of the maps"
    var broken: [String] = []
    let (original, positive, negative) = (all.maps[0], all.maps[1], all.maps[2])
    func expect(_ what: String, _ holds: (Int) -> Bool) {
      var wrong = 0
      for pixel in original.indices where !holds(pixel) { wrong += 1 }
      if wrong > 0 { broken.append("\(what) fails at \(wrong) of \(original.count) pixels") }
    }
    expect("original = max(positive, negative)") { original[$0] == max(positive[$0], negative[$0]) }
    expect("active ≤ original") { all.maps[3][$0] <= original[$0] }
    expect("inactive ≤ original") { all.maps[4][$0] <= original[$0] }

    let compared = rivals.count(classes: answers[0].count)
    let used = max(1, min(all.count, 2, Self.mostPasses / 10 / (compared + 1)))
    var (largest, elements) = (0.0, 0)
    for image in 0..<used {
      let (explained, rivals) = all.classes[image]
      let slow = try slowMaps(images[image..<image + 1], class: explained, rivals: rivals)
      elements += slow.elements
      let scale = Double(slow.scale)
      for view in 0..<Views.paper.count {
        for (place, value) in all.map(view, of: image).enumerated() {
          // Which class is highest is rounding where two are that close.
          if view > 2 && slow.isClose[place] { continue }
          largest = max(largest, abs(Double(value) - Double(slow.maps[view][place])) / scale)
        }
      }
    }
    if largest > 1e-3 {
      broken.append(
        "the maps differ from those computed one class at a time by up to \(Self.percent(largest)) of the largest value"
      )
    }
    let classes =
      compared < answers[0].count - 1
      ? "the class and the \(compared) most probable of \(answers[0].count - 1) others" : "all classes"
    return broken.isEmpty
      ? AuditCheck(
        name, .passed,
        "At all \(original.count) pixels of \(AuditCheck.images(all.count)) original is the larger of positive and "
          + "negative, and active and inactive are no larger than original. Computed anew from the signed gradients of \(classes) "
          + "one at a time, with no channel element of \(elements) both active and inactive, the maps are the same "
          + "\(Self.closeness(largest)).")
      : AuditCheck(name, .failed, broken.joined(separator: "; ").firstUppercased + ".")
  }

  /// The five maps of one image by their definitions.
  private struct SlowMaps {
    var maps: [[Float]]
    /// The pixels where the class with the largest or smallest gradient is a matter of rounding.
    var isClose: [Bool]
    var scale: Float = 0
    var elements = 0
  }

  @TorchActor private func slowMaps(_ image: Tensor, class explained: Int, rivals: [Int]) throws -> SlowMaps {
    let work = try Gradient().begin(ImageBatch(image), classifier)
    let own = try work.values(for: [explained]).floats()
    var highest = [Float](repeating: -.infinity, count: own.count)
    var lowest = [Float](repeating: .infinity, count: own.count)
    for rival in rivals {
      try Task.checkCancellation()
      for (place, value) in try work.values(for: [rival]).floats().enumerated() {
        highest[place] = max(highest[place], value)
        lowest[place] = min(lowest[place], value)
      }
    }
    let pixels = image.shape[2] * image.shape[3]
    var slow = SlowMaps(
      maps: Array(repeating: Array(repeating: 0, count: pixels), count: Views.paper.count),
      isClose: Array(repeating: false, count: pixels), scale: own.map(abs).max() ?? 0, elements: own.count)
    slow.scale = max(slow.scale, .leastNormalMagnitude)
    for (element, value) in own.enumerated() {
      let pixel = element % pixels
      let kept = [
        abs(value), max(value, 0), max(-value, 0), value > highest[element] ? abs(value) : 0,
        value < lowest[element] ? abs(value) : 0,
      ]
      for (view, value) in kept.enumerated() { slow.maps[view][pixel] = max(slow.maps[view][pixel], value) }
      let margin = min(abs(value - highest[element]), abs(value - lowest[element]))
      if margin < 1e-4 * slow.scale { slow.isClose[pixel] = true }
    }
    return slow
  }

  /// How many maps have nothing to show.
  private static func contents(_ all: Maps) -> AuditCheck {
    let name = "constant, empty and non-finite maps"
    var notes: [String] = []
    var isBroken = false
    for (view, values) in zip(Views.paper, all.maps) {
      let maps = (0..<all.count).map { values[$0 * all.pixels..<($0 + 1) * all.pixels] }
      let notFinite = maps.count { !$0.allSatisfy(\.isFinite) }
      let empty = maps.count { $0.allSatisfy { $0 == 0 } }
      let constant = all.pixels > 1 ? maps.count { map in map.allSatisfy { $0 == map.first && $0 != 0 } } : 0
      for (count, what) in [(notFinite, "with NaN or infinity"), (empty, "empty"), (constant, "constant")]
      where count > 0 {
        notes.append("\(count) of \(all.count) \(view.name) maps \(count == 1 ? "is" : "are") \(what)")
      }
      isBroken = isBroken || notFinite > 0
    }
    if notes.isEmpty {
      return AuditCheck(
        name, .passed,
        "None of the \(all.maps.count * all.count) maps is constant, empty or has a value that is not a finite number.")
    }
    return AuditCheck(name, isBroken ? .failed : .warning, notes.joined(separator: ", ").firstUppercased + ".")
  }
}

extension String {
  /// The text as the beginning of a sentence.
  var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
