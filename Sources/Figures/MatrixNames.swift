import Foundation

/// The names along one side of a matrix: which of them are drawn, how large, and at what angle.
struct MatrixNames {
  /// The names that are drawn, with the rows or columns that they stand for.
  let entries: [(index: Int, block: TextBlock)]
  /// How steeply the names climb, in radians: level, slanted or straight upwards.
  let angle: Double
  /// The width of the boxes that the names are set in: at their right ends, level column names in the middle.
  let box: Double
  /// Whether only some rows or columns are named.
  let areThinned: Bool
  private let cell: Double

  /// Longer names end in an ellipsis; a multiple of the font size.
  private static let longest = 17.0

  /// - Parameter areColumns: row names are level; column names are as level as they can be.
  init(_ names: [String], grid: MatrixGrid, areColumns: Bool) {
    let (size, step) = (grid.nameSize, grid.nameStep)
    cell = grid.cell
    areThinned = step > 1 && names.count > 1
    let indices = Array(stride(from: 0, to: names.count, by: step))
    let line = TextBlock("x", size: size).height
    let room = cell - 4
    /// Whether a name fits below its column in two lines, without a break inside a word.
    func isShort(_ name: String) -> Bool {
      name.split(separator: " ").allSatisfy { TextBlock(String($0), size: size).width <= room }
        && TextBlock(name, size: size, limit: room, lines: nil).height < 2.5 * line
    }
    if !areColumns || step == 1 && names.allSatisfy(isShort) {
      angle = 0
      box = areColumns ? room : Self.longest * size
    } else {
      angle = step == 1 && cell * sin(.pi / 4) >= line ? .pi / 4 : .pi / 2
      box = Self.longest * size
    }
    let lines = angle == 0 && cell > 2.2 * line ? 2 : 1
    let alignment = areColumns && angle == 0 ? Table.Alignment.centre : .right
    entries = indices.map { [box] index in
      (index, TextBlock(names[index], size: size, limit: box, lines: lines, alignment: alignment))
    }
  }

  /// The width of the longest name, in points.
  var width: Double { entries.map(\.block.width).max() ?? 0 }

  /// How far climbing names reach below their upper ends.
  var depth: Double {
    entries.map { entry in
      angle == 0 ? entry.block.height : entry.block.width * sin(angle) + entry.block.height / 2 * cos(angle)
    }.max() ?? 0
  }

  /// How far climbing names reach beyond the matrix' left side.
  var overhang: Double {
    entries.map { entry in
      angle == 0
        ? 0
        : entry.block.width * cos(angle) + entry.block.height / 2 * sin(angle) - (Double(entry.index) + 0.5) * cell
    }.max() ?? 0
  }
}
