import Files
import Foundation

/// A call of an operator.
final class ONNXNode {
  private(set) var name = ""
  private(set) var type = ""
  private(set) var domain = ""
  private(set) var overload = ""
  /// Empty names stand for what is left out.
  private(set) var inputs: [String] = []
  private(set) var outputs: [String] = []
  private(set) var attributes: [String: ONNXAttribute] = [:]
  /// Of the operator set that it belongs to.
  var version = 0
  /// Its results, when they do not depend on the images; they are computed once.
  var results: [ONNXValue]?
  /// The shapes of its first input and its result for as many images as the file was written for; see ``ONNXBatch``.
  var recorded: (input: [Int], output: [Int])?

  init(_ node: ONNXNode, inputs: [String], outputs: [String], attributes: [String: ONNXAttribute]) {
    (name, type, domain, overload) = (node.name, node.type, node.domain, node.overload)
    (self.inputs, self.outputs, self.attributes) = (inputs, outputs, attributes)
  }

  init(type: String, inputs: [String], outputs: [String]) {
    (self.type, self.inputs, self.outputs) = (type, inputs, outputs)
  }

  init(_ message: ProtobufReader, depth: Int) throws {
    try message.eachField { field in
      switch field.number {
      case 1: inputs.append(try field.string())
      case 2: outputs.append(try field.string())
      case 3: name = try field.string()
      case 4: type = try field.string()
      case 5:
        let (name, value) = try ONNXAttribute.read(field.message(), depth: depth)
        guard attributes.updateValue(value, forKey: name) == nil else {
          throw ONNXError.damaged("an operator \(type.plain) has the attribute “\(name.plain)” twice")
        }
      case 7:
        domain = try field.string()
        if domain == "ai.onnx" { domain = "" }
      case 8: overload = try field.string()
      default: break
      }
    }
  }

  /// For messages.
  var title: String { name.isEmpty ? type.plain : "\(type.plain) “\(name.plain)”" }
}

enum ONNXAttribute {
  case float(Float)
  case int(Int)
  case string(String)
  case tensor(ONNXTensor)
  case graph(ONNXGraph)
  case floats([Float])
  case ints([Int])
  case strings([String])
  /// An attribute of the function that the node is in.
  case reference(String)
  case other

  fileprivate static func read(_ message: ProtobufReader, depth: Int) throws -> (String, ONNXAttribute) {
    var name = ""
    var kind = 0
    var values: [Int: ONNXAttribute] = [:]
    var (floats, ints, strings) = (Data(), [Int](), [String]())
    var last = 0
    var reference: String?
    try message.eachField { field in
      switch field.number {
      case 1: name = try field.string()
      case 2: values[1] = .float(try field.float())
      case 3: values[2] = .int(try field.int())
      case 4: values[3] = .string(try field.string())
      case 5: values[4] = .tensor(try ONNXTensor(field.message()))
      case 6: values[5] = .graph(try ONNXGraph(field.message(), depth: depth + 1))
      case 7: floats += try field.fixedBytes(4)
      case 8: ints += try field.ints()
      case 9: strings.append(try field.string())
      case 20: kind = try field.int()
      case 21: reference = try field.string()
      default: break
      }
      // The kinds have the fields' numbers less one; old writers do not say them.
      if (2...11).contains(field.number) { last = field.number - 1 }
    }
    if let reference, !reference.isEmpty { return (name, .reference(reference)) }
    kind = kind == 0 ? last : kind
    switch kind {
    case 1: return (name, values[1] ?? .float(0))
    case 2: return (name, values[2] ?? .int(0))
    case 3: return (name, values[3] ?? .string(""))
    case 4, 5: return (name, values[kind] ?? .other)
    case 6: return (name, .floats(Self.floats(floats)))
    case 7: return (name, .ints(ints))
    case 8: return (name, .strings(strings))
    default: return (name, .other)
    }
  }

  private static func floats(_ data: Data) -> [Float] {
    data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
      }
    }
  }
}

/// Operators that the file makes of others.
struct ONNXFunction {
  private(set) var name = ""
  private(set) var domain = ""
  private(set) var overload = ""
  private(set) var inputs: [String] = []
  private(set) var outputs: [String] = []
  private(set) var nodes: [ONNXNode] = []
  private(set) var opsets: [String: Int] = [:]
  /// What an attribute is that a call does not give.
  private(set) var defaults: [String: ONNXAttribute] = [:]

  init(_ message: ProtobufReader) throws {
    try message.eachField { field in
      switch field.number {
      case 1: name = try field.string()
      case 4: inputs.append(try field.string())
      case 5: outputs.append(try field.string())
      case 7: nodes.append(try ONNXNode(field.message(), depth: 0))
      case 9: try ONNXModel.read(field.message(), into: &opsets)
      case 10: domain = try field.string()
      case 11:
        let (name, value) = try ONNXAttribute.read(field.message(), depth: 0)
        defaults[name] = value
      case 13: overload = try field.string()
      default: break
      }
    }
  }
}
