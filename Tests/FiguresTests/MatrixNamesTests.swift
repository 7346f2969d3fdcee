import Foundation
import Testing

@testable import Figures

@Suite struct MatrixNamesTests {
  private func columns(_ names: [String]) -> MatrixNames {
    MatrixNames(names, grid: MatrixGrid(rows: 1, columns: names.count), areColumns: true)
  }

  private func named(_ name: String, _ count: Int) -> [String] { Array(repeating: name, count: count) }

  @Test("column names are as level as their length and number allow")
  func angle() {
    #expect(columns(named("cat", 10)).angle == 0)
    // Two short words stand on two lines; a long word is not broken.
    #expect(columns(named("ankle boot, red", 10)).angle == 0)
    #expect(columns(named("chimpanzees", 10)).angle == .pi / 4)
    #expect(columns(named("a b c d e f g h i j k l m n o p q r s t u v w", 10)).angle == .pi / 4)
    #expect(columns(named("chimpanzees", 50)).angle == .pi / 2)
    #expect(columns(named("cat", 1000)).angle == .pi / 2)
  }

  @Test("row names are level, longer ones on two lines where rows are high", arguments: [2, 10, 50, 100, 1000])
  func rows(count: Int) {
    let name = "Staffordshire bullterrier, Staffordshire bull terrier, and another one"
    let grid = MatrixGrid(rows: count, columns: 1)
    let names = MatrixNames(named(name, count), grid: grid, areColumns: false)
    #expect(names.angle == 0)
    #expect(names.width <= names.box + 0.01)
    for entry in names.entries { #expect(entry.block.height <= Double(grid.nameStep) * grid.cell + 0.1) }
    let line = TextBlock("x", size: grid.nameSize).height
    #expect(abs(names.entries[0].block.height - (count <= 10 ? 2 : 1) * line) < 0.1)
  }

  @Test("every name is drawn once, or every so many", arguments: [(108, 1), (109, 2), (1000, 20)])
  func thinned(count: Int, step: Int) {
    let names = columns((0..<count).map(String.init))
    #expect(names.entries.map(\.index) == Array(stride(from: 0, to: count, by: step)))
    #expect(names.areThinned == (step > 1))
  }

  @Test("slanted names reach below and to the left as far as their length says")
  func reach() {
    let names = columns(["a-long-name-of-the-first", "b"])
    let block = names.entries[0].block
    #expect(names.angle == .pi / 4)
    // The end of the name lies under the middle of the first column, of 64 points.
    #expect(abs(names.overhang - ((block.width + block.height / 2) * sqrt(0.5) - 32)) < 1e-9)
    #expect(abs(names.depth - (block.width + block.height / 2) * sqrt(0.5)) < 1e-9)
    #expect(columns(["a", "b"]).overhang == 0)
    #expect(columns([]).width == 0 && columns([]).depth == 0)
  }
}
