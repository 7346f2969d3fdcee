import Foundation

/// ONNX files made by hand, as wrong as a test wants them; format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
public enum ONNXFile {
  // MARK: Protocol buffers

  public static func varint(_ value: Int) -> Data {
    var (rest, data) = (UInt64(bitPattern: Int64(value)), Data())
    while rest >= 0x80 {
      data.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    data.append(UInt8(rest))
    return data
  }

  public static func field(_ number: Int, _ value: Int) -> Data { varint(number << 3) + varint(value) }

  public static func field(_ number: Int, _ bytes: Data) -> Data {
    varint(number << 3 | 2) + varint(bytes.count) + bytes
  }

  public static func field(_ number: Int, _ text: String) -> Data { field(number, Data(text.utf8)) }

  private static func fields(_ number: Int, _ messages: [Data]) -> Data {
    messages.reduce(Data()) { $0 + field(number, $1) }
  }

  // MARK: Messages

  public static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], domain: String = "", _ attributes: [Data] = []
  ) -> Data {
    fields(1, inputs.map { Data($0.utf8) }) + fields(2, outputs.map { Data($0.utf8) }) + field(4, type)
      + fields(5, attributes) + (domain.isEmpty ? Data() : field(7, domain))
  }

  public static func attribute(_ name: String, _ value: Int) -> Data {
    field(1, name) + field(3, value) + field(20, 2)
  }

  public static func attribute(_ name: String, _ values: [Int]) -> Data {
    field(1, name) + values.reduce(Data()) { $0 + field(8, $1) } + field(20, 7)
  }

  public static func attribute(_ name: String, text: String) -> Data {
    field(1, name) + field(4, text) + field(20, 3)
  }

  public static func attribute(_ name: String, graph: Data) -> Data {
    field(1, name) + field(6, graph) + field(20, 5)
  }

  /// - Parameter type: in ONNX's numbering; 1 is float32 and 7 int64.
  public static func tensor(_ name: String, _ shape: [Int], type: Int = 1, raw: Data) -> Data {
    shape.reduce(Data()) { $0 + field(1, $1) } + field(2, type) + field(8, name) + field(9, raw)
  }

  public static func tensor(_ name: String, _ numbers: [Float], _ shape: [Int]) -> Data {
    tensor(name, shape, raw: numbers.withUnsafeBytes { Data($0) })
  }

  public static func tensor(_ name: String, _ numbers: [Int]) -> Data {
    tensor(name, [numbers.count], type: 7, raw: numbers.withUnsafeBytes { Data($0) })
  }

  /// A tensor in a file beside the model.
  public static func external(_ name: String, _ shape: [Int], _ entries: [(String, String)]) -> Data {
    shape.reduce(Data()) { $0 + field(1, $1) } + field(2, 1) + field(8, name)
      + fields(13, entries.map { field(1, $0.0) + field(2, $0.1) }) + field(14, 1)
  }

  /// - Parameter shape: nil for a length that is left open.
  public static func value(_ name: String, _ shape: [Int?], type: Int = 1) -> Data {
    let axes = fields(1, shape.map { $0.map { field(1, $0) } ?? field(2, "n") })
    return field(1, name) + field(2, field(1, field(1, type) + field(2, axes)))
  }

  public static func graph(
    _ nodes: [Data], _ initializers: [Data] = [], inputs: [Data] = [], outputs: [Data] = []
  ) -> Data {
    fields(1, nodes) + field(2, "g") + fields(5, initializers) + fields(11, inputs) + fields(12, outputs)
  }

  public static func function(
    _ name: String, domain: String, _ inputs: [String], _ outputs: [String], _ nodes: [Data]
  ) -> Data {
    field(1, name) + fields(4, inputs.map { Data($0.utf8) }) + fields(5, outputs.map { Data($0.utf8) })
      + fields(7, nodes) + field(9, field(2, 18)) + field(10, domain)
  }

  public static func model(_ graph: Data, opset: Int = 18, functions: [Data] = []) -> Data {
    field(1, 8) + field(2, "hand") + field(8, field(1, "") + field(2, opset))
      + field(8, field(1, "own") + field(2, 1)) + fields(25, functions) + field(7, graph)
  }

  // MARK: A network

  /// The mean of each of three channels, and a linear layer to five classes.
  public static let mean = [node("GlobalAveragePool", ["x"], ["m"]), node("Flatten", ["m"], ["f"])]
  public static let linear = node("Gemm", ["f", "w", "b"], ["y"], [attribute("transB", 1)])
  public static let weights = [
    tensor("w", (0..<15).map { Float($0 % 4) / 4 - 0.3 }, [5, 3]), tensor("b", [0.1, 0.2, 0, -0.1, 0.3], [5]),
  ]
  public static let images = value("x", [nil, 3, 8, 8])

  /// The network with any part of it exchanged.
  ///
  /// - Parameter before: nodes that make `x` of the input `i`, where there are any.
  public static func network(
    before: [Data] = [], _ nodes: [Data] = mean + [linear], _ initializers: [Data] = weights, inputs: [Data]? = nil,
    opset: Int = 18, functions: [Data] = []
  ) -> Data {
    let input = before.isEmpty ? images : value("i", [nil, 3, 8, 8])
    return model(
      graph(before + nodes, initializers, inputs: inputs ?? [input], outputs: [value("y", [nil, 5])]), opset: opset,
      functions: functions)
  }
}
