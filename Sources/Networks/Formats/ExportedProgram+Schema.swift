import Files
import Foundation

/// What `models/model.json` of a `torch.export` archive says, as far as it is used: major version 8 of PyTorch's
/// `torch/_export/serde/schema.py`.
struct ExportedSchema: Decodable {
  static let version = 8

  struct Module: Decodable {
    let graph: Graph
    let signature: Signature
  }

  struct Graph: Decodable {
    let inputs: [Argument]
    let outputs: [Argument]
    let nodes: [Node]
    let tensorValues: [String: TensorMeta]
  }

  struct Node: Decodable {
    /// Such as `torch.ops.aten.conv2d.default` or `_operator.mul`.
    let target: String
    let inputs: [NamedArgument]
    let outputs: [Argument]
  }

  struct NamedArgument: Decodable {
    /// That of the operator's schema, empty where there is none.
    let name: String
    let arg: Argument
  }

  struct TensorMeta: Decodable {
    let dtype: Int
    let sizes: [Size]
    let strides: [Size]
    let storageOffset: Size

    /// The lengths of the axes; nil where one is not fixed.
    var shape: [Int]? {
      let fixed = sizes.compactMap(\.fixed)
      return fixed.count == sizes.count ? fixed : nil
    }
  }

  /// A length that is fixed, or an expression that the images decide.
  struct Size: Decodable {
    let fixed: Int?

    private enum CodingKeys: String, CodingKey { case fixed = "asInt" }
  }

  /// Where the inputs of the graph come from, and what its outputs are.
  struct Signature: Decodable {
    let inputSpecs: [Input]
    let outputSpecs: [Output]
  }

  enum Input: Decodable {
    case images(Argument)
    /// A tensor of the state dictionary or of the constants, by its name there.
    case weight(argument: String, name: String)
    case constant(argument: String, value: Argument)
    case other(String)

    private enum CodingKeys: CodingKey { case userInput, parameter, buffer, tensorConstant, constantInput }
    private enum PartKeys: CodingKey { case arg, parameterName, bufferName, tensorConstantName, name, value }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      guard let kind = container.allKeys.first else {
        self = .other(try decoder.kind)
        return
      }
      let parts = try container.nestedContainer(keyedBy: PartKeys.self, forKey: kind)
      func weight(_ key: PartKeys) throws -> Input {
        .weight(
          argument: try parts.decode(TensorName.self, forKey: .arg).name,
          name: try parts.decode(String.self, forKey: key))
      }
      switch kind {
      case .userInput: self = .images(try parts.decode(Argument.self, forKey: .arg))
      case .parameter: self = try weight(.parameterName)
      case .buffer: self = try weight(.bufferName)
      case .tensorConstant: self = try weight(.tensorConstantName)
      case .constantInput:
        self = .constant(
          argument: try parts.decode(String.self, forKey: .name), value: try parts.decode(Argument.self, forKey: .value)
        )
      }
    }
  }

  struct Output: Decodable {
    struct UserOutput: Decodable { let arg: Argument }
    /// Nil for what is no answer, such as statistics that are brought up to date.
    let userOutput: UserOutput?
  }

  struct TensorName: Decodable { let name: String }

  struct Version: Decodable {
    let major: Int
    let minor: Int
  }

  let graphModule: Module
  let schemaVersion: Version
  let torchVersion: String

  private enum CodingKeys: CodingKey { case graphModule, schemaVersion, torchVersion }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schemaVersion = try container.decode(Version.self, forKey: .schemaVersion)
    torchVersion = try container.decodeIfPresent(String.self, forKey: .torchVersion) ?? "2.4 or earlier"
    // Before the rest, which another version may say otherwise.
    guard schemaVersion.major == Self.version else {
      throw ExportedProgramError.version("\(schemaVersion.major).\(schemaVersion.minor)", torch: torchVersion)
    }
    graphModule = try container.decode(Module.self, forKey: .graphModule)
  }
}

extension ExportedSchema {
  /// What a node is given or makes.
  enum Argument: Decodable {
    case none
    /// A tensor or a number by its name.
    case value(String)
    /// Tensors by their names, in which places may be left open.
    case tensors([String?])
    case int(Int)
    case double(Double)
    case bool(Bool)
    case string(String)
    case ints([Int])
    case doubles([Double])
    case bools([Bool])
    /// Whole numbers, some of them by their names.
    case symbols([Argument])
    case elementType(Int)
    case memoryFormat(Int)
    case layout(Int)
    case device
    case graph(Graph)
    case other(String)

    private enum Key: CodingKey {
      case asNone, asTensor, asTensors, asInt, asInts, asFloat, asFloats, asString, asBool, asBools, asSymInt, asSymInts
      case asSymFloat, asSymBool, asScalarType, asMemoryFormat, asLayout, asDevice, asGraph, asOptionalTensors
      case asOptionalTensor
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      guard let key = container.allKeys.first else {
        self = .other(try decoder.kind)
        return
      }
      func read<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
        try container.decode(Value.self, forKey: key)
      }
      switch key {
      case .asNone: self = .none
      case .asTensor: self = .value(try read(TensorName.self).name)
      case .asTensors: self = .tensors(try read([TensorName].self).map(\.name))
      case .asOptionalTensors: self = .tensors(try read([OptionalTensor].self).map(\.asTensor?.name))
      case .asOptionalTensor: self = try read(OptionalTensor.self).asTensor.map { .value($0.name) } ?? .none
      case .asInt: self = .int(try read())
      case .asInts: self = .ints(try read())
      case .asFloat: self = .double(try read())
      case .asFloats: self = .doubles(try read())
      case .asString: self = .string(try read())
      case .asBool: self = .bool(try read())
      case .asBools: self = .bools(try read())
      case .asSymInt, .asSymFloat, .asSymBool: self = try read(SymbolOrNumber.self).argument
      case .asSymInts:
        let numbers = try read([SymbolOrNumber].self).map(\.argument)
        for number in numbers {
          switch number {
          case .value, .int: continue
          default: throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not whole")
          }
        }
        self = .symbols(numbers)
      case .asScalarType: self = .elementType(try read())
      case .asMemoryFormat: self = .memoryFormat(try read())
      case .asLayout: self = .layout(try read())
      case .asDevice: self = .device
      case .asGraph: self = .graph(try read(NestedGraph.self).graph)
      }
    }
  }

  private struct OptionalTensor: Decodable { let asTensor: TensorName? }

  private struct NestedGraph: Decodable { let graph: Graph }

  private struct SymbolOrNumber: Decodable {
    let argument: Argument

    private enum Key: CodingKey { case asName, asInt, asFloat, asBool }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      if let name = try container.decodeIfPresent(String.self, forKey: .asName) {
        argument = .value(name)
      } else if let number = try container.decodeIfPresent(Int.self, forKey: .asInt) {
        argument = .int(number)
      } else if let number = try container.decodeIfPresent(Double.self, forKey: .asFloat) {
        argument = .double(number)
      } else {
        argument = .bool(try container.decode(Bool.self, forKey: .asBool))
      }
    }
  }

  /// Where the bytes of tensors are: `data/weights/model_weights_config.json` and the same of the constants.
  struct Payloads: Decodable {
    struct Entry: Decodable {
      let pathName: String
      let usePickle: Bool
      let tensorMeta: TensorMeta?
    }

    let config: [String: Entry]
  }

  static func decode<Value: Decodable>(_: Value.Type = Value.self, from data: Data, named name: String) throws -> Value
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do { return try decoder.decode(Value.self, from: data) } catch let error as ExportedProgramError {
      throw error
    } catch {
      throw ModelFileError.damaged("\(name) is not what torch.export writes\(Self.place(of: error))")
    }
  }

  private static func place(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): " (“\(key.stringValue.plain)” is missing)"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      context.codingPath.last.map { " (“\($0.stringValue.prefix(60))”)" } ?? ""
    default: ""
    }
  }
}

extension Decoder {
  /// The name of a case that is not known here.
  fileprivate var kind: String {
    get throws { try container(keyedBy: AnyKey.self).allKeys.first?.stringValue ?? "nothing" }
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
