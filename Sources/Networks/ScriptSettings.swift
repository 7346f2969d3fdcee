import Files
import Foundation
import Maps

/// What the user says of a TorchScript file, which itself does not say how pictures become its input.
///
/// Settings may stand in a JSON file beside the model: `flowers.json` for `flowers.pt`. Every entry may be left out:
///
/// ```json
/// {
///   "labels": ["daisy", "rose"],
///   "size": [224, 224],
///   "channels": 3,
///   "fit": "crop",
///   "mean": [0.485, 0.456, 0.406],
///   "std": [0.229, 0.224, 0.225]
/// }
/// ```
///
/// - `labels`: the class names in the order of the logits, or the path, relative to the JSON file, of a text file with one
///   name a line;
/// - `size`: one number for a square, or [height, width];
/// - `channels`: 3 for colour or 1 for grey; if left out, the one that the model takes;
/// - `fit`: `stretch` or `crop`, see `Preprocessing.Fit`;
/// - `mean`, `std`: a number for every channel or one for all; the classifier computes (pixel − mean) / std inside, from
///   pixels in 0…1.
public struct ScriptSettings: Sendable, Equatable {
  public var labels: [String]?
  public var height: Int?
  public var width: Int?
  public var channels: Int?
  public var fit: Preprocessing.Fit?
  public var mean: [Double]?
  public var standardDeviation: [Double]?

  /// The input size of a model of which it is not known: the one most networks for photographs have.
  public static let usualSize = 224

  public init(
    labels: [String]? = nil, height: Int? = nil, width: Int? = nil, channels: Int? = nil,
    fit: Preprocessing.Fit? = nil, mean: [Double]? = nil, standardDeviation: [Double]? = nil
  ) {
    self.labels = labels
    self.height = height
    self.width = width
    self.channels = channels
    self.fit = fit
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Reads a JSON file.
  ///
  /// - Throws: ``ScriptError/settings(file:problem:)`` naming the entry; Foundation's error when a file cannot be read.
  public init(contentsOf url: URL) throws {
    let data = try SmallFile.read(url)
    let entries: [String: Entry]
    do { entries = try JSONDecoder().decode([String: Entry].self, from: data) } catch {
      throw ScriptError.settings(file: url.lastPathComponent, problem: "it is not a JSON object of texts and numbers")
    }
    self.init()
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      if let problem = try take(entry, name: name, folder: url.deletingLastPathComponent()) {
        throw ScriptError.settings(file: url.lastPathComponent, problem: problem)
      }
    }
  }

  /// The settings in the JSON file beside a model; nil if there is no such file.
  public static func beside(_ model: URL) throws -> ScriptSettings? {
    let url = model.deletingPathExtension().appendingPathExtension("json")
    guard url.exists else { return nil }
    return try ScriptSettings(contentsOf: url)
  }

  /// The class names in a text file, one a line; empty lines at its end do not count.
  ///
  /// - Throws: ``ScriptError/settings(file:problem:)`` for a file that holds no names; Foundation's error when it cannot be read.
  public static func labels(contentsOf url: URL) throws -> [String] {
    func problem(_ text: String) -> ScriptError { .settings(file: url.lastPathComponent, problem: text) }
    guard let text = String(data: try SmallFile.read(url), encoding: .utf8) else {
      throw problem("it is not text in UTF-8")
    }
    let lines = text.replacing("\r\n", with: "\n").unicodeScalars
      .split(omittingEmptySubsequences: false) { Character($0).isNewline }
    let end = (lines.lastIndex { !$0.allSatisfy(\.properties.isWhitespace) } ?? -1) + 1
    guard end > 0 else { throw problem("it is empty; it should have a class name on each line") }
    return try lines[..<end].enumerated().map { index, line in
      // Not trimmed before: a line without an end would take for ever to draw.
      if let mistake = mistake(in: line) { throw problem("line \(index + 1) \(mistake)") }
      return String(line).trimmingCharacters(in: .whitespaces)
    }
  }

  /// What is wrong with a class's name.
  private static func mistake(in name: some Collection<Unicode.Scalar>) -> String? {
    if name.allSatisfy(\.properties.isWhitespace) { return "is empty" }
    return name.count > longestName ? "has \(name.count) characters, more than a name of \(longestName)" : nil
  }

  private static let longestName = 1000

  /// These settings, and those of `other` where these leave something open.
  public func completed(by other: ScriptSettings) -> ScriptSettings {
    ScriptSettings(
      labels: labels ?? other.labels, height: height ?? other.height, width: width ?? other.width,
      channels: channels ?? other.channels, fit: fit ?? other.fit, mean: mean ?? other.mean,
      standardDeviation: standardDeviation ?? other.standardDeviation)
  }

  /// The class names, if there are any.
  ///
  /// - Throws: ``ScriptError/labelCount(_:classes:singleOutput:)`` when they are not as many as the classes.
  func labelSet(classes: Int, singleOutput: Bool = false) throws -> LabelSet? {
    guard let labels else { return nil }
    guard labels.count == classes else {
      throw ScriptError.labelCount(labels.count, classes: classes, singleOutput: singleOutput)
    }
    return LabelSet(labels)
  }

  /// How pictures become the input of a model with that many channels.
  ///
  /// - Throws: ``ScriptError/channelValues(name:count:channels:)`` when there are too many or too few means or deviations,
  ///   ``ScriptError/impossible(_:)`` for a deviation or size that cannot be.
  func preprocessing(channels: Int) throws -> Preprocessing {
    func values(_ name: String, _ given: [Double]?) throws -> [Double] {
      guard let given, !given.isEmpty else { return [] }
      guard given.allSatisfy(\.isFinite) else { throw ScriptError.impossible("\(name) must be finite numbers") }
      if given.count == 1 { return Array(repeating: given[0], count: channels) }
      guard given.count == channels else {
        throw ScriptError.channelValues(name: name, count: given.count, channels: channels)
      }
      return given
    }
    let deviation = try values("std", standardDeviation)
    guard deviation.allSatisfy({ $0 > 0 }) else { throw ScriptError.impossible("std must be above zero") }
    let (height, width) = (height ?? width ?? Self.usualSize, width ?? height ?? Self.usualSize)
    guard (1...65_536).contains(height), (1...65_536).contains(width) else {
      throw ScriptError.impossible("the size \(height)×\(width) is outside of 1 to 65536")
    }
    return Preprocessing(
      height: height, width: width, channels: channels, fit: fit ?? .stretch, mean: try values("mean", mean),
      standardDeviation: deviation)
  }

  /// Takes one entry of the JSON file in; returns what is wrong with it.
  private mutating func take(_ entry: Entry, name: String, folder: URL) throws -> String? {
    switch (name, entry) {
    case ("labels", .texts(let names)) where !names.isEmpty:
      for (index, name) in names.enumerated() {
        if let mistake = Self.mistake(in: name.unicodeScalars) {
          return "name \(index + 1) of “labels” \(mistake)"
        }
      }
      labels = names
    case ("labels", .text(let path)):
      labels = try Self.labels(contentsOf: URL(filePath: path, relativeTo: folder).absoluteURL)
    case ("size", .numbers(let sides)) where (1...2).contains(sides.count) && sides.allSatisfy(Self.isSide):
      height = Int(sides[0])
      width = Int(sides[sides.count - 1])
    case ("channels", .numbers(let count)) where count == [1] || count == [3]: channels = Int(count[0])
    case ("fit", .text(let text)) where Preprocessing.Fit(rawValue: text) != nil: fit = .init(rawValue: text)
    case ("mean", .numbers(let values)): mean = values
    case ("std", .numbers(let values)): standardDeviation = values
    default:
      guard let expected = Self.entries.first(where: { $0.name == name })?.expected else {
        return "“\(name.plain)” is none of its entries \(Self.entries.map(\.name).joined(separator: ", "))"
      }
      return "“\(name)” must be \(expected)"
    }
    return nil
  }

  private static func isSide(_ number: Double) -> Bool { number >= 1 && number <= 65_536 && number == number.rounded() }

  private static let entries = [
    (name: "labels", expected: "a list of names or the path of a text file with one name a line"),
    (name: "size", expected: "a number of pixels, or [height, width]"),
    (name: "channels", expected: "1 or 3"),
    (name: "fit", expected: Preprocessing.Fit.allCases.map { "“\($0.rawValue)”" }.joined(separator: " or ")),
    (name: "mean", expected: "a number for every channel"),
    (name: "std", expected: "a number for every channel"),
  ]

  /// What an entry of the JSON file can be. One number is a list of one.
  private enum Entry: Decodable {
    case text(String)
    case texts([String])
    case numbers([Double])

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Double.self) {
        self = .numbers([number])
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else if let texts = try? value.decode([String].self), !texts.isEmpty {
        self = .texts(texts)
      } else {
        self = .numbers(try value.decode([Double].self))
      }
    }
  }
}
