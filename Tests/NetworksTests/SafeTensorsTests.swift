import Foundation
import Maps
import Networks
import Tensors
import TestSupport
import Testing

@Suite @TorchActor struct SafeTensorsTests {
  private func file(header: String, data: [UInt8] = [], claimedLength: UInt64? = nil) throws -> (TemporaryFolder, URL) {
    let folder = try TemporaryFolder()
    var bytes = Data()
    withUnsafeBytes(of: (claimedLength ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(Data(header.utf8))
    bytes.append(contentsOf: data)
    let url = folder.file("model.safetensors")
    try bytes.write(to: url)
    return (folder, url)
  }

  @Test func everythingComesBack() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("all.safetensors")
    var tensors: [String: Tensor] = [:]
    for type in [ElementType.uint8, .int32, .int64, .float16, .bfloat16, .float32, .float64, .bool] {
      tensors["\(type)"] = try Tensor([0, 1, 1, 0, 1, 0] as [Float], shape: [2, 3]).to(type)
    }
    tensors["scalar"] = try Tensor([7] as [Float], shape: [])
    tensors["empty"] = try Tensor([Float](), shape: [0, 2])
    try SafeTensors(tensors: tensors, metadata: ["a": "ünï“code"]).write(to: url)
    let back = try SafeTensors(contentsOf: url)
    #expect(back.metadata == ["a": "ünï“code"])
    #expect(Set(back.tensors.keys) == Set(tensors.keys))
    for (name, tensor) in tensors {
      #expect(back.tensors[name]?.shape == tensor.shape)
      #expect(back.tensors[name]?.type == tensor.type)
      #expect(try back.tensors[name]?.bytes() == tensor.bytes())
    }
    #expect(SafeTensors.recognizes(url))
  }

  @Test func pythonsFilesAreRead() throws {
    let file = try SafeTensors(contentsOf: Fixture.url("reference-maps/cnn-1x28x28-10.safetensors"))
    #expect(file.tensors["maps"]?.shape == [3, 5, 28, 28])
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8),
    (#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775800,9223372036854775807]}}"#, 8),
    // Gaps, overlaps, bytes that belong to nothing, and what has two meanings.
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 3), ("{}", 1),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}"#, 4),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 2),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 2),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"\u0061":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
      2
    ),
    (#"{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 2),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0), (#" {"__metadata__":{"a":"1"}}"#, 0),
    (#"{"a": 3}"#, 0), ("[]", 0), ("{", 0), ("not json", 0),
  ])
  func liesAreFound(header: String, bytes: Int) throws {
    let (folder, url) = try file(header: header, data: Array(repeating: 0, count: bytes))
    defer { withExtendedLifetime(folder) {} }
    #expect(throws: ModelFileError.self) { try SafeTensors(contentsOf: url) }
  }

  @Test(
    "what looks like a repeated key but is none is read",
    arguments: [
      #"{"__metadata__":{"a":"a","b":"a\",\"a\":\"","c":"\\\\"}}"#,
      #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"dtype":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}  "#,
    ])
  func innocentHeaders(header: String) throws {
    let (folder, url) = try file(header: header)
    defer { withExtendedLifetime(folder) {} }
    _ = try SafeTensors(contentsOf: url)
  }

  @Test("files with bytes exchanged at random are read or refused") func mutations() throws {
    let (folder, url) = try file(
      header: #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"b":"\u0061"}}"#,
      data: Array(repeating: 0, count: 8))
    defer { withExtendedLifetime(folder) {} }
    let whole = try Data(contentsOf: url)
    var random = SeededGenerator(seed: 7)
    var read = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] =
          Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random) : whole[Int.random(in: 8..<90, using: &random)]
      }
      try bytes.write(to: url)
      do {
        _ = try SafeTensors(contentsOf: url)
        read += 1
      } catch { #expect(error is ModelFileError) }
    }
    #expect(read > 0 && read < 500)
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 40, 3]) func liesAboutTheHeaderAreFound(length: UInt64) throws {
    let (folder, url) = try file(header: "{}", claimedLength: length)
    defer { withExtendedLifetime(folder) {} }
    #expect(throws: ModelFileError.self) { try SafeTensors(contentsOf: url) }
  }

  @Test(arguments: 0..<12) func truncatedFilesAreFound(length: Int) throws {
    let (folder, url) = try file(header: #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, data: [1, 2])
    defer { withExtendedLifetime(folder) {} }
    try Data(contentsOf: url).prefix(length).write(to: url)
    #expect(throws: ModelFileError.self) { try SafeTensors(contentsOf: url) }
  }

  @Test func networksComeBack() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("network.safetensors")
    let information = ModelInformation(
      architecture: .basicCNN, labels: LabelSet(["a", "<b>", "ç"]),
      preprocessing: Preprocessing(
        height: 20, width: 30, channels: 1, fit: .crop, mean: [0.5], standardDeviation: [0.25]),
      origin: .init(
        dataset: "none", recipe: "formula", epochs: 3, seed: .max, accuracy: 0.625, date: "2026-01-31"))
    let network = try Network(
      information, parameters: formulaParameters(.basicCNN, channels: 1, classes: 3))
    try network.write(to: url)
    let back = try Network.read(url)
    #expect(back.information == information)
    let image = try Formula.tensor(1, [2, 1, 20, 30])
    #expect(try back.logits(image).floats() == network.logits(image).floats())
  }

  @Test(arguments: [
    ("channels", "2"), ("channels", "many"), ("height", "0"), ("width", "1000000"), ("mean", "[0.5]"),
    ("std", "[0, 1, 1]"),
    ("classes", "[]"), ("architecture", "vgg"), ("fit", "squeeze"),
  ])
  func badMetadataIsNamed(entry: String, value: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("network.safetensors")
    try formulaNetwork(.basicCNN, channels: 3, classes: 2, height: 32, width: 32).write(to: url)
    var file = try SafeTensors(contentsOf: url)
    file.metadata[entry] = value
    try file.write(to: url)
    #expect(throws: ModelFileError.self) { try Network.read(url) }
    file.metadata[entry] = nil
    try file.write(to: url)
    #expect(throws: ModelFileError.self) { try Network.read(url) }
  }
}
