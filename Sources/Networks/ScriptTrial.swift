import Foundation
import Maps
import Tensors

/// What three images of noise tell about a script.
struct ScriptTrial {
  /// The only batch size it takes; nil for any.
  private(set) var batch: Int?
  /// Outputs per image.
  private(set) var outputs: Int
  private(set) var bytesPerImage = 0
  private(set) var warnings: [ScriptWarning] = []

  /// Tries a module, with colour and with grey images if the settings do not say which it takes.
  @TorchActor static func run(_ module: ScriptModule, _ settings: ScriptSettings, _ device: Device) throws -> (
    ScriptCall, ScriptTrial
  ) {
    func attempt(_ channels: Int) throws -> (ScriptCall, ScriptTrial) {
      let script = ScriptCall(module: module, preprocessing: try settings.preprocessing(channels: channels))
      return (script, try ScriptTrial(script, device))
    }
    if let channels = settings.channels { return try attempt(channels) }
    do { return try attempt(3) } catch let failure as ScriptError {
      guard case .fails = failure else { throw failure }
      do { return try attempt(1) } catch ScriptError.fails { throw failure } catch ScriptError.channelValues {
        throw failure
      }
    }
  }

  @TorchActor private init(_ script: ScriptCall, _ device: Device) throws {
    let used = Self.residentBytes()
    let (images, answer, outputs) = try Self.firstAnswer(script, device)
    self.outputs = outputs
    let count = images.shape[0]
    batch = count == 3 ? nil : count

    let rows = try answer.reshaped([count, outputs])
    let first = try rows.doubles()
    guard first.allSatisfy(\.isFinite) else { throw ScriptError.notFinite("outputs") }
    try checkRepetition(script, images, first)

    // Recorded results stay until the gradient is there, and the gradients on their way take as much again.
    let recorded = 2 * (Self.residentBytes() - used) / count
    bytesPerImage = max(recorded, 100 * images.count / count * MemoryLayout<Float>.size)
    try checkGradient(images, rows)
    try checkScale(script, images, first)
    if let batch { warnings.append(.fixedBatch(batch)) }
  }

  /// The outputs per image that an answer of this shape has; nil if it does not have one row for each image.
  static func outputs(_ shape: [Int], images: Int) -> Int? {
    let axes = shape.filter { $0 != 1 }
    if images == 1 { return axes.count <= 1 ? axes.first ?? 1 : nil }
    guard shape.first == images, axes.count <= 2 else { return nil }
    return axes.count == 2 ? axes[1] : 1
  }

  /// An answer with one row per image, for three images or else for as many as the script takes.
  @TorchActor private static func firstAnswer(_ script: ScriptCall, _ device: Device) throws -> (
    images: Tensor, answer: Tensor, outputs: Int
  ) {
    func attempt(_ count: Int) throws -> (images: Tensor, answer: Tensor, outputs: Int) {
      let images = try noise(count, script.preprocessing, device)
      let answer = try script.answer(images)
      guard let outputs = outputs(answer.shape, images: count), outputs > 0 else {
        throw ScriptError.outputShape(answer.shape, images: count)
      }
      return (images, answer, outputs)
    }
    do { return try attempt(3) } catch let refusal as ScriptError {
      var sizes = [1]
      switch refusal {
      case .outputShape: break
      case .fails(_, let reason): sizes += batchSizes(in: reason)
      default: throw refusal
      }
      for size in sizes {
        do { return try attempt(size) } catch is ScriptError { continue }
      }
      throw refusal
    }
  }

  /// The batch sizes that libtorch's words about another one may point to.
  static func batchSizes(in reason: String) -> [Int] {
    let patterns = [
      #/shape '\[(\d+),/#, #/match the size of tensor b \((\d+)\)/#, #/match the existing size \((\d+)\)/#,
      #/expanded size of the tensor \((\d+)\)/#, #/Expected size (\d+)/#, #/but got size (\d+)/#,
    ]
    return patterns.compactMap { reason.firstMatch(of: $0).flatMap { Int($0.1) } }
      .filter { (2...1024).contains($0) && $0 != 3 }
  }

  /// Asks again about the same images in reverse order, without the last one if any batch size will do.
  @TorchActor private mutating func checkRepetition(_ script: ScriptCall, _ images: Tensor, _ first: [Double]) throws {
    let count = images.shape[0]
    let order = Array((0..<(batch ?? 2)).reversed())
    let asked = try images.select(axis: 0, Tensor(order.map(Int64.init), shape: [order.count]).to(images.device))
    func differs(_ answer: Tensor, _ expected: [Double]) throws -> Bool {
      // Far above rounding, which differs between batches, and far below what dropout does.
      let tolerance = 1e-3 * (first.map(abs).max() ?? 0)
      return try zip(answer.doubles(), expected).contains { !(abs($0 - $1) <= tolerance) }
    }
    let answer: Tensor
    do { answer = try Torch.withoutGradient { try script.answer(asked) } } catch ScriptError.fails where batch == nil {
      // Three images happened to be the very number that it takes.
      batch = count
      return try checkRepetition(script, images, first)
    }
    guard Self.outputs(answer.shape, images: order.count) == outputs else {
      if batch != nil { throw ScriptError.outputShape(answer.shape, images: order.count) }
      batch = count
      return try checkRepetition(script, images, first)
    }
    if try differs(answer, order.flatMap { first[$0 * outputs..<($0 + 1) * outputs] }) {
      let again = try Torch.withoutGradient { try script.answer(images) }
      throw try differs(again, first) ? ScriptError.answersDiffer : ScriptError.dependsOnBatch
    }
  }

  @TorchActor private mutating func checkGradient(_ images: Tensor, _ rows: Tensor) throws {
    guard rows.requiresGradient else { throw ClassifierError.noGradient }
    // Random weights, because the plain sum of a softmax has no gradient.
    let seed = try Tensor.uniform(0.5..<1.5, shape: rows.shape, using: Generator(seed: 1)).to(rows.device)
    guard let gradient = try rows.gradients(seed: seed, of: [images])[0] else { throw ClassifierError.noGradient }
    let values = try gradient.floats()
    guard values.allSatisfy(\.isFinite) else { throw ScriptError.notFinite("gradients") }
    if values.allSatisfy({ $0 == 0 }) { warnings.append(.zeroGradient) }
  }

  /// Looks for probabilities instead of logits.
  @TorchActor private mutating func checkScale(_ script: ScriptCall, _ images: Tensor, _ first: [Double]) throws {
    func inUnitInterval(_ values: [Double]) -> Bool { values.allSatisfy { (0...1).contains($0) } }
    if outputs > 1 {
      let rows = stride(from: 0, to: first.count, by: outputs).map { Array(first[$0..<$0 + outputs]) }
      switch OutputScale(rows: rows) {
      case .probabilities: warnings.append(.probabilities)
      case .logProbabilities: warnings.append(.logProbabilities)
      case .logits: break
      }
    } else if inUnitInterval(first) {
      // A few logits may lie in 0…1 by chance, but not those of far brighter images as well.
      let bright = try Torch.withoutGradient { try script.answer(images.detached() * 1000).doubles() }
      if inUnitInterval(bright) { warnings.append(.singleProbability) }
    }
  }

  @TorchActor private static func noise(_ count: Int, _ preprocessing: Preprocessing, _ device: Device) throws -> Tensor
  {
    let shape = [count, preprocessing.channels, preprocessing.height, preprocessing.width]
    return try Tensor.uniform(0..<1, shape: shape, using: Generator(seed: 0)).to(device).variable()
  }

  /// The memory that this process has in use, zero where the system does not say.
  private static func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return (pages.flatMap { Int($0[1]) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
