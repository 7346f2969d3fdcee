import CCairo
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
  private var headings: [(text: String, level: Int, page: Int, y: Double)] = []
  /// Where the next thing begins.
  var y = Self.top
  /// How high the headings are that a figure may have to share its page with.
  private var headingsHeight = 0.0
  private let title: String

  private static var emptyPage: Drawing { Drawing(width: pageWidth, height: pageHeight) }

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
        if headingsHeight == 0 { need(Self.extent(of: document.blocks[index...])) }
      } else if !block.isFigure {
        headingsHeight = 0
      }
      add(block)
      if block.isFigure { headingsHeight = 0 }
    }
  }

  /// How much room headings take with so much of the block after them as must be on their page.
  private static func extent(of blocks: ArraySlice<Document.Block>) -> Double {
    var height = 0.0
    for block in blocks {
      switch block {
      case .heading(let text, let level): height += Heading(text, level).height
      case .figure(let figure): return height + PlacedFigure(figure, below: height).height
      default: return height + 60
      }
    }
    return height
  }

  var isAtTop: Bool { y <= Self.top }

  mutating func draw(_ item: @escaping (Canvas) -> Void) { pages[pages.count - 1].add(item) }

  mutating func breakPage() {
    pages.append(Self.emptyPage)
    y = Self.top
  }

  /// Goes to the next page unless there is as much room on this one.
  mutating func need(_ height: Double) {
    if y + height > Self.bottom + 0.01 && !isAtTop { breakPage() }
  }

  private mutating func add(_ block: Document.Block) {
    switch block {
    case .heading(let text, let level): addHeading(text, level)
    case .paragraph(let text): addText(Self.block(text), after: 7)
    case .item(let mark, let title, let text): addItem(mark, title, text)
    case .code(let text): addCode(text)
    case .table(let table): add(table)
    case .figure(let figure): add(figure)
    case .pageBreak: if !isAtTop { breakPage() }
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

  private mutating func addItem(_ mark: String, _ title: String, _ text: String) {
    let indent = 16.0
    let mark = TextBlock(mark, size: Self.textSize, bold: true)
    let head = title.isEmpty ? nil : Self.block(title, bold: true, width: Self.width - indent)
    need((head?.height ?? 0) + 2 * mark.height * Self.spacing)
    draw { [y] in $0.text(mark, x: Self.left + 1, y: y) }
    if let head { addText(head, indent: indent, after: text.isEmpty ? 5 : 1) }
    if !text.isEmpty { addText(Self.block(text, width: Self.width - indent), indent: indent, after: 5) }
  }

  private mutating func addCode(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let block = TextBlock(
        line.isEmpty ? " " : String(line), size: 7.5, monospaced: true, limit: Self.width - 12, lines: nil,
        spacing: 1.15)
      addText(block, indent: 12, after: 1)
    }
    y += 6
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
      drawing = figure.figure.drawing
      caption = DocumentLayout.caption(figure.label, figure.caption)
      // A caption longer than that goes on on the next page.
      captionHeight = min(caption.map { $0.height + Self.gap } ?? 0, DocumentLayout.height / 3)
      let room = max(DocumentLayout.height / 3, DocumentLayout.height - captionHeight - headings)
      let own = Self.extent(drawing)
      size = min(1, DocumentLayout.width / own.width, room / own.height)
    }

    private let captionHeight: Double

    /// Without the margins that a figure alone has around it.
    private static func extent(_ drawing: Drawing) -> (width: Double, height: Double) {
      (max(1, drawing.width - 2 * Page.margin), max(1, drawing.height - 2 * Page.margin))
    }

    var drawnWidth: Double { Self.extent(drawing).width * size }
    var drawnHeight: Double { Self.extent(drawing).height * size }
    var height: Double { drawnHeight + captionHeight }
  }

  private mutating func add(_ figure: Document.Figure) {
    let placed = PlacedFigure(figure, below: headingsHeight)
    if !isAtTop && headingsHeight == 0 { y += 5 }
    need(placed.height)
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

  // MARK: The file

  func encoded() throws -> Data {
    let sink = Sink()
    return try withExtendedLifetime(sink) {
      let surface = cairo_pdf_surface_create_for_stream(Sink.write, sink.address, Self.pageWidth, Self.pageHeight)
      defer { cairo_surface_destroy(surface) }
      try Sink.check(cairo_surface_status(surface))
      Sink.setDate(of: surface)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
      let canvas = Canvas(surface: surface, scale: 1)
      for (index, page) in pages.enumerated() {
        page.draw(on: canvas)
        drawFooter(index, on: canvas)
        cairo_show_page(canvas.context)
      }
      addOutline(to: surface)
      try Sink.check(cairo_status(canvas.context))
      try Sink.finish(surface)
      return sink.data
    }
  }

  private func drawFooter(_ index: Int, on canvas: Canvas) {
    let y = Self.pageHeight - 42
    let number = TextBlock("\(index + 1)/\(pages.count)", size: 8)
    let name = TextBlock(title, size: 8, limit: Self.width - 80)
    canvas.line(
      [Point(x: Self.left, y: y - 6), Point(x: Self.left + Self.width, y: y - 6)], colour: .frame, width: 0.4)
    canvas.text(name, x: Self.left, y: y, colour: .quietInk)
    canvas.text(number, x: Self.left + Self.width - number.width, y: y, colour: .quietInk)
  }

  private func addOutline(to surface: OpaquePointer?) {
    var parents = [Int32(CAIRO_PDF_OUTLINE_ROOT)]
    for heading in headings {
      // A level that is left out counts as the next one.
      let depth = min(heading.level, parents.count)
      parents.removeSubrange(depth...)
      let place = String(
        format: "page=%d pos=[%.1f %.1f]", locale: Locale(identifier: "en_US_POSIX"), heading.page, Self.left, heading.y
      )
      parents.append(
        cairo_pdf_surface_add_outline(
          surface, parents[depth - 1], heading.text, place, CAIRO_PDF_OUTLINE_FLAG_OPEN))
    }
  }
}

extension Document.Block {
  fileprivate var isFigure: Bool { if case .figure = self { true } else { false } }
}
