import Foundation
import Tensors

/// What results depend on besides an experiment's own settings, each by its content: results of equal identities and equal settings
/// belong together.
public struct RunIdentity: Sendable, Equatable, Codable {
  /// The SHA-256 of the model's file; nil where there is none.
  public let model: String?
  /// The SHA-256 of pixels, labels and class names, by what an error calls them, such as `test images`.
  public let data: [String: String]
  public let device: Device
  /// Its version.
  public let libtorch: String
  /// Raised whenever the same settings give other numbers than with earlier versions of this library.
  public let revision: Int

  public init(model: String? = nil, data: [String: String] = [:], device: Device) {
    self.model = model
    self.data = data
    self.device = device
    libtorch = Torch.version
    revision = 1
  }

  /// What is different about this one, in a few words each.
  func differences(from other: RunIdentity) -> [String] {
    var found = model == other.model ? [] : ["model"]
    found += Set(data.keys).union(other.data.keys).sorted().filter { data[$0] != other.data[$0] }
    if device != other.device { found.append("device") }
    if libtorch != other.libtorch { found.append("libtorch") }
    if revision != other.revision { found.append("version of this library") }
    return found
  }
}

/// What errors call the properties that most settings have.
private let usualWords = ["modelSum": "model", "dataset": "data set"]

/// An experiment's own settings. Equal ones give equal results for the same ``RunIdentity``.
public protocol RunSettings: Sendable, Equatable, Codable {
  /// What properties are called in errors, where not by their names.
  static var words: [String: String] { get }
}

extension RunSettings {
  public static var words: [String: String] { [:] }

  /// The properties that are different, in a few words each; nothing where the settings are equal.
  func differences(from other: Self) -> [String] {
    guard self != other else { return [] }
    let names = zip(Self.leaves(self), Self.leaves(other)).filter { $0.text != $1.text }.map(\.0.name)
    return names.map { name in
      Self.words[name] ?? usualWords[name] ?? name.replacing(#/[A-Z]/#) { " \($0.output.lowercased())" }
    }
  }

  /// All properties, those of nested structures one by one, and their values.
  private static func leaves(_ value: Any) -> [(name: String, text: String)] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Mirror(reflecting: value).children.flatMap { label, value in
      if Mirror(reflecting: value).displayStyle == .struct, !Mirror(reflecting: value).children.isEmpty {
        return leaves(value)
      }
      let json = (value as? any Encodable).flatMap { try? encoder.encode($0) }
      return [(label ?? "", json.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)")]
    }
  }
}
