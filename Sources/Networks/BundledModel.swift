import Foundation
import Maps
import Tensors

/// A trained network that ships with this package.
public struct BundledModel: Sendable {
  /// The name that `--model` takes, e.g. `cifar10-basic-cnn`.
  public let name: String
  public let url: URL

  /// The name of the data set that it was trained and is tested on, e.g. `cifar10`: the part of its own name before the
  /// architecture's.
  public var dataset: String {
    let suffix = Architecture.allCases.map { "-\($0.rawValue)" }.first { name.hasSuffix($0) } ?? ""
    return String(name.dropLast(suffix.count))
  }

  /// The one that is used when none is named.
  public static let defaultName = "cifar10-basic-cnn"

  /// All of them, by name; none if the program was moved without the resources beside it and its sources are gone.
  public static let all: [BundledModel] = {
    // Not Bundle.module, which ends the program when the resources are not found.
    let beside = Bundle.main.bundleURL.appending(path: "swift-saliency_Networks.resources/Weights")
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Weights")
    for folder in [beside, sources] {
      let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
      let models = files.filter { $0.pathExtension == "safetensors" }
      if !models.isEmpty {
        return models.map { BundledModel(name: $0.deletingPathExtension().lastPathComponent, url: $0) }
          .sorted { $0.name < $1.name }
      }
    }
    return []
  }()

  public static func named(_ name: String) -> BundledModel? { all.first { $0.name == name } }

  @TorchActor public func load(device: Device = .cpu) throws -> Network { try Network.read(url, device: device) }
}
