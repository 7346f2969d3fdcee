import Foundation

/// Where everything in a document goes, in points.
struct DocumentLayout {
  /// A4.
  static let pageWidth = 595.28
  static let pageHeight = 841.89
  static let left = 56.0
  static let width = 483.28
  static let top = 58.0
  static let bottom = pageHeight - 66
  static let height = bottom - top
  static let textSize = 9.5
  static let smallSize = 8.5
  /// The distance of lines, as a multiple of the font's own.
  static let spacing = 1.18

  /// What stands on each page.
  private(set) var pages: [Drawing] = [Self.emptyPage]
  /// The headings and where they are, for the outline.
  private(set) var headings: [(text: String, level: Int, page: Int, y: Double)] = []
  /// Where the next thing begins.
  var y = Self.top
  /// How high the headings are that a figure may have to share its page with.
  private var headingsHeight = 0.0
  /// Figures that found no room where they were named; they stand at the top of the next pages, and what follows goes on before.
  private var waiting: [Document.Figure] = []
  let title: String

  private static var emptyPage: Drawing { Drawing(width: pageWidth, height: pageHeight, pixelsPerPoint: 1) }

  init(_ document: Document) {
    title = document.title
    addText(TextBlock(document.title, size: 18, bold: true, limit: Self.width, lines: 5), after: 4)
    if !document.subtitle.isEmpty {
      addText(
        TextBlock(document.subtitle, size: 10, limit: Self.width, lines: nil, spacing: Self.spacing), colour: .quietInk,
        after: 10)
    }
    for (index, block) in document.blocks.enumerated() {
      if case .heading = block {
        // The first of several headings has found room for all of them and for what follows.
        if headingsHeight == 0 { makeRoom(for: document.blocks[index...]) }
        add(block)
      } else {
        add(block)
        headingsHeight = 0
      }
    }
    placeWaiting()
  }

  private mutating func placeWaiting() { while !waiting.isEmpty { breakPage() } }

  private mutating func makeRoom(for blocks: ArraySlice<Document.Block>) {
    // A figure right after a heading does not leave it.
    if case .figure = blocks.first(where: { if case .heading = $0 { false } else { true } }) { placeWaiting() }
    need(Self.extent(of: blocks))
  }

  /// How much room headings take with so much of the block after them as must be on their page.
  private static func extent(of blocks: ArraySlice<Document.Block>) -> Double {
    var height = 0.0
    for block in blocks {
      switch block {
      case .heading(let text, let level): height += Heading(text, level).height
      case .figure(let figure): return height + PlacedFigure(figure, below: height).height
      case .paragraph(let text): return height + beginning(of: Self.block(text))
      case .item(let mark, let title, let text): return height + Item(mark, title, text).beginning
      case .table(let table): return height + PlacedTable(table).beginning
      }
    }
    return height
  }

  /// The height of the lines of a text that stay together at its beginning: two, or all of up to three.
  private static func beginning(of text: TextBlock) -> Double {
    let lines = text.lines
    return lines.count <= 3 ? text.height : lines[1].bottom
  }

  var isAtTop: Bool { y <= Self.top }

  mutating func draw(_ item: @escaping (Canvas) -> Void) { pages[pages.count - 1].add(item) }

  /// Begins a page, with the figures that wait and fit.
  mutating func breakPage() {
    pages.append(Self.emptyPage)
    y = Self.top
    while let figure = waiting.first.map({ PlacedFigure($0, below: 0) }), isAtTop || y + figure.height <= Self.bottom {
      waiting.removeFirst()
      place(figure)
    }
  }

  /// Goes to the next page unless there is as much room on this one.
  mutating func need(_ height: Double) {
    while y + height > Self.bottom + 0.01 && !isAtTop { breakPage() }
  }

  private mutating func add(_ block: Document.Block) {
    switch block {
    case .heading(let text, let level): addHeading(text, level)
    case .paragraph(let text): addText(Self.block(text), after: 7)
    case .item(let mark, let title, let text): addItem(mark, title, text)
    case .table(let table): add(table)
    case .figure(let figure): add(figure)
    }
  }

  static func block(_ text: String, size: Double = textSize, bold: Bool = false, width: Double = width) -> TextBlock {
    TextBlock(text, size: size, bold: bold, limit: width, lines: nil, spacing: spacing)
  }

  /// Adds text that may go on on the next page, two lines at least on either if it can be.
  mutating func addText(_ text: TextBlock, indent: Double = 0, colour: Colour = .ink, after: Double) {
    let lines = text.lines
    var start = 0
    while start < lines.count {
      let room = Self.bottom - y
      var end = start
      while end < lines.count, lines[end].bottom - lines[start].top <= room + 0.01 { end += 1 }
      if end < lines.count {
        // No line is left alone at the end of a page or at the beginning of the next.
        if lines.count - end == 1 { end -= 1 }
        if end - start < 2 && !isAtTop { end = start }
        if end <= start && isAtTop { end = start + 1 }
      }
      if start < end {
        let (first, shown) = (lines[start].top, Array(lines[start..<end]))
        draw { [y] canvas in
          for line in shown { canvas.text(line, of: text, x: Self.left + indent, y: y - first, colour: colour) }
        }
        y += lines[end - 1].bottom - first
      }
      if end < lines.count { breakPage() }
      start = end
    }
    y += after
  }

  /// A heading as it is set.
  private struct Heading {
    let block: TextBlock
    let gapAbove: Double
    let gapBelow: Double

    init(_ text: String, _ level: Int) {
      block = TextBlock(text, size: level <= 1 ? 13 : 10.5, bold: true, limit: width, lines: 4)
      (gapAbove, gapBelow) = level <= 1 ? (12, 6) : (7, 4)
    }

    var height: Double { gapAbove + block.height + gapBelow }
  }

  private mutating func addHeading(_ text: String, _ level: Int) {
    let heading = Heading(text, level)
    if !isAtTop { y += heading.gapAbove }
    headings.append((text, max(1, level), pages.count, y))
    draw { [y] in $0.text(heading.block, x: Self.left, y: y) }
    y += heading.block.height + heading.gapBelow
    headingsHeight += heading.height
  }

  /// An item as it is set.
  private struct Item {
    static let indent = 16.0
    let mark: TextBlock
    let head: TextBlock?
    let text: TextBlock?

    init(_ mark: String, _ title: String, _ text: String) {
      func set(_ text: String, bold: Bool) -> TextBlock? {
        text.isEmpty ? nil : block(text, bold: bold, width: width - Self.indent)
      }
      self.mark = TextBlock(mark, size: textSize, bold: true)
      (head, self.text) = (set(title, bold: true), set(text, bold: false))
    }

    /// The height of what must be on one page: the title with the text's first lines.
    var beginning: Double {
      let title = head.map { text == nil ? DocumentLayout.beginning(of: $0) : min($0.height, height / 2) + 1 } ?? 0
      return max(mark.height, title + (text.map(DocumentLayout.beginning) ?? 0))
    }
  }

  private mutating func addItem(_ mark: String, _ title: String, _ text: String) {
    let item = Item(mark, title, text)
    need(item.beginning)
    draw { [y] in $0.text(item.mark, x: Self.left + 1, y: y) }
    if let head = item.head { addText(head, indent: Item.indent, after: item.text == nil ? 5 : 1) }
    if let text = item.text { addText(text, indent: Item.indent, after: 5) }
  }

  /// A figure with its caption as they are set.
  private struct PlacedFigure {
    static let gap = 7.0
    let drawing: Drawing
    let caption: TextBlock?
    /// How large it is drawn: no larger than alone, and smaller where it would not fit.
    let size: Double

    /// - Parameter headings: the height of what must be above it on the same page.
    init(_ figure: Document.Figure, below headings: Double) {
      drawing = figure.figure.layout
      caption = DocumentLayout.caption(figure.label, figure.caption)
      // A caption longer than that goes on on the next page.
      captionHeight = min(caption.map { $0.height + Self.gap } ?? 0, DocumentLayout.height / 3)
      let room = max(DocumentLayout.height / 3, DocumentLayout.height - captionHeight - headings)
      // Without the margins that a figure alone has around it.
      let own = (width: max(1, drawing.width - 2 * Page.margin), height: max(1, drawing.height - 2 * Page.margin))
      size = min(1, DocumentLayout.width / own.width, room / own.height)
      (drawnWidth, drawnHeight) = (own.width * size, own.height * size)
    }

    private let captionHeight: Double
    let drawnWidth, drawnHeight: Double
    var height: Double { drawnHeight + captionHeight }
  }

  private mutating func add(_ figure: Document.Figure) {
    let placed = PlacedFigure(figure, below: headingsHeight)
    let gap = isAtTop || headingsHeight > 0 ? 0.0 : 5
    guard waiting.isEmpty, isAtTop || y + gap + placed.height <= Self.bottom + 0.01 else {
      waiting.append(figure)
      return
    }
    y += gap
    place(placed)
  }

  private mutating func place(_ placed: PlacedFigure) {
    let (left, size) = (Self.left + (Self.width - placed.drawnWidth) / 2, placed.size)
    draw { [y] canvas in
      canvas.placed(x: left - Page.margin * size, y: y - Page.margin * size, size: size) {
        placed.drawing.draw(on: canvas)
      }
    }
    y += placed.drawnHeight
    if let caption = placed.caption {
      y += PlacedFigure.gap
      addText(caption, after: 0)
    }
    y += 12
  }

  /// The label and the caption of a figure or a table.
  static func caption(_ label: String, _ text: String) -> TextBlock? {
    let whole = [label, text].filter { !$0.isEmpty }.joined(separator: ". ")
    guard !whole.isEmpty else { return nil }
    return TextBlock(
      whole, size: smallSize, boldPrefix: label.isEmpty ? 0 : label.utf8.count + (text.isEmpty ? 0 : 1), limit: width,
      lines: nil, spacing: spacing)
  }
}
