import Foundation
import Maps
import Tensors

/// What three images of noise tell about a script.
struct ScriptTrial {
  /// The only batch size it takes; nil for any.
  private(set) var batch: Int?
  /// Outputs per image.
  private(set) var outputs: Int
  /// What the outputs are made by; nil: they are logits.
  private(set) var scale: ScriptModule.Activation?
  private(set) var bytesPerImage = 0
  private(set) var warnings: [ScriptWarning] = []
  /// The outputs for the trial images, one row after the other.
  private let answer: [Double]

  /// Tries a module, with colour and with grey images if the settings do not say which it takes.
  @TorchActor static func run(_ module: any FileModule, _ settings: ScriptSettings, _ device: Device) throws -> (
    ScriptCall, ScriptTrial
  ) {
    func attempt(_ channels: Int) throws -> (ScriptCall, ScriptTrial) {
      let script = ScriptCall(module: module, preprocessing: try settings.preprocessing(channels: channels))
      let trial = try ScriptTrial(script, device)
      return try trial.beforeActivation(of: script, device) ?? (script, trial)
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
    let (images, tensor, outputs) = try Self.firstAnswer(script, device)
    self.outputs = outputs
    let count = images.shape[0]
    batch = count == 3 ? nil : count

    let rows = try tensor.reshaped([count, outputs])
    let first = try rows.doubles()
    self.answer = first
    guard first.allSatisfy(\.isFinite) else { throw ScriptError.notFinite("outputs") }
    try checkRepetition(script, images, first)

    // Recorded results stay until the gradient is there, and the gradients on their way take as much again.
    let recorded = 2 * (Self.residentBytes() - used) / count
    bytesPerImage = max(recorded, 100 * images.count / count * MemoryLayout<Float>.size)
    try checkGradient(images, rows)
    scale = try ScriptModule.Activation(outputs: Self.rows(first, of: outputs)) {
      try Torch.withoutGradient { try script.answer(images.detached() * 1000).doubles() }
    }
    if let scale { warnings.append(scale.warning) }
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

  /// Where libtorch's words name a batch size. Read only, though the compiler cannot know it.
  nonisolated(unsafe) private static let batchSizePatterns = [
    #/shape '\[(\d+),/#, #/match the size of tensor b \((\d+)\)/#, #/match the existing size \((\d+)\)/#,
    #/expanded size of the tensor \((\d+)\)/#, #/Expected size (\d+)/#, #/but got size (\d+)/#,
  ]

  /// The batch sizes that libtorch's words about another one may point to.
  static func batchSizes(in reason: String) -> [Int] {
    batchSizePatterns.compactMap { reason.firstMatch(of: $0).flatMap { Int($0.1) } }
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

  private static func rows(_ values: [Double], of length: Int) -> [[Double]] {
    stride(from: 0, to: values.count, by: length).map { Array(values[$0..<$0 + length]) }
  }

  /// The same script without the softmax or the like at its end; nil if it has none, or if that is not what it makes of its
  /// logits.
  @TorchActor private func beforeActivation(of script: ScriptCall, _ device: Device) throws -> (
    ScriptCall, ScriptTrial
  )? {
    guard let scale, let (module, activation) = try? script.module.withoutActivation(), activation == scale else {
      return nil
    }
    let before = ScriptCall(module: module, preprocessing: script.preprocessing)
    guard var trial = try? ScriptTrial(before, device), trial.outputs == outputs, trial.batch == batch else {
      return nil
    }
    let again = Self.rows(trial.answer, of: outputs).flatMap(activation.applied)
    // Far above rounding, for logits and their activation are added up in another order.
    guard again.count == answer.count, zip(again, answer).allSatisfy({ abs($0 - $1) <= 1e-3 * max(1, abs($1)) }) else {
      return nil
    }
    // Whatever the logits look like, they are what the activation takes for logits.
    let doubt = trial.scale?.warning
    trial.scale = nil
    trial.warnings = [.activation(activation)] + trial.warnings.filter { $0 != doubt }
    return (before, trial)
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
