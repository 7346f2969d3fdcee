import Foundation

/// The names of a classifier's classes, in the order of its logits.
public struct LabelSet: Sendable, Equatable {
  public let names: [String]

  public var count: Int { names.count }

  public init(_ names: [String]) { self.names = names }

  /// The classes 0 ..< count of a model whose classes have no known names.
  public init(unnamed count: Int) { names = (0..<count).map { "class \($0)" } }

  public subscript(index: Int) -> String { names[index] }

  /// The names of some classes for a line of text: all of a dozen, else the first ten and how many there are.
  public func listing(_ classes: [Int]) -> String {
    let isLong = classes.count > 12
    return classes.prefix(isLong ? 10 : 12).map { names[$0] }.joined(separator: ", ")
      + (isLong ? ", … (\(classes.count) classes)" : "")
  }

  /// The class that a user means: one with that name (compared without regard to case if no name fits exactly), or
  /// else one with that index, counted from 0.
  ///
  /// - Throws: ``LabelError`` when there is none or when two classes bear the name.
  public func index(of name: String) throws -> Int {
    for fits in [{ $0 == name }, { $0.compare(name, options: .caseInsensitive) == .orderedSame }] as [(String) -> Bool]
    {
      let found = names.indices.filter { fits(names[$0]) }
      if found.count == 1 { return found[0] }
      if found.count > 1 { throw LabelError.ambiguous(name: name, indices: found) }
    }
    if let index = Int(name), names.indices.contains(index) { return index }
    throw LabelError.unknown(name: name, known: names)
  }
}

public enum LabelError: LocalizedError, Equatable, Sendable {
  case unknown(name: String, known: [String])
  case ambiguous(name: String, indices: [Int])

  public var errorDescription: String? {
    switch self {
    case .unknown(let name, let known):
      "the model has no class “\(name)”\(name.suggestion(among: known)); it knows "
        + LabelSet(known).listing(Array(known.indices))
        + " and the indices 0 to \(known.count - 1)"
    case .ambiguous(let name, let indices):
      "the classes \(indices.map(String.init).joined(separator: ", ")) are all named “\(name)”; give the index"
    }
  }
}
