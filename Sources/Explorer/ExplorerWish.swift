import Experiments
import Foundation
import Maps
import Saliency

/// What a page asks for, checked before it is believed.
struct ExplorerWish: Decodable {
  private let pictureID: String?
  private let modelOrExample: String?
  private let classIndex: Int?
  private let rival: Int?
  private let attributionName: String?
  private let viewName: String?
  private let viewNames: [String]?
  private let replacementName: String?
  /// A byte for each pixel; not 0: it is replaced.
  let marks: Data?
  let classes: [Int]?
  let style, format: String?
  let opacity: Float?
  let clip, smoothing: Double?

  private enum CodingKeys: String, CodingKey {
    case pictureID = "picture"
    case modelOrExample = "name"
    case classIndex = "class"
    case rival
    case attributionName = "attribution"
    case viewName = "view"
    case viewNames = "views"
    case replacementName = "replacement"
    case marks, classes, style, format, opacity
    case clip, smoothing
  }

  init(_ body: Data) throws {
    do { self = try JSONDecoder().decode(Self.self, from: body) } catch {
      throw ExplorerError.malformed("its JSON is not what a page sends")
    }
  }

  var picture: String { pictureID ?? "" }
  var name: String { modelOrExample ?? "" }

  func index(_ analysis: ExplorerAnalysis) throws -> Int { try Self.checked(classIndex, analysis) }
  func rivalIndex(_ analysis: ExplorerAnalysis) throws -> Int { try Self.checked(rival, analysis) }

  static func checked(_ index: Int?, _ analysis: ExplorerAnalysis) throws -> Int {
    guard let index, analysis.classifier.labels.names.indices.contains(index) else {
      throw ExplorerError.unknown("class \(index.map(String.init) ?? "") of this model")
    }
    return index
  }

  func attribution() throws -> any Attribution {
    guard let found = Attributions.named(attributionName ?? "") else {
      throw ExplorerError.unknown("attribution “\(attributionName ?? "")”")
    }
    return found
  }

  func views() throws -> [any View] {
    try (viewNames ?? []).map { name in
      guard let view = Views.named(name) else { throw ExplorerError.unknown("view “\(name)”") }
      return view
    }
  }

  func view() throws -> any View {
    guard let view = Views.named(viewName ?? "") else { throw ExplorerError.unknown("view “\(viewName ?? "")”") }
    return view
  }

  func replacement() throws -> Replacement {
    guard let found = Replacement(rawValue: replacementName ?? "") else {
      throw ExplorerError.unknown("replacement “\(replacementName ?? "")”")
    }
    return found
  }
}
