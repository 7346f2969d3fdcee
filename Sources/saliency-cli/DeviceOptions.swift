import ArgumentParser
import Foundation
import Saliency

extension Architecture: ExpressibleByArgument {
  /// None, for so many would take a line each in an error; options name them in their help.
  public static var allValueStrings: [String] { [] }
  public static var defaultCompletionKind: CompletionKind { .list(allCases.map(\.rawValue)) }
}

extension Precision: ExpressibleByArgument {}

extension AnswerPrecision: ExpressibleByArgument {
  /// For commands that delete pixels.
  static let help = ArgumentHelp(
    """
    What the answers for changed images are computed in: float32; bfloat16, faster where the processor or GPU multiplies such \
    matrices in hardware; or checked, bfloat16 with near ties again in float32 and an audit, which names float32's classes. \
    (default: checked where the processor gains by it, else float32.) Others than float32 are for models whose layers are known.
    """)
}

/// Where, with how many threads and in how much memory to compute.
struct DeviceOptions: ParsableArguments {
  enum Choice: String, ExpressibleByArgument, CaseIterable { case auto, cpu, cuda }

  @Option(help: "auto takes the GPU if there is one that libtorch can use.") var device = Choice.auto

  @Option(
    help: "Processor threads (default: all that the machine or a container gives, and one for a single small picture).")
  var threads: Int?

  @Option(
    help: """
      About how much memory the program may take as a whole, such as 800MB (default: 2GB, more for large models, and for a \
      training what its batches need). Data sets that are read into memory (those of IDX files and CIFAR-10's binary files) come on top.
      """) var memory: MemorySize?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads) is not between 1 and 1024")
    }
  }

  /// Below this, sharing the work on one image among threads costs more than it gains. Measured from start to figure on two
  /// processors: the Basic CNN at 32×32 (0.26 MB) is faster with one thread, ResNet-18 at 32×32 (0.96 MB) with two.
  private static let smallImage = 500_000

  /// Goes down to one thread where that is faster: for one image of a small model, unless the user says how many.
  func saveThreads(for classifier: any Classifier) async throws {
    guard threads == nil, classifier.device == .cpu, classifier.bytesPerImage < Self.smallImage else { return }
    try await TorchActor.run { try Torch.setThreads(1) }
  }

  /// What the memory leaves for work with a model.
  ///
  /// - Throws: `MethodError.tooLittleMemory` where not one image fits.
  func room(for opened: ModelChoice.Opened) async throws -> Int {
    try await ProcessMemory.left(of: memory?.bytes, for: opened)
  }

  /// Sets the threads and says which device to use.
  func apply() async throws -> Device {
    if let most = threads ?? ProcessorQuota.read() {
      let isAsked = threads != nil
      try await TorchActor.run { if isAsked || most < Torch.threads { try Torch.setThreads(most) } }
    }
    guard device != .cuda || Torch.hasCUDA else {
      throw CommandError(
        "--device cuda: this machine has no GPU that libtorch \(Torch.version) can use; "
          + "choose --device cpu, or build with LIBTORCH set to a CUDA libtorch")
    }
    return device != .cpu && Torch.hasCUDA ? .cuda : .cpu
  }
}

/// A plain message for standard error.
struct CommandError: LocalizedError {
  let errorDescription: String?

  init(_ message: String) { errorDescription = message }
}
