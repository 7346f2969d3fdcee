import Files
import Foundation

/// What an ONNX file says, checked for form alone. Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
struct ONNXModel {
  private(set) var producer = ""
  /// The version of each operator set that is used, by its domain; that of ONNX itself has the empty name.
  private(set) var opsets: [String: Int] = [:]
  private(set) var graph = ONNXGraph()
  private(set) var functions: [ONNXFunction] = []

  /// More than in any network: the largest have some ten thousand nodes, and one takes about ten fields.
  private static let mostFields = 2_000_000

  init(_ file: Data) throws {
    let reader = ProtobufReader(file, budget: .init(Self.mostFields))
    var version = ""
    var graphs = 0
    try reader.eachField { field in
      switch field.number {
      case 2: producer = try field.string()
      case 3: version = try field.string()
      case 7:
        graph = try ONNXGraph(field.message(), depth: 0)
        graphs += 1
      case 8: try Self.read(field.message(), into: &opsets)
      case 25: functions.append(try ONNXFunction(field.message()))
      default: break
      }
    }
    guard graphs == 1 else { throw ONNXError.damaged("it has \(graphs == 0 ? "no graph" : "several graphs")") }
    producer = [producer, version].filter { !$0.isEmpty }.joined(separator: " ").plain
  }

  static func read(_ message: ProtobufReader, into opsets: inout [String: Int]) throws {
    var domain = ""
    var version = 0
    try message.eachField { field in
      switch field.number {
      case 1: domain = try field.string()
      case 2: version = try field.int()
      default: break
      }
    }
    opsets[domain == "ai.onnx" ? "" : domain] = version
  }
}

/// Nodes in the order in which they run, and the tensors that they begin with.
struct ONNXGraph {
  var nodes: [ONNXNode] = []
  var initializers: [ONNXTensor] = []
  private(set) var inputs: [ONNXValueInfo] = []
  var outputs: [ONNXValueInfo] = []

  /// If within If within If: none that people write comes near.
  private static let deepest = 16

  init() {}

  init(_ message: ProtobufReader, depth: Int) throws {
    guard depth <= Self.deepest else { throw ONNXError.damaged("its graphs nest more than \(Self.deepest) deep") }
    try message.eachField { field in
      switch field.number {
      case 1: nodes.append(try ONNXNode(field.message(), depth: depth))
      case 5: initializers.append(try ONNXTensor(field.message()))
      case 11: inputs.append(try ONNXValueInfo(field.message()))
      case 12: outputs.append(try ONNXValueInfo(field.message()))
      case 15: throw ONNXError.unsupported("has sparse weights")
      default: break
      }
    }
  }
}

/// What is known of a value from outside.
struct ONNXValueInfo {
  var name = ""
  /// In ONNX's codes; nil for what is no tensor.
  private(set) var type: Int?
  /// Nil when nothing is said; nil for an axis that may have any length.
  private(set) var shape: [Int?]?

  init(name: String) { self.name = name }

  fileprivate init(_ message: ProtobufReader) throws {
    try message.eachField { field in
      switch field.number {
      case 1: name = try field.string()
      case 2:
        try field.message().eachField { if $0.number == 1 { try readTensor($0.message()) } }
      default: break
      }
    }
  }

  private mutating func readTensor(_ message: ProtobufReader) throws {
    try message.eachField { field in
      switch field.number {
      case 1: type = try field.int()
      case 2:
        var lengths: [Int?] = []
        try field.message().eachField { axis in
          guard axis.number == 1 else { return }
          var length: Int?
          try axis.message().eachField { if $0.number == 1 { length = try $0.int() } }
          lengths.append(length.flatMap { $0 > 0 ? $0 : nil })
        }
        shape = lengths
      default: break
      }
    }
  }
}
