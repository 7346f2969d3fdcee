import Testing

@testable import Figures

@Suite struct MatrixGridTests {
  @Test(
    "a cell covers a whole number of pixels and the matrix fits on a page, whatever its size",
    arguments: [1, 2, 7, 8, 10, 20, 81, 82, 100, 108, 109, 433, 1000, 3840, 5120, 5121, 100_000])
  func size(count: Int) {
    for grid in [
      MatrixGrid(rows: count, columns: count), .init(rows: 1, columns: count), .init(rows: count, columns: 1),
    ] {
      #expect(max(grid.width, grid.height) < 640.001)
      #expect((8.0 / 3 - 1e-9...8).contains(grid.pixelsPerPoint))
      let pixels = grid.cell * grid.pixelsPerPoint
      // At eight pixels a point the longest side, 640 points, has 5120.
      #expect(grid.hasWholePixels == (count <= 5120))
      if count <= 5120 { #expect(abs(pixels - pixels.rounded()) < 1e-9) }
    }
  }

  @Test(
    "names are left out evenly where there is no room for all",
    arguments: [
      (0, 1), (1, 1), (10, 1), (108, 1), (109, 2), (200, 5), (400, 10), (1000, 20), (1001, 20), (10_000, 200),
    ])
  func names(count: Int, step: Int) {
    let grid = MatrixGrid(rows: count, columns: 1)
    #expect(grid.nameStep == step)
    // Lines of 1.17 times the font's size do not overlap.
    #expect(grid.nameSize * 1.17 <= Double(step) * grid.cell + 1e-9)
    #expect((5.0...8).contains(grid.nameSize))
  }

  @Test("places lie on whole pixels")
  func snapped() {
    let grid = MatrixGrid(rows: 10, columns: 10)
    #expect(grid.snapped(30.1) == 30)
    #expect(grid.snapped(30.2) == 30.375)
  }
}
