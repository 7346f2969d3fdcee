/// The figures that ``ShapeImages`` draws, all centred on one place and 15 pixels high and wide: so alike in size and position
/// that a few strokes alone tell one from another.
package enum Shape: String, Sendable, CaseIterable, Codable {
  /// Two upright strokes, 3 pixels wide.
  case cross
  /// Two slanting strokes.
  case saltire
  /// The outline of a square, 2 pixels wide.
  case square
  /// The outline of a square that stands on a corner.
  case diamond

  /// Strokes lie at most this many rows and columns from the centre.
  static let reach = 7

  /// The shape's surroundings go this far: beside the strokes, all pixels at most `surroundings` rows and columns from the centre.
  static let surroundings = 9

  /// Whether there is a stroke so many rows and columns from the centre.
  func covers(row: Int, column: Int) -> Bool {
    let (y, x) = (abs(row), abs(column))
    guard max(y, x) <= Self.reach else { return false }
    switch self {
    case .cross: return min(y, x) <= 1
    case .saltire: return abs(y - x) <= 1
    case .square: return max(y, x) >= Self.reach - 1
    case .diamond: return (Self.reach - 1...Self.reach + 1).contains(y + x)
    }
  }

  /// Whether this shape has a stroke there, and no other.
  func coversAlone(row: Int, column: Int) -> Bool {
    covers(row: row, column: column)
      && Self.allCases.allSatisfy { $0 == self || !$0.covers(row: row, column: column) }
  }
}
