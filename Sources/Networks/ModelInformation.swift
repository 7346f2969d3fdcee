import Files
import Foundation
import Maps

/// What a model file says about itself beside its weights.
public struct ModelInformation: Sendable, Equatable {
  public var architecture: Architecture
  public var labels: LabelSet
  public var preprocessing: Preprocessing
  /// Where the weights come from.
  public var origin: Origin

  /// How weights came to be; empty strings and nil where it is not known.
  public struct Origin: Sendable, Equatable {
    /// The data set that it was trained on, e.g. `CIFAR-10 (JPEG re-encoding)`.
    public var dataset: String
    /// The recipe in words: optimiser, learning rate, batch size, …
    public var recipe: String
    public var epochs: Int?
    public var seed: UInt64?
    /// The share of the test set that it classifies correctly, 0…1.
    public var accuracy: Double?
    /// ISO 8601, e.g. `2026-01-31`.
    public var date: String

    public init(
      dataset: String = "", recipe: String = "", epochs: Int? = nil, seed: UInt64? = nil, accuracy: Double? = nil,
      date: String = ""
    ) {
      self.dataset = dataset
      self.recipe = recipe
      self.epochs = epochs
      self.seed = seed
      self.accuracy = accuracy
      self.date = date
    }

    /// All of it in words, for the record of a training that goes on from these weights.
    public var summary: String {
      let parts = [
        dataset.isEmpty ? nil : "trained on \(dataset)", epochs.map { "\($0) epochs" }, seed.map { "seed \($0)" },
        accuracy.map { String(format: "accuracy %.4f", $0) },
      ].compactMap(\.self)
      guard !parts.isEmpty else { return recipe.isEmpty ? "of unknown origin" : recipe }
      return parts.joined(separator: ", ") + (recipe.isEmpty ? "" : " (\(recipe))")
    }
  }

  public init(
    architecture: Architecture, labels: LabelSet, preprocessing: Preprocessing, origin: Origin = Origin()
  ) {
    self.architecture = architecture
    self.labels = labels
    self.preprocessing = preprocessing
    self.origin = origin
  }
}

extension ModelInformation {
  /// The network, as it was published.
  package var graph: Graph {
    architecture.graph(
      channels: preprocessing.channels, classes: labels.count, height: preprocessing.height, width: preprocessing.width)
  }

  /// Takes over what the user says of labels, size, fit and normalisation.
  ///
  /// - Throws: ``ScriptError`` when it does not fit the network: another number of labels, channels or values per channel.
  package mutating func apply(_ settings: ScriptSettings) throws {
    labels = try settings.labelSet(classes: labels.count) ?? labels
    guard settings.channels == nil || settings.channels == preprocessing.channels else {
      throw ScriptError.impossible("the network takes \(preprocessing.channels) channels")
    }
    let own = ScriptSettings(
      height: preprocessing.height, width: preprocessing.width, fit: preprocessing.fit, mean: preprocessing.mean,
      standardDeviation: preprocessing.standardDeviation)
    preprocessing = try settings.completed(by: own).preprocessing(channels: preprocessing.channels)
  }
}

// In a safetensors file metadata are strings by name; lists are written as JSON.
extension ModelInformation {
  var metadata: [String: String] {
    var result = [
      "format": "pt", "architecture": architecture.rawValue, "classes": Self.json(labels.names),
      "height": String(preprocessing.height), "width": String(preprocessing.width),
      "channels": String(preprocessing.channels), "fit": preprocessing.fit.rawValue,
      "mean": Self.json(preprocessing.mean), "std": Self.json(preprocessing.standardDeviation),
      "dataset": origin.dataset, "recipe": origin.recipe, "date": origin.date,
    ]
    result["epochs"] = origin.epochs.map(String.init)
    result["seed"] = origin.seed.map(String.init)
    result["accuracy"] = origin.accuracy.map { String($0) }
    return result
  }

  /// - Throws: ``ModelFileError/metadata(_:)`` when an entry is missing or is not what it should be.
  init(metadata: [String: String]) throws {
    func entry<Value>(_ name: String, _ read: (String) -> Value?) throws -> Value {
      guard let text = metadata[name] else { throw ModelFileError.metadata("has no entry “\(name)”") }
      guard let value = read(text) else { throw ModelFileError.metadata("has “\(text.plain)” for “\(name)”") }
      return value
    }
    func size(_ name: String) throws -> Int {
      try entry(name) { Int($0).flatMap { (1...65_536).contains($0) ? $0 : nil } }
    }
    func list<Element: Decodable>(_ name: String, _: Element.Type) throws -> [Element] {
      try entry(name) { try? JSONDecoder().decode([Element].self, from: Data($0.utf8)) }
    }
    let channels = try entry("channels") { [1, 3].contains(Int($0) ?? 0) ? Int($0) : nil }
    let (mean, deviation) = (try list("mean", Double.self), try list("std", Double.self))
    guard [0, channels].contains(mean.count), [0, channels].contains(deviation.count), !deviation.contains(0) else {
      throw ModelFileError.metadata("has a mean or std that does not fit \(channels) channels")
    }
    let names = try list("classes", String.self)
    guard !names.isEmpty else { throw ModelFileError.metadata("names no classes") }
    self.init(
      architecture: try entry("architecture", Architecture.init(rawValue:)), labels: LabelSet(names),
      preprocessing: Preprocessing(
        height: try size("height"), width: try size("width"), channels: channels,
        fit: try entry("fit", Preprocessing.Fit.init(rawValue:)), mean: mean, standardDeviation: deviation),
      origin: Origin(
        dataset: metadata["dataset"] ?? "", recipe: metadata["recipe"] ?? "",
        epochs: metadata["epochs"].flatMap { Int($0) }, seed: metadata["seed"].flatMap { UInt64($0) },
        accuracy: metadata["accuracy"].flatMap { Double($0) }, date: metadata["date"] ?? ""))
  }

  private static func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
  }
}
