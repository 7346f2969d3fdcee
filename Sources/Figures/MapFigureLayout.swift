import Rasters

/// Where everything in a map figure goes, in points.
struct MapFigureLayout {
  private static let gap = 9.0
  private static let labelSize = 8.0
  private static let panelsPerLine = 7
  /// Narrower figures would leave no room for the text above and below the panels.
  private static let leastWidth = 340.0

  private let figure: MapFigure
  private let classColours: ClassColours
  private let left: Double
  private let cellWidth: Double
  private(set) var page: Page

  init(_ figure: MapFigure) {
    self.figure = figure
    let contents = figure.rows.flatMap(\.panels).map(\.content)
    let sizes = contents.map { Self.size(of: $0, figure) }
    classColours = ClassColours(of: contents)
    cellWidth = max(sizes.map(\.width).max() ?? 0, 84)
    // A label has two lines at most, of 10 points each.
    let longest = figure.rows.map { TextBlock($0.label, size: Self.labelSize).width }.max() ?? 0
    let leastHeight = sizes.map(\.height).min() ?? 0
    let labelWidth = longest == 0 ? 0 : longest <= leastHeight ? 16.0 : 26.0
    let columns = figure.rows.map { Self.lines(of: $0).first?.count ?? 0 }.max() ?? 0
    let panelsWidth = Double(columns) * (cellWidth + Self.gap) - Self.gap
    left = Page.margin + labelWidth
    page = Page(
      contentWidth: max(labelWidth + panelsWidth, Self.leastWidth), pixelsPerPoint: sizes.first?.pixelsPerPoint ?? 2)

    page.addHeader(title: figure.title, subtitle: figure.subtitle)
    addRows()
    for bar in figure.colourBars { page.addColourBar(bar, left: left, gap: 6) }
    addClassLegend()
    page.finish(notes: figure.notes)
  }

  private static func size(of content: MapPanel.Content, _ figure: MapFigure) -> PanelSize {
    PanelSize(
      height: content.size.height, width: content.size.width, scale: figure.scale, isPhotograph: content.isPhotograph)
  }

  /// The panels of a row, in lines of nearly equal length.
  private static func lines(of row: MapFigure.Row) -> [ArraySlice<MapPanel>] {
    let lines = (row.panels.count + panelsPerLine - 1) / panelsPerLine
    guard lines > 0 else { return [] }
    let length = (row.panels.count + lines - 1) / lines
    return stride(from: 0, to: row.panels.count, by: length).map {
      row.panels[$0..<min($0 + length, row.panels.count)]
    }
  }

  private mutating func addRows() {
    // Where the columns are the same in all rows, titles above the first say it all.
    let titles = figure.rows.map { $0.panels.map(\.title) }
    let repeatsTitles =
      titles.contains { !(titles.first ?? []).starts(with: $0) || $0.count > Self.panelsPerLine }
    for (index, row) in figure.rows.enumerated() {
      let tops = Self.lines(of: row).enumerated().map { turn, line in
        addLine(
          line, titled: index == 0 || repeatsTitles, skipsFirst: figure.sharesFirstPanel && index > 0 && turn == 0)
      }
      if let top = tops.first { addLabel(row.label, top: top, bottom: page.y - Self.gap) }
    }
  }

  /// Returns where the pictures begin.
  private mutating func addLine(_ panels: ArraySlice<MapPanel>, titled: Bool, skipsFirst: Bool) -> Double {
    let titles = panels.map {
      TextBlock($0.title, size: 9, limit: cellWidth, lines: 2, alignment: .centre)
    }
    let titleHeight = titled ? (titles.map(\.height).max() ?? 0) + 3 : 0
    var lineHeight = 0.0
    for (column, (panel, title)) in zip(panels, titles).enumerated() {
      let size = Self.size(of: panel.content, figure)
      lineHeight = max(lineHeight, size.height)
      if column == 0 && skipsFirst { continue }
      let x = left + Double(column) * (cellWidth + Self.gap)
      let bitmap = panel.content.bitmap(classColours: classColours)
      page.add { [y = page.y, cellWidth] canvas in
        if titled { canvas.text(title, x: x, y: y + titleHeight - 3 - title.height) }
        canvas.bitmap(
          bitmap, x: x + (cellWidth - size.width) / 2, y: y + titleHeight, width: size.width, height: size.height,
          hard: size.isEnlarged && !panel.isSmooth)
      }
    }
    defer { page.y += titleHeight + lineHeight + Self.gap }
    return page.y + titleHeight
  }

  /// A row's label, upwards beside the pictures of its lines, which end at `bottom`.
  private mutating func addLabel(_ label: String, top: Double, bottom: Double) {
    guard !label.isEmpty, bottom > top else { return }
    let block = TextBlock(label, size: Self.labelSize, limit: bottom - top, lines: 2, alignment: .centre)
    page.add { [left] canvas in
      canvas.placed(x: left - 6 - block.height, y: bottom, angle: .pi / 2) { canvas.text(block, x: 0, y: 0) }
    }
  }

  private mutating func addClassLegend() {
    let entries = classColours.entries(names: figure.classLegend?.names ?? [])
    guard !entries.isEmpty else { return }
    page.y += 8
    page.addLegend(entries.map(\.name), key: 8, left: left) { canvas, index, x, middle in
      canvas.fill(x: x - 12, y: middle - 4, width: 8, height: 8, entries[index].colour)
    }
    page.y += 4
    if let caption = figure.classLegend?.caption, !caption.isEmpty {
      let block = TextBlock(caption, size: 8, limit: page.right - left, lines: nil)
      page.add { [y = page.y, left] in $0.text(block, x: left, y: y, colour: .quietInk) }
      page.y += block.height
    }
  }
}
