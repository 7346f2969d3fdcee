import Files
import Foundation
import Maps
import Tensors

/// The classifier that a user names: a bundled or fetched model's name, a safetensors file or a state dictionary of a built-in
/// network, an archive of `torch.export`, or a TorchScript file.
public enum ModelChoice {
  /// A classifier ready for inference, and what its user should know of it.
  public struct Opened: Sendable {
    public let classifier: any Classifier
    /// The bundled model's name, or the file's.
    public let name: String
    public let file: URL
    public let warnings: [ScriptWarning]
  }

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - nameOrPath: the name of a bundled or of a fetched model goes before a file's.
  ///   - settings: what the user says of labels, size and normalisation; it goes before what the file says.
  ///   - device: where the model computes.
  /// - Throws: ``ModelChoiceError``, which names the file.
  @TorchActor public static func open(
    _ nameOrPath: String, settings: ScriptSettings = ScriptSettings(), device: Device = .cpu
  ) throws -> Opened {
    let known = KnownModel.named(nameOrPath)
    if let file = BundledModel.named(nameOrPath)?.url ?? (known?.isFetched == true ? known?.file() : nil) {
      return try naming(nameOrPath) {
        Opened(classifier: try network(file, settings, device), name: nameOrPath, file: file, warnings: [])
      }
    }
    let url = URL(filePath: nameOrPath)
    guard url.exists else {
      guard known == nil else { throw ModelFileError.notFetched(nameOrPath) }
      throw ModelFileError.unknownModel(nameOrPath, known: BundledModel.all.map(\.name))
    }
    guard !url.isFolder else {
      throw ModelChoiceError(model: nameOrPath, reason: "is a folder, not a model file")
    }
    return try naming(nameOrPath) {
      if StateDictionary.recognizes(url) { return try stateDictionary(url, settings, device) }
      let name = url.lastPathComponent
      if SafeTensors.recognizes(url) || url.pathExtension == "safetensors" {
        return Opened(classifier: try network(url, settings, device), name: name, file: url, warnings: [])
      }
      let settings = settings.completed(by: try ScriptSettings.beside(url) ?? ScriptSettings())
      let (network, whole) = try fileNetwork(url, device)
      return try imported(network, whole: whole, settings, name: name, url, device)
    }
  }

  /// The network in an exported program, an ONNX or a TorchScript file, as it is written there.
  @TorchActor private static func fileNetwork(
    _ url: URL, _ device: Device
  ) throws -> (network: any FileNetwork, whole: any FileModule) {
    if ExportedProgram.recognizes(url) {
      let program = try ExportedProgram(contentsOf: url, device: device)
      return (program, EagerModule(program))
    }
    if ONNXNetwork.recognizes(url) || url.pathExtension.lowercased() == "onnx" {
      let model = try ONNXNetwork(contentsOf: url, device: device)
      return (model, EagerModule(model))
    }
    let script = try ScriptFile.load(url, device: device)
    return (try ScriptNetwork(script), script)
  }

  /// For fuzzing: reads a state dictionary, or runs the network of a file that has one on two grey images as small as it takes them,
  /// whether it is a classifier or not.
  @TorchActor package static func tryOut(_ url: URL) throws {
    try naming(url.path) {
      if StateDictionary.recognizes(url) {
        _ = try StateDictionary(contentsOf: url)
        return
      }
      let network = try fileNetwork(url, .cpu).network
      let sides = network.inputShape.suffix(2).map { min(max(1, $0 ?? 16), 32) }
      let shape = [2, min(max(1, network.inputShape[1] ?? 3), 8)] + sides
      _ = try Torch.withoutGradient { try network.answer(Tensor(repeating: 0.5, shape: shape)) }
    }
  }

  /// A file's network as a graph, or where it cannot become one, as a whole.
  @TorchActor private static func imported(
    _ network: any FileNetwork, whole: any FileModule, _ settings: ScriptSettings, name: String, _ url: URL,
    _ device: Device
  ) throws -> Opened {
    func opened(_ classifier: any Classifier, _ warnings: [ScriptWarning]) -> Opened {
      Opened(classifier: classifier, name: name, file: url, warnings: warnings)
    }
    let shape = network.inputShape
    guard isReasonable(shape) else { throw ModelFileError.input(shape) }
    let settings = settings.completed(by: ScriptSettings(height: shape[2], width: shape[3], channels: shape[1]))
    let obstacle: String
    do {
      let classifier = try ImportedNetwork(network, settings: settings, device: device)
      return opened(classifier, classifier.warnings)
    } catch let error as GraphImport.Obstacle {
      obstacle = error.reason
    } catch let error as TorchError where !error.isOutOfMemory {
      let name = error.operation.hasPrefix("aten::") ? "\(error.operation): " : ""
      obstacle = "cannot become a graph: \(name)\(error.lastLine)"
    } catch let error as ScriptError {
      obstacle = error.localizedDescription
    }
    let classifier = try ScriptClassifier(
      whole, settings: settings, device: device, origin: network.description, obstacle: obstacle)
    return opened(classifier, classifier.warnings)
  }

  /// Whether memory may be taken for as many and as large images as a file says.
  private static func isReasonable(_ shape: [Int?]) -> Bool {
    let known = shape.map { $0 ?? 1 }
    return 1...1024 ~= known[0] && [1, 3].contains(known[1]) && known.suffix(2).allSatisfy { 1...2048 ~= $0 }
      && known.reduce(1, *) <= 1 << 26
  }

  /// The built-in network that a file's weights belong to.
  @TorchActor private static func stateDictionary(
    _ url: URL, _ settings: ScriptSettings, _ device: Device
  ) throws -> Opened {
    let settings = settings.completed(by: try ScriptSettings.beside(url) ?? ScriptSettings())
    let network = try Network(stateDictionary: url, settings: settings, device: device).folded()
    let warnings =
      settings.height == nil && settings.width == nil ? [ScriptWarning.assumedSize(ScriptSettings.usualSize)] : []
    return Opened(classifier: network, name: url.lastPathComponent, file: url, warnings: warnings)
  }

  /// A built-in network with the user's settings, its batch normalisations folded.
  @TorchActor private static func network(_ url: URL, _ settings: ScriptSettings, _ device: Device) throws -> Network {
    let network = try Network.read(url, device: device)
    var information = network.information
    try information.apply(settings)
    return try Network(information, parameters: network.parameters, device: device).folded()
  }

  private static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as CocoaError {
      throw ModelChoiceError(model: path, reason: error.reason)
    } catch {
      throw ModelChoiceError(
        model: path, reason: error.localizedDescription.plain(most: 2000), cause: error as? ScriptError)
    }
  }
}

/// Why the model that a user named cannot be used.
public struct ModelChoiceError: LocalizedError, Equatable, Sendable {
  public let model: String
  public let reason: String
  /// What is wrong with the model in a file of another program, if that is the reason.
  public var cause: ScriptError?

  public var errorDescription: String? { "\(model): \(reason)" }
}
