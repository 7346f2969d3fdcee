import ArgumentParser
import Foundation
import Saliency

struct Train: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a built-in network by the paper's recipe.",
    discussion: """
      Writes model.safetensors, checkpoint.safetensors, log.csv and curves.png into the output folder. Ctrl-C keeps the \
      state; --resume goes on from it. Started several times by torchrun, mpirun or srun, the processes train one network together.

      EXAMPLES
        saliency train --dataset fashion-mnist --output runs/fashion
        saliency train --dataset pictures --size 64 --output runs/pictures
        saliency train --dataset fashion-mnist --output runs/fashion --resume
        mpirun -n 2 saliency train --dataset fashion-mnist --output runs/fashion
      """)

  @Option(help: DatasetOptions.help) var dataset: String
  @OptionGroup(title: "Data") var data: DatasetOptions

  @Option(help: "basic-cnn, resnet18, resnet34, resnet50, efficientnet-lite0 or vit-tiny.")
  var architecture = Architecture.basicCNN

  @Option(
    help: """
      Resize the images to N or HxW pixels (class folders only; default: as they are, but 224 for Imagenette in sizes of its \
      own).
      """)
  var size: ImageSize?

  @OptionGroup var training: RecipeOptions
  @Option var weightDecay = 0.01
  @Option(help: "Decides the initial weights and the order of the images.") var seed: UInt64 = 0

  @Option(
    help: """
      float32, or bfloat16: mixed precision, several times as fast at large sizes where the processor or GPU \
      multiplies bfloat16 matrices in hardware, slower elsewhere.
      """) var precision = Precision.full
  @Option(
    help: ArgumentHelp(
      "Begin with this model's weights instead of random ones, for instance to go on at another --size.",
      valueName: "model"))
  var start: String?
  @Option(
    help: ArgumentHelp(
      "How the model file stores the weights of convolutions and linear layers: float32, or float16 for half the size.",
      valueName: "type"))
  var weights = WeightType.float32

  @OptionGroup var results: RunOptions
  @OptionGroup var distribution: DistributionOptions
  @OptionGroup var device: DeviceOptions

  func validate() throws {
    guard weightDecay >= 0, weightDecay.isFinite else { throw ValidationError("--weight-decay must not be negative") }
  }

  func work() async throws {
    let chosen = try await device.apply()
    let place = try place()
    try await distribution.saveThreads(device)
    // Process 0 alone has to do with what is in the folder.
    let leads = place.map { $0.rank == 0 } ?? true
    let folder = try leads ? results.folder(check: TrainingRun.checkEmpty) : outputFolder(results.output)
    let start = try await startNetwork()

    let data = try await data.open(dataset, for: nil, size: size)
    if leads { Console.note("\(data.provenance); \(data.train.classNames.count) classes") }

    if leads { try RunOptions.identify(data, .train, .test) }
    var recipe = training.recipe(seed: seed)
    recipe.weightDecay = weightDecay
    recipe.precision = precision
    var run = try await TrainingRun(
      architecture, recipe: recipe, dataset: data, start: start, weightType: weights.type, device: chosen,
      memory: device.memory?.bytes)
    run.place = place
    try await leads ? results.run(run, in: folder) : run.assist(in: folder)
  }

  /// This process among those that train together; nil where it is alone.
  private func place() throws -> TrainingRun.Place? {
    guard let ranks = try distribution.ranks() else {
      guard distribution.distributed != .on else {
        throw CommandError("--distributed on: no launcher started this process; use torchrun, mpirun or srun")
      }
      return nil
    }
    guard ranks.isSimultaneous, let count = ranks.count else {
      throw CommandError(
        "\(ranks.launcher.rawValue) does not promise that all processes run at the same time, as training together needs; use torchrun, "
          + "mpirun or srun, or give --distributed off")
    }
    // The port that torchrun names is in use by itself, in words of its own PyTorch.
    let isTaken = ProcessInfo.processInfo.environment["TORCHELASTIC_USE_AGENT_STORE"] == "True"
    return TrainingRun.Place(
      rank: ranks.rank, of: count,
      meeting: isTaken ? nil : ranks.meeting.map { .address(host: $0.host, port: $0.port) })
  }

  private func startNetwork() async throws -> Network? {
    guard let start else { return nil }
    if let bundled = BundledModel.named(start) { return try await bundled.load() }
    do { return try await Network.read(URL(filePath: start)) } catch {
      throw CommandError("--start \(start): \(error.told)")
    }
  }
}

/// The types that ``Train/weights`` can name.
enum WeightType: String, CaseIterable, ExpressibleByArgument {
  case float32, float16

  var type: ElementType { self == .float16 ? .float16 : .float32 }
}
