extension DocumentLayout {
  private static let columnGap = 12.0
  /// Above and below a row.
  private static let rowGap = 2.6
  /// A cell with more to say ends in an ellipsis.
  private static let mostLines = 8

  mutating func add(_ table: Document.Table) {
    guard !table.columns.isEmpty else { return }
    let widths = Self.widths(of: table)
    let tableWidth = widths.reduce(0, +) + Double(widths.count - 1) * Self.columnGap
    let header = Self.row(table.columns.map(\.title), table, widths, bold: true)
    let headerHeight = Self.height(of: header) + 5

    y += isAtTop ? 0 : 4
    if let caption = Self.caption(table.label, table.caption) {
      need(caption.height + headerHeight + 40)
      addText(caption, after: 5)
    } else {
      need(headerHeight + 40)
    }
    func addHeader(to layout: inout DocumentLayout) {
      layout.addRule(tableWidth, thick: true)
      layout.y += 1
      layout.addRow(header, table, widths)
      layout.y += 1
      layout.addRule(tableWidth)
      layout.y += 1
    }
    addHeader(to: &self)
    for (index, row) in table.rows.enumerated() {
      let cells: [TextBlock]
      switch row {
      case .cells(let texts): cells = Self.row(texts, table, widths)
      case .group(let text):
        cells = [TextBlock(text, size: Self.smallSize, bold: true, limit: tableWidth, lines: 2)]
      }
      let isGroup = if case .group = row { true } else { false }
      // A group's name stays with its first row.
      let needed = Self.height(of: cells) + (isGroup ? 20 : 0) + 3
      if y + needed > Self.bottom {
        addRule(tableWidth)
        breakPage()
        addHeader(to: &self)
      } else if isGroup && index > 0 {
        y += 1
        addRule(tableWidth)
        y += 1
      }
      if isGroup {
        draw { [y, cell = cells[0]] in $0.text(cell, x: Self.left, y: y + Self.rowGap) }
        y += Self.height(of: cells)
      } else {
        addRow(cells, table, widths)
      }
    }
    y += 1
    addRule(tableWidth, thick: true)
    y += 12
  }

  /// The columns as wide as their texts; where that is too much for a page, the widest give way.
  private static func widths(of table: Document.Table) -> [Double] {
    let room = max(1, width - Double(table.columns.count - 1) * columnGap)
    var wanted = table.columns.map { TextBlock($0.title, size: smallSize, bold: true).width }
    for case .cells(let texts) in table.rows {
      for (column, text) in texts.prefix(wanted.count).enumerated() {
        wanted[column] = max(wanted[column], TextBlock(text, size: smallSize).width)
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
    _ texts: [String], _ table: Document.Table, _ widths: [Double], bold: Bool = false
  ) -> [TextBlock] {
    zip(table.columns.indices, widths).map { column, width in
      let alignment: TextBlock.Alignment =
        switch table.columns[column].alignment {
        case .left: .left
        case .centre: .centre
        case .right: .right
        }
      return TextBlock(
        texts.indices.contains(column) ? texts[column] : "", size: smallSize, bold: bold, limit: width,
        lines: mostLines, alignment: alignment)
    }
  }

  private static func height(of cells: [TextBlock]) -> Double { (cells.map(\.height).max() ?? 0) + 2 * rowGap }

  private mutating func addRow(_ cells: [TextBlock], _ table: Document.Table, _ widths: [Double]) {
    var x = Self.left
    for (cell, width) in zip(cells, widths) {
      draw { [x, y] in $0.text(cell, x: x, y: y + Self.rowGap) }
      x += width + Self.columnGap
    }
    y += Self.height(of: cells)
  }

  private mutating func addRule(_ width: Double, thick: Bool = false) {
    draw { [y] canvas in
      canvas.line(
        [Point(x: Self.left, y: y), Point(x: Self.left + width, y: y)], colour: .ink, width: thick ? 0.9 : 0.4)
    }
  }
}
