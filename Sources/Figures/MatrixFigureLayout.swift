import Rasters

/// Where everything in a matrix figure goes, in points.
struct MatrixFigureLayout {
  let grid: MatrixGrid

  /// Under a narrower matrix the colour bar and its caption would have no room.
  private static let leastWidth = 330.0
  private static let titleSize = 9.0
  /// Beside a flatter matrix a title would be nothing but an ellipsis.
  private static let leastTitleLength = 30.0
  /// Between the matrix and its names.
  private static let gap = 5.0
  /// Smaller numbers in the cells could not be read.
  private static let leastTextSize = 4.5

  private let figure: MatrixFigure
  private let left: Double
  private(set) var page: Page

  init(_ figure: MatrixFigure) {
    let (rows, columns) = (figure.rows.names.count, figure.columns.names.count)
    precondition(
      figure.values.height == rows && figure.values.width == columns && figure.values.channels == 1,
      "\(rows) row names and \(columns) column names for a matrix of \(figure.values.height)×\(figure.values.width)")
    precondition(
      figure.texts.map { $0.count == rows * columns } ?? true,
      "\(figure.texts?.count ?? 0) texts, \(rows * columns) cells")
    self.figure = figure
    grid = MatrixGrid(rows: rows, columns: columns)
    let rowNames = MatrixNames(figure.rows.names, grid: grid, areColumns: false)
    let columnNames = MatrixNames(figure.columns.names, grid: grid, areColumns: true)
    let rowTitle = TextBlock(
      figure.rows.title, size: Self.titleSize, limit: grid.height, lines: 2, alignment: .centre)
    let namesWidth = max(rowNames.width + Self.gap, columnNames.overhang)
    let titleWidth = figure.rows.title.isEmpty || grid.height < Self.leastTitleLength ? 0 : rowTitle.height + 6
    // On a whole pixel, so that lines lie exactly between the cells.
    left = grid.snapped(Page.margin + titleWidth + namesWidth)
    page = Page(
      contentWidth: left + max(grid.width, Self.leastWidth) - Page.margin, pixelsPerPoint: grid.pixelsPerPoint)
    page.addHeader(title: figure.title, subtitle: figure.subtitle)
    if rows > 0 && columns > 0 {
      page.y = grid.snapped(page.y)
      addRowNames(rowNames, title: rowTitle)
      addCells()
      page.y += grid.height
      addColumnNames(columnNames)
      page.addColourBar(.init(map: .sequential, ticks: Self.ticks, caption: figure.caption), left: left, gap: 10)
    }
    page.finish(notes: figure.notes)
  }

  private mutating func addRowNames(_ names: MatrixNames, title: TextBlock) {
    page.add { [y = page.y, grid, left] canvas in
      for (index, name) in names.entries {
        let middle = y + (Double(index) + 0.5) * grid.cell
        if names.areThinned {
          canvas.line([Point(x: left, y: middle), Point(x: left - 3, y: middle)], colour: .quietInk, width: 0.5)
        }
        canvas.text(name, x: left - Self.gap - names.box, y: middle - name.height / 2)
      }
      guard grid.height >= Self.leastTitleLength else { return }
      canvas.placed(x: Page.margin, y: y + grid.height, angle: .pi / 2) { canvas.text(title, x: 0, y: 0) }
    }
  }

  /// The colours follow the square root, so that a hundredth can be told from nothing and half from a whole.
  static func colour(_ value: Float) -> Colour {
    ColourMap.sequential.colour(value.isFinite ? max(value, 0).squareRoot() : .nan)
  }
  /// The squares of evenly spaced numbers.
  private static let ticks = ["0", "0.04", "0.16", "0.36", "0.64", "1"]

  private mutating func addCells() {
    let colours = figure.values.values.map { Self.colour($0) }
    let bitmap = Bitmap(width: grid.columns, height: grid.rows) { colours[$0] }
    let texts = cellTexts()
    page.add { [y = page.y, grid, left] canvas in
      canvas.bitmap(bitmap, x: left, y: y, width: grid.width, height: grid.height, hard: grid.hasWholePixels)
      if grid.hasLines {
        // Over the joints of the cells, which a viewer of vector formats may round to either side.
        let line = (grid.cell >= 10 ? 2 : 1) / grid.pixelsPerPoint
        for row in 1..<max(grid.rows, 1) {
          canvas.fill(x: left, y: y + Double(row) * grid.cell - line / 2, width: grid.width, height: line, .grid)
        }
        for column in 1..<max(grid.columns, 1) {
          canvas.fill(x: left + Double(column) * grid.cell - line / 2, y: y, width: line, height: grid.height, .grid)
        }
      }
      for (index, text) in texts.enumerated() {
        let x = left + (Double(index % grid.columns) + 0.5) * grid.cell
        let middle = y + (Double(index / grid.columns) + 0.5) * grid.cell
        canvas.text(text, x: x - text.width / 2, y: middle - text.height / 2, colour: colours[index].textColour)
      }
    }
  }

  /// The texts of the cells, all of one size; none where the longest would not fit its cell.
  private func cellTexts() -> [TextBlock] {
    guard let texts = figure.texts, grid.cell > 2 * Self.leastTextSize else { return [] }
    let usual = 9.0
    let widest = texts.map { TextBlock($0, size: usual).width }.max() ?? 0
    let size = min(usual, usual * (grid.cell - 4) / max(widest, 1), grid.cell * 0.6)
    guard size >= Self.leastTextSize else { return [] }
    return texts.map { TextBlock($0, size: size) }
  }

  private mutating func addColumnNames(_ names: MatrixNames) {
    page.add { [y = page.y, grid, left] canvas in
      for (index, name) in names.entries {
        let middle = left + (Double(index) + 0.5) * grid.cell
        if names.areThinned {
          canvas.line([Point(x: middle, y: y), Point(x: middle, y: y + 3)], colour: .quietInk, width: 0.5)
        }
        canvas.placed(x: middle, y: y + Self.gap, angle: names.angle) {
          // Climbing names end at their columns; level ones lie below the middle.
          let isLevel = names.angle == 0
          canvas.text(name, x: isLevel ? -names.box / 2 : -names.box, y: isLevel ? 0 : -name.height / 2)
        }
      }
    }
    page.y += Self.gap + names.depth
    guard !figure.columns.title.isEmpty else { return }
    // Under the middle of the matrix, where even a narrow one leaves room for some words.
    let box = max(grid.width, 100)
    let title = TextBlock(figure.columns.title, size: Self.titleSize, limit: box, lines: 2, alignment: .centre)
    page.y += 4
    page.add { [y = page.y, grid, left] in $0.text(title, x: left + (grid.width - box) / 2, y: y) }
    page.y += title.height
  }
}
