import Foundation

/// Rows of small pictures under common column heads, each row with a name at its left, as a figure that fills a page of a
/// paper: examples of all classes with their maps.
///
/// The rows are up to 483 points (6.7 inches) wide, which is the text of an A4 page; their panels share that width, up to 64
/// points (0.9 inches) each, so that ten rows fill the page. Small pictures are enlarged with hard pixel edges, large ones are smoothed. The same figure gives the same bytes.
package struct GridFigure: Figure {
  package struct Row: Sendable {
    /// At the row's left, in three lines at most.
    package var name: String
    /// Smaller, below the name.
    package var detail: String
    /// One for every column; fewer leave the last columns empty.
    package var panels: [MapPanel.Content]

    package init(name: String, detail: String = "", panels: [MapPanel.Content]) {
      self.name = name
      self.detail = detail
      self.panels = panels
    }
  }

  package var title: String
  package var subtitle: String
  /// The heads of the columns.
  package var columns: [String]
  package var rows: [Row]
  package var colourBars: [MapFigure.ColourBar]
  /// Small print below everything, a paragraph each.
  package var notes: [String]

  package init(
    title: String = "", subtitle: String = "", columns: [String], rows: [Row],
    colourBars: [MapFigure.ColourBar] = [], notes: [String] = []
  ) {
    self.title = title
    self.subtitle = subtitle
    self.columns = columns
    self.rows = rows
    self.colourBars = colourBars
    self.notes = notes
  }

  package var layout: Drawing { GridFigureLayout(self).page.drawing }
}

/// Where everything in a grid figure goes, in points.
struct GridFigureLayout {
  static let width = 483.0
  private static let gap = 5.0
  private static let largestSide = 64.0
  /// Narrower figures would leave no room for the text above and below the rows.
  private static let leastWidth = 340.0
  private static let nameSize = 9.0
  private static let longestName = 84.0

  private let figure: GridFigure
  private let side: Double
  private let nameWidth: Double
  private(set) var page: Page

  init(_ figure: GridFigure) {
    self.figure = figure
    let names = figure.rows.flatMap { row in
      // A long name breaks between its words.
      row.name.split(separator: " ").map { TextBlock(String($0), size: Self.nameSize, bold: true).width }
        + [TextBlock(row.detail, size: 7.5).width]
    }
    let widest = min(Self.longestName, names.max() ?? 0)
    nameWidth = widest > 0 ? widest.rounded(.up) + 8 : 0
    let columns = Double(max(1, figure.columns.count))
    side = max(8, min(Self.largestSide, (Self.width - nameWidth - (columns - 1) * Self.gap) / columns))
    let first = figure.rows.lazy.flatMap(\.panels).first?.size ?? (height: 1, width: 1)
    page = Page(
      contentWidth: max(Self.leastWidth, nameWidth + columns * (side + Self.gap) - Self.gap),
      pixelsPerPoint: min(8, PanelSize(height: first.height, width: first.width, side: side).pixelsPerPoint))

    page.addHeader(title: figure.title, subtitle: figure.subtitle)
    addHeads()
    for row in figure.rows { add(row) }
    for bar in figure.colourBars { page.addColourBar(bar, left: Page.margin + nameWidth, gap: 5) }
    page.finish(notes: figure.notes)
  }

  private func left(of column: Int) -> Double { Page.margin + nameWidth + Double(column) * (side + Self.gap) }

  private mutating func addHeads() {
    let heads = figure.columns.map {
      TextBlock($0, size: min(9, side / 6), limit: side + Self.gap, lines: 2, alignment: .centre)
    }
    let height = heads.map(\.height).max() ?? 0
    for (column, head) in heads.enumerated() {
      let x = left(of: column) - Self.gap / 2
      page.add { [y = page.y] in $0.text(head, x: x, y: y + height - head.height) }
    }
    page.y += height + 3
  }

  private mutating func add(_ row: GridFigure.Row) {
    let panels = row.panels.prefix(figure.columns.count)
    let sizes = panels.map { PanelSize(height: $0.size.height, width: $0.size.width, side: side) }
    let name = TextBlock(row.name, size: Self.nameSize, bold: true, limit: max(1, nameWidth - 6), lines: 3)
    let detail = TextBlock(row.detail, size: 7.5, limit: max(1, nameWidth - 6), lines: 2)
    let detailHeight = row.detail.isEmpty ? 0 : detail.height + 1
    let height = max(sizes.map(\.height).max() ?? 0, name.height + detailHeight)
    for (column, (panel, size)) in zip(panels, sizes).enumerated() {
      let bitmap = panel.bitmap(classColours: ClassColours(of: []))
      let x = left(of: column) + (side - size.width) / 2
      page.add { [y = page.y] canvas in
        canvas.bitmap(
          bitmap, x: x, y: y + (height - size.height) / 2, width: size.width, height: size.height,
          hard: size.isEnlarged)
      }
    }
    page.add { [y = page.y] canvas in
      let top = y + (height - name.height - detailHeight) / 2
      canvas.text(name, x: Page.margin, y: top)
      if detailHeight > 0 { canvas.text(detail, x: Page.margin, y: top + name.height + 1, colour: .quietInk) }
    }
    page.y += height + Self.gap
  }
}
