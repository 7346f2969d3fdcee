import Foundation
import Networks
import Tensors
import TestSupport

extension FuzzTarget {
  /// Every format of `--model`.
  static let models = [
    FuzzTarget(
      name: "safetensors",
      seeds: { try await [tensors()] + files(Fixture.url("attributions"), suffixes: [".safetensors"]) },
      read: { file, folder in
        let url = folder.appending(path: "model.safetensors")
        try file.write(to: url)
        try await TorchActor.run {
          _ = try SafeTensors(contentsOf: url)
          // With all that the metadata say: hardly ever the weights of a network.
          _ = try? ModelChoice.open(url.path)
        }
      }),
    model("pickle", suffix: "pth", .bytes) { try stateDictionaries().filter { !$0.starts(with: zipStart) } },
    model("zip", suffix: "pth", .zip) { try stateDictionaries().filter { $0.starts(with: zipStart) } },
    model("onnx", suffix: "onnx", .message) {
      let operators = Fixture.url("onnx/operators.safetensors")
      let models = try await TorchActor.run {
        try SafeTensors(contentsOf: operators).tensors.filter { $0.key.hasPrefix("model/") }
          .sorted { $0.key < $1.key }.map { Data(try $0.value.bytes()) }
      }
      return try models + files(Fixture.url("onnx"), suffixes: [".onnx"])
    },
    model("exported", suffix: "pt2", .zip) { try files(Fixture.url("exported"), suffixes: [".pt2"]) },
    model("torchscript", suffix: "pt", .zip) { try files(Fixture.url("torchscript"), suffixes: [".pt"]) },
  ]

  private static let zipStart = Data("PK".utf8)

  private static func stateDictionaries() throws -> [Data] {
    try files(Fixture.url("state-dictionaries"), suffixes: [".pth"])
  }

  /// A file of weights, which are read, or of a network, which is run; what could be is opened as `--model` opens it.
  private static func model(
    _ name: String, suffix: String, _ structure: Mutation.Structure,
    seeds: @escaping @Sendable () async throws -> [Data]
  ) -> FuzzTarget {
    FuzzTarget(
      name: name, seeds: seeds,
      read: { file, folder in
        let url = folder.appending(path: "model.\(suffix)")
        try file.write(to: url)
        try await TorchActor.run {
          try ModelChoice.tryOut(url)
          _ = try? ModelChoice.open(url.path, settings: ScriptSettings(height: 16, width: 16))
        }
      }, structure: structure)
  }

  /// Small tensors, with a network's metadata.
  private static func tensors() async throws -> Data {
    let folder = try TemporaryFolder()
    try await TorchActor.run {
      let tensors = ["a": try Tensor(repeating: 1, shape: [2, 3]), "b": try Tensor([Int64(3)], shape: [])]
      try SafeTensors(tensors: tensors, metadata: ["architecture": "basic-cnn", "labels": "[\"a\", \"b\"]"])
        .write(to: folder.file("a.safetensors"))
    }
    return try Data(contentsOf: folder.file("a.safetensors"))
  }
}
