extension DocumentLayout {
  mutating func add(_ table: Table) {
    guard !table.columns.isEmpty else { return }
    let placed = PlacedTable(table)
    y += isAtTop ? 0 : 4
    need(placed.beginning)
    if let caption = placed.caption { addText(caption, after: PlacedTable.captionGap) }
    func addHeader(to layout: inout DocumentLayout) {
      layout.addRule(placed.width, thick: true)
      layout.y += 1
      layout.addRow(placed.header)
      layout.y += 1
      layout.addRule(placed.width)
      layout.y += 1
    }
    addHeader(to: &self)
    for (index, row) in placed.rows.enumerated() {
      if y + placed.needed(at: index) > Self.bottom {
        addRule(placed.width)
        breakPage()
        need(placed.header.height + 5 + row.height + 3)
        addHeader(to: &self)
      } else if row.isGroup && index > 0 {
        y += 1
        addRule(placed.width)
        y += 1
      }
      addRow(row)
    }
    y += 1
    addRule(placed.width, thick: true)
    y += 12
  }

  private mutating func addRow(_ row: PlacedTable.Row) {
    for (cell, x) in zip(row.cells, row.places) {
      draw { [y] in $0.text(cell, x: Self.left + x, y: y + PlacedTable.rowGap) }
    }
    y += row.height
  }

  private mutating func addRule(_ width: Double, thick: Bool = false) {
    draw { [y] canvas in
      canvas.line(
        [Point(x: Self.left, y: y), Point(x: Self.left + width, y: y)], colour: .ink, width: thick ? 0.9 : 0.4)
    }
  }
}

/// A table as it is set.
struct PlacedTable {
  struct Row {
    let cells: [TextBlock]
    /// The cells' left edges from the table's.
    let places: [Double]
    /// Whether it is a line over all columns.
    var isGroup = false

    var height: Double { (cells.map(\.height).max() ?? 0) + 2 * rowGap }
  }

  static let captionGap = 5.0
  /// Above and below a row.
  static let rowGap = 2.6
  private static let columnGap = 12.0
  /// A cell with more to say ends in an ellipsis.
  private static let mostLines = 8
  private static let size = DocumentLayout.smallSize

  let caption: TextBlock?
  let width: Double
  let header: Row
  let rows: [Row]

  init(_ table: Table) {
    let widths = Self.widths(of: table)
    let width = widths.reduce(0, +) + Double(widths.count - 1) * Self.columnGap
    caption = DocumentLayout.caption(table.label, table.caption)
    header = Self.row(table.columns.map(\.title), table, widths, bold: true)
    rows = table.rows.map { row in
      switch row {
      case .cells(let texts): Self.row(texts, table, widths)
      case .group(let text):
        Row(cells: [TextBlock(text, size: Self.size, bold: true, limit: width, lines: 2)], places: [0], isGroup: true)
      }
    }
    self.width = width
  }

  /// The height of what must be on one page: the caption, the header, and the first group or some rows.
  var beginning: Double {
    (caption.map { min($0.height, DocumentLayout.height / 3) + Self.captionGap } ?? 0) + header.height + 5
      + max(40, rows.isEmpty ? 0 : needed(at: 0))
  }

  /// How much room a row needs so that the table goes on on this page: a group's name stays with all of its rows, unless they
  /// would not fit on a page either.
  func needed(at index: Int) -> Double {
    guard rows[index].isGroup else { return rows[index].height + 3 }
    let group = rows[index...].dropFirst().prefix { !$0.isGroup }.map(\.height).reduce(rows[index].height + 5, +)
    return group < DocumentLayout.height / 2 ? group : rows[index].height + 23
  }

  /// The columns as wide as their texts; where that is too much for a page, the widest give way.
  private static func widths(of table: Table) -> [Double] {
    let room = max(1, DocumentLayout.width - Double(table.columns.count - 1) * columnGap)
    var wanted = table.columns.map { TextBlock($0.title, size: size, bold: true).width }
    for case .cells(let texts) in table.rows {
      for (column, text) in texts.prefix(wanted.count).enumerated() {
        wanted[column] = max(wanted[column], TextBlock(text, size: size).width)
      }
    }
    // A block that is broken at its own width must not break for rounding.
    wanted = wanted.map { $0 + 0.5 }
    guard wanted.reduce(0, +) > room else { return wanted }
    // Columns that want less than an equal share get what they want, the others share the rest.
    var (left, count) = (room, wanted.count)
    var widths = wanted
    for column in wanted.indices.sorted(by: { (wanted[$0], $0) < (wanted[$1], $1) }) {
      widths[column] = min(wanted[column], left / Double(count))
      left -= widths[column]
      count -= 1
    }
    return widths
  }

  private static func row(
    _ texts: [String], _ table: Table, _ widths: [Double], bold: Bool = false
  ) -> Row {
    let cells = zip(table.columns.indices, widths).map { column, width in
      TextBlock(
        texts.indices.contains(column) ? texts[column] : "", size: size, bold: bold, limit: width,
        lines: mostLines, alignment: table.columns[column].alignment)
    }
    return Row(cells: cells, places: widths.indices.map { widths[..<$0].reduce(0, +) + Double($0) * columnGap })
  }
}
