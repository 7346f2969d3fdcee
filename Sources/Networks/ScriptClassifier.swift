import Foundation
import Maps
import Tensors

/// A classifier in a TorchScript file of the user's own.
///
/// The file is loaded in evaluation mode and tried on three images of noise, so that whatever would spoil the maps is
/// found and explained before any work is done. Beside it may lie a JSON file (``ScriptSettings``). Pixels stay in 0…1:
/// the normalisation by mean and standard deviation happens in here, and gradients pass through it.
///
/// A model with one output z per image has two classes with the logits −z/2 and z/2. Of a model that ends in a softmax, a
/// log-softmax or, with one output, a sigmoid the logits are what goes into that; ``warnings`` say so. A model that was traced
/// for one batch size gets its images in batches of that size, the last one filled up with copies.
@TorchActor public final class ScriptClassifier: Classifier {
  public nonisolated let labels: LabelSet
  public nonisolated let preprocessing: Preprocessing
  public nonisolated let device: Device
  /// As measured on the trial images; on a GPU a rough guess.
  public nonisolated let bytesPerImage: Int
  /// What the user should know of this model; empty for a model as it should be.
  public nonisolated let warnings: [ScriptWarning]

  /// What the file is, for people.
  nonisolated let origin: String
  /// Why its layers are not known; nil where that was not asked.
  public nonisolated let obstacle: String?

  let script: ScriptCall
  let trial: ScriptTrial

  /// Loads a file and tries it.
  ///
  /// - Parameter settings: where they leave something open, the JSON file beside the model counts.
  /// - Throws: ``ScriptError`` when the file or the model in it cannot be used, `ModelFileError.notAModel` when it is no
  ///   model at all, `ClassifierError.noGradient` when its answers are not differentiable, `TorchError` when memory runs
  ///   out, Foundation's error when the file cannot be read.
  public convenience init(
    contentsOf url: URL, settings: ScriptSettings = ScriptSettings(), device: Device = .cpu
  ) throws {
    let settings = settings.completed(by: try ScriptSettings.beside(url) ?? ScriptSettings())
    try self.init(ScriptFile.load(url, device: device), settings: settings, device: device)
  }

  init(
    _ module: any FileModule, settings: ScriptSettings, device: Device, origin: String = "TorchScript",
    obstacle: String? = nil
  ) throws {
    let (script, trial) = try ScriptTrial.run(module, settings, device)
    (self.origin, self.obstacle) = (origin, obstacle)
    let classes = max(2, trial.outputs)
    labels = try settings.labelSet(classes: classes, singleOutput: trial.outputs == 1) ?? LabelSet(unnamed: classes)
    preprocessing = script.preprocessing
    self.device = device
    bytesPerImage = trial.bytesPerImage
    let sizeIsKnown = settings.height != nil || settings.width != nil
    warnings = trial.warnings + (sizeIsKnown ? [] : [.assumedSize(ScriptSettings.usualSize)])
    self.script = script
    self.trial = trial
  }

  public func logits(_ images: Tensor) throws -> Tensor {
    try logits(ofOutputs: trial.batch.map { try inBatches(of: $0, images) } ?? rows(images))
  }

  /// The logits [N, K] of the model's outputs [N, outputs].
  func logits(ofOutputs outputs: Tensor) throws -> Tensor {
    let outputs = try trial.scale?.logits(outputs) ?? outputs
    return trial.outputs == 1 ? try .concatenate([outputs * -0.5, outputs * 0.5], axis: 1) : outputs
  }

  /// The model's outputs as [N, outputs].
  private func rows(_ images: Tensor) throws -> Tensor { try rows(ofAnswer: script.answer(images), images.shape[0]) }

  func rows(ofAnswer answer: Tensor, _ count: Int) throws -> Tensor {
    guard ScriptTrial.outputs(answer.shape, images: count) == trial.outputs else {
      throw ScriptError.outputShape(answer.shape, images: count)
    }
    return try answer.reshaped([count, trial.outputs])
  }

  private func inBatches(of size: Int, _ images: Tensor) throws -> Tensor {
    let shape = images.shape
    let parts = try stride(from: 0, to: shape[0], by: size).map { start in
      let part = try images[start..<min(start + size, shape[0])]
      let missing = start + size - shape[0]
      if missing <= 0 { return try rows(part) }
      let filling = try images[shape[0] - 1..<shape[0]].expanded([missing] + shape.dropFirst())
      return try rows(.concatenate([part, filling]))[0..<size - missing]
    }
    return try .concatenate(parts)
  }
}

/// Calls a module: images in 0…1 in, the one tensor that it returns out, in the images' type.
@TorchActor struct ScriptCall {
  let module: any FileModule
  let preprocessing: Preprocessing

  func answer(_ images: Tensor) throws -> Tensor {
    let input = try preprocessing.normalized(images.to(module.type ?? .float32))
    let answer: ScriptModule.Answer
    do { answer = try module.forward(input) } catch let error as TorchError where !error.isOutOfMemory {
      throw ScriptError.fails(input: input.shape, reason: error.lastLine)
    }
    switch answer {
    case .tensor(let tensor):
      guard tensor.isFloatingPoint else { throw ScriptError.returns("whole numbers") }
      return try tensor.to(images.type ?? .float32)
    case .other(let what): throw ScriptError.returns(what)
    }
  }
}

extension TorchError {
  /// The lines of the message that are not empty.
  var lines: [String] {
    message.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// TorchScript's interpreter tells where it was first and what was wrong last.
  var lastLine: String {
    let line = lines.last ?? "unknown reason"
    return line.hasPrefix("RuntimeError: ") ? String(line.dropFirst(14)) : line
  }
}
