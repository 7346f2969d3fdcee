/// A drawing that grows downwards as things are added to it.
struct Page {
  static let margin = 16.0

  private(set) var drawing: Drawing
  /// Where the next thing begins.
  var y = Self.margin
  /// The width between the margins, in points.
  let contentWidth: Double

  init(contentWidth: Double) {
    self.contentWidth = contentWidth
    drawing = Drawing(width: contentWidth + 2 * Self.margin, height: 0)
  }

  var right: Double { Self.margin + contentWidth }

  mutating func add(_ item: @escaping (Canvas) -> Void) { drawing.add(item) }

  /// Adds a paragraph over the whole width and moves below it.
  mutating func addParagraph(
    _ text: String, size: Double, bold: Bool = false, lines: Int? = nil, colour: Colour, gap: Double
  ) {
    guard !text.isEmpty else { return }
    let block = TextBlock(text, size: size, bold: bold, limit: contentWidth, lines: lines)
    add { [y] in $0.text(block, x: Self.margin, y: y, colour: colour) }
    y += block.height + gap
  }

  mutating func addHeader(title: String, subtitle: String) {
    addParagraph(title, size: 12, bold: true, lines: 3, colour: .ink, gap: 3)
    addParagraph(subtitle, size: 8.5, lines: 6, colour: .quietInk, gap: 0)
    if !(title.isEmpty && subtitle.isEmpty) { y += 10 }
  }

  /// Adds the small print and ends the page.
  mutating func finish(notes: [String]) {
    if !notes.isEmpty { y += 8 }
    for note in notes { addParagraph(note, size: 7.5, colour: .quietInk, gap: 1) }
    drawing.height = y + Self.margin
  }
}
