import Foundation
import Saliency

/// What a page asks for, checked before it is believed.
struct ExplorerWish {
  struct Asked: Decodable {
    let picture, name, attribution, view, replacement, style, format: String?
    let `class`, rival: Int?
    let views: [String]?
    let classes: [Int]?
    /// A byte for each pixel; not 0: it is replaced.
    let marks: Data?
    let opacity: Float?
    let clip, smoothing: Double?
  }

  let asked: Asked

  init(_ body: Data) throws {
    do { asked = try JSONDecoder().decode(Asked.self, from: body) } catch {
      throw ExplorerError.malformed("its JSON is not what a page sends")
    }
  }

  var picture: String { asked.picture ?? "" }
  var name: String { asked.name ?? "" }

  func index(_ analysis: ExplorerAnalysis) throws -> Int { try Self.checked(asked.class, analysis) }
  func rivalIndex(_ analysis: ExplorerAnalysis) throws -> Int { try Self.checked(asked.rival, analysis) }

  static func checked(_ index: Int?, _ analysis: ExplorerAnalysis) throws -> Int {
    guard let index, analysis.classifier.labels.names.indices.contains(index) else {
      throw ExplorerError.unknown("class \(index.map(String.init) ?? "") of this model")
    }
    return index
  }

  /// What a name stands for.
  static func known<Value>(_ kind: String, _ name: String?, _ find: (String) -> Value?) throws -> Value {
    guard let found = find(name ?? "") else { throw ExplorerError.unknown("\(kind) “\(name ?? "")”") }
    return found
  }

  func attribution() throws -> any Attribution {
    try Self.known("attribution", asked.attribution) { Attributions.named($0) }
  }

  func views() throws -> [any View] { try (asked.views ?? []).map { try Self.known("view", $0, Views.named) } }
  func view() throws -> any View { try Self.known("view", asked.view, Views.named) }

  func replacement() throws -> Replacement {
    try Self.known("replacement", asked.replacement, Replacement.init(rawValue:))
  }
}
