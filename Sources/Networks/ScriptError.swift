import Foundation
import Tensors

/// Why a TorchScript file, or what was said of it, cannot be used. The messages do not name the file: whoever opens it
/// does.
public enum ScriptError: LocalizedError, Equatable, Sendable {
  /// A file of `torch.save`: weights or a pickled object, without code.
  case savedWithoutCode
  /// A file of `torch.export.save`.
  case exportedProgram
  case damaged(reason: String)
  /// Its code asks for what no model file is allowed.
  case forbidden(String)
  case unknownOperator(String)
  case unsupportedCode(reason: String)
  case inputs(Int)
  case fails(input: [Int], reason: String)
  case returns(String)
  case outputShape([Int], images: Int)
  case notFinite(String)
  case answersDiffer
  case dependsOnBatch
  case labelCount(Int, classes: Int, singleOutput: Bool)
  case settings(file: String, problem: String)
  case channelValues(name: String, count: Int, channels: Int)
  case impossible(String)

  public var errorDescription: String? {
    switch self {
    case .savedWithoutCode:
      "the file has a model's weights but not its code (torch.save); in Python, load it and \(Self.howToSave)"
    case .exportedProgram:
      "the file comes from torch.export, which is another format; in Python, \(Self.howToSave)"
    case .damaged(let reason): "the file is damaged or cut off (\(reason)); copy or save it again"
    case .forbidden(let what):
      "the file is refused because its model \(what), and so might reach beyond itself, to files or to memory; explaining a "
        + "model needs none of this, so take it out or take another file"
    case .unknownOperator(let name) where name.hasPrefix("aten::"):
      "the model uses the operator \(name), which libtorch \(Torch.version) does not know; \(Self.howToUpdate)"
    case .unknownOperator(let name):
      "the model uses the operator \(name), which is no part of libtorch but of an extension; replace it in the model"
    case .unsupportedCode(let reason):
      "libtorch \(Torch.version) cannot read the model's code (\(reason)): the file is damaged or was made for a newer "
        + "libtorch; if so, \(Self.howToUpdate)"
    case .inputs(let count):
      "the model wants \(count) inputs, not one batch of images; wrap it in a module whose forward takes the images "
        + "alone and \(Self.howToSave)"
    case .fails(let input, let reason):
      "the model fails on input of \(input) (\(reason)); it may have been made for another size or number of channels"
    case .returns(let what):
      "the model returns \(what) instead of one tensor of logits [N, K]; wrap it in a module that returns its logits "
        + "alone and \(Self.howToSave)"
    case .outputShape(let shape, let images):
      "the model returns a tensor of \(shape) for \(images) image\(images == 1 ? "" : "s"); a classifier "
        + "returns one row of logits for each image, [N, K]"
    case .notFinite(let what):
      "the model's \(what) contain NaN or infinity for ordinary pixels; check its weights, and mean and standard deviation"
    case .answersDiffer:
      "the model answers differently when asked twice: dropout or another random step is built in, as when it is traced "
        + "in training mode; in Python, call model.eval() and \(Self.howToSave)"
    case .dependsOnBatch:
      "what the model says of an image depends on the other images in the batch, as when it is traced in training mode "
        + "with batch normalisation; in Python, call model.eval() and \(Self.howToSave)"
    case .labelCount(let labels, let classes, let singleOutput):
      "there are \(labels) labels, but the model has \(classes) classes"
        + (singleOutput ? " (its single output z means two, with the logits −z/2 and z/2)" : "")
    case .settings(let file, let problem): "\(file): \(problem)"
    case .channelValues(let name, let count, let channels):
      "\(name) has \(count) numbers, but the model takes \(channels) channel\(channels == 1 ? "" : "s")"
    case .impossible(let what): what
    }
  }

  private static let howToSave =
    "save it with torch.jit.trace(model.eval(), example, check_trace=False).save(\"model.pt\")"
  private static let howToUpdate =
    "build with LIBTORCH=/path/to/a/newer/libtorch, for instance the folder torch of PyPI's package torch"
}

/// What the user should know of a model that can be used all the same.
public enum ScriptWarning: Sendable, Equatable, CustomStringConvertible {
  /// The model ends in a softmax or the like, and the logits are what goes into it.
  case activation(ScriptModule.Activation)
  /// Each row of the answer is not negative and sums to 1; the logits are its logarithms.
  case probabilities
  /// The exponentials of each row sum to 1.
  case logProbabilities
  /// The only output p stays between 0 and 1 whatever the input; the logits are ∓½ ln(p / (1 − p)).
  case singleProbability
  case zeroGradient
  case fixedBatch(Int)
  case assumedSize(Int)

  public var description: String {
    switch self {
    case .activation(let activation):
      "the model ends in a \(activation); its probabilities are shown, and the maps are those of the logits before it"
    case .probabilities:
      "the model's outputs sum to 1, so they are probabilities (a softmax), and the logits before it cannot be had; the maps "
        + "are those of the logarithms of the probabilities: active and inactive stay the same, the other maps do not"
    case .logProbabilities:
      "the model's outputs are logarithms of probabilities (a log-softmax), and the logits before it cannot be had; of the "
        + "maps, active and inactive stay the same, the others do not"
    case .singleProbability:
      "the model's single output p always lies between 0 and 1, so it is a probability (a sigmoid), and the logit before it "
        + "cannot be had; it is computed from p, roughly where the model is sure"
    case .zeroGradient:
      "the gradient of the model is zero everywhere on test images (it may round or threshold its input), so its maps "
        + "are likely to be empty"
    case .fixedBatch(let size):
      "the model works on batches of \(size) only, as it was traced with; images are dealt with \(size) at a time"
    case .assumedSize(let size):
      "the model does not say which input size it wants; \(size)×\(size) is assumed"
    }
  }
}

extension ScriptModule.Activation: CustomStringConvertible {
  public var description: String { rawValue.replacing("aten::", with: "").replacing("_", with: "-") }
}
