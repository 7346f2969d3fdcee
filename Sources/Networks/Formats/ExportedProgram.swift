import Files
import Foundation
import Tensors

/// A network in an archive of `torch.export`: a zip with a graph of operators as JSON and the weights' bytes.
///
/// Everything is checked when it is opened: the archive, the format's version, and that every weight lies within its bytes and
/// has the shape that the graph takes it for. Numbers of 16 bits are computed as float32, which libtorch is made for on a
/// processor.
@TorchActor final class ExportedProgram: FileNetwork {
  nonisolated let description: String
  nonisolated let inputShape: [Int?]
  let weights: [String: Tensor]

  private let graph: ExportedSchema.Graph
  private let input: String
  private let inputType: ElementType
  private let output: String
  /// The values that the graph is given besides the images.
  private let given: [String: Operator.Argument]
  private let device: Device

  /// Whether a file is an archive of `torch.export`, of this format or an older one.
  nonisolated static func recognizes(_ url: URL) -> Bool {
    guard let file = try? Data(contentsOf: url, options: .alwaysMapped), StoredZip.recognizes(file) else {
      return false
    }
    // What is wrong with a damaged one is told when it is opened.
    if url.pathExtension == "pt2" { return true }
    let names = (try? StoredZip(file).names) ?? []
    return names.contains { $0.hasSuffix("serialized_exported_program.json") || ExportedArchive.model(in: $0) != nil }
  }

  /// - Throws: ``ModelFileError`` for a file that is damaged or whose weights do not fit, ``ExportedProgramError`` for one that
  ///   cannot be used; Foundation's error when it cannot be read.
  init(contentsOf url: URL, device: Device = .cpu) throws {
    let archive = try ExportedArchive(contentsOf: url)
    let schema = try archive.schema()
    let module = schema.graphModule
    graph = module.graph
    self.device = device
    description = "torch.export, by PyTorch \(schema.torchVersion.prefix(40))"
    var (given, weights): ([String: Operator.Argument], [String: Tensor]) = ([:], [:])
    var images: [String] = []
    var stored = try archive.tensors()
    for spec in module.signature.inputSpecs {
      switch spec {
      case .images(.value(let name)): images.append(name)
      case .images: images.append("a value that is no tensor")
      case .weight(let argument, let name):
        guard let tensor = try stored.tensor(name, on: device) else { throw ModelFileError.missingParameter(name) }
        if let expected = graph.tensorValues[argument]?.shape, expected != tensor.shape {
          throw ModelFileError.wrongShape(name, expected: expected, found: tensor.shape)
        }
        weights[name] = tensor
        given[argument] = .tensor(tensor)
      case .constant(let argument, let value): given[argument] = try Run.constant(value)
      case .other(let kind): throw ExportedProgramError.unusable("needs an input of the kind “\(kind.plain)”")
      }
    }
    guard images.count == 1, let meta = graph.tensorValues[images[0]] else { throw ExportedProgramError.inputs(images) }
    (input, self.given, self.weights) = (images[0], given, weights)
    inputShape = meta.sizes.map(\.fixed)
    guard inputShape.count == 4 else { throw ExportedProgramError.inputAxes(inputShape) }
    guard let type = ExportedType(code: meta.dtype)?.elementType, type == .float32 || type == .float64 else {
      throw ExportedProgramError.inputType
    }
    inputType = type
    output = try Self.output(of: module)
  }

  /// The one tensor that the network returns, or the one of several that has a row for each image.
  nonisolated private static func output(of module: ExportedSchema.Module) throws -> String {
    let names = module.signature.outputSpecs.compactMap { output -> String? in
      if case .value(let name) = output.userOutput?.arg { return name }
      return nil
    }
    let rows = names.filter { module.graph.tensorValues[$0]?.sizes.count == 2 }
    guard let name = names.count == 1 ? names.first : rows.count == 1 ? rows.first : nil else {
      throw ExportedProgramError.outputs(names.count)
    }
    return name
  }

  func answer(_ images: Tensor) throws -> Tensor {
    let type = images.type
    var input = type == inputType ? images : try images.to(inputType)
    if writesIntoInput { input = try input.copy() }
    let batch = inputShape[0].flatMap { $0 == images.shape[0] ? nil : FixedBatch(size: $0, images: images.shape[0]) }
    var run = Run(graph: graph, values: given, device: device, batch: batch)
    run.values[self.input] = .tensor(input)
    try run.run()
    guard case .tensor(let answer) = run.values[output] else {
      throw ExportedProgramError.unusable("does not make its own output “\(output.plain)”")
    }
    return answer.type == type ? answer : try answer.to(type ?? .float32)
  }

  private var writesIntoInput: Bool {
    graph.nodes.contains { node in
      guard case .value(input) = node.inputs.first?.arg, let name = OperatorName(node.target) else { return false }
      return name.writesIntoInput
    }
  }
}

/// The parts of an archive of `torch.export`.
private struct ExportedArchive {
  private let zip: StoredZip
  /// The folder that all is in, with its slash; empty where there is none.
  private let folder: String
  private let model: String
  private let bytes: Int

  init(contentsOf url: URL) throws {
    let file = try Data(contentsOf: url, options: .alwaysMapped)
    (zip, bytes) = (try StoredZip(file), file.count)
    let names = zip.names
    if let older = names.first(where: { $0.hasSuffix("serialized_exported_program.json") }) {
      throw ExportedProgramError.olderArchive(torch: Self.version(in: zip[older]))
    }
    let models = names.compactMap(Self.model)
    guard let first = models.first else { throw ExportedProgramError.noNetwork }
    guard models.count == 1 else { throw ExportedProgramError.severalNetworks(models.map(\.name).sorted()) }
    (folder, model) = first
  }

  /// The folder and the name of the network that an entry holds.
  static func model(in entry: String) -> (folder: String, name: String)? {
    let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
    guard 2...3 ~= parts.count, parts.dropLast().last == "models", let file = parts.last, file.hasSuffix(".json") else {
      return nil
    }
    return (String(entry.dropLast("models/".count + file.count)), String(file.dropLast(".json".count)))
  }

  /// What the file says wrote it.
  private static func version(in json: Data?) -> String {
    struct Program: Decodable { let torchVersion: String? }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return json.flatMap { try? decoder.decode(Program.self, from: $0) }?.torchVersion ?? "2.4 or earlier"
  }

  func schema() throws -> ExportedSchema { try json("models/\(model).json") }

  func tensors() throws -> ExportedTensors {
    var tensors = ExportedTensors(zip: zip, bytes: bytes)
    // Constants are written in parts of their own; the state dictionary goes first, as in PyTorch.
    for part in ["constants", "weights"] {
      if zip["\(folder)data/\(part)/\(model).pt"] != nil {
        throw ExportedProgramError.unusable(
          "has its weights in an older format (a pickle); export it with PyTorch 2.15")
      }
      let payloads: ExportedSchema.Payloads = try json("data/\(part)/\(model)_\(part)_config.json")
      for (name, entry) in payloads.config {
        tensors.entries[name] = ("\(folder)data/\(part)/\(entry.pathName)", entry)
      }
    }
    return tensors
  }

  /// Networks with thousands of operators have a few MB.
  private static let longestText = 64_000_000

  private func json<Value: Decodable>(_ name: String) throws -> Value {
    guard let data = zip[folder + name] else { throw ModelFileError.damaged("it has no “\(name)”") }
    guard data.count <= Self.longestText else { throw ModelFileError.damaged("“\(name)” has \(data.count) bytes") }
    return try ExportedSchema.decode(from: data, named: name)
  }
}
