import Foundation
import SaliencyCore
import Tensors

/// A trained network that ships with this package.
public struct BundledModel: Sendable {
  /// The name that `--model` takes, e.g. `cifar10-basic-cnn`.
  public let name: String
  public let url: URL

  /// The one that is used when none is named.
  public static let defaultName = "cifar10-basic-cnn"

  /// All of them, by name.
  public static let all: [BundledModel] = {
    guard let folder = Bundle.module.resourceURL?.appending(path: "Weights"),
      let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    else { return [] }
    return files.filter { $0.pathExtension == "safetensors" }
      .map { BundledModel(name: $0.deletingPathExtension().lastPathComponent, url: $0) }
      .sorted { $0.name < $1.name }
  }()

  public static func named(_ name: String) -> BundledModel? { all.first { $0.name == name } }

  @TorchActor public func load(device: Device = .cpu) throws -> Network { try Network.read(url, device: device) }
}
