/// A drawing that grows downwards as things are added to it.
struct Page {
  static let margin = 16.0

  private(set) var drawing: Drawing
  /// Where the next thing begins.
  var y = Self.margin
  /// The width between the margins, in points.
  let contentWidth: Double

  init(contentWidth: Double, pixelsPerPoint: Double) {
    self.contentWidth = contentWidth
    drawing = Drawing(width: contentWidth + 2 * Self.margin, height: 0, pixelsPerPoint: pixelsPerPoint)
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

  /// Adds a colour scale with its caption beside it, `gap` points below, and moves below it.
  mutating func addColourBar(_ bar: MapFigure.ColourBar, left: Double, gap: Double) {
    y += gap
    let (width, height) = (150.0, 7.0)
    let labels = bar.ticks.map { TextBlock($0, size: 7.5) }
    add { [y] canvas in
      canvas.bar(bar.map, x: left, y: y, width: width, height: height)
      for (index, label) in labels.enumerated() {
        let share = labels.count > 1 ? Double(index) / Double(labels.count - 1) : 0
        // The outermost labels end with the bar.
        let offset = max(0, min(share * width - label.width / 2, width - label.width))
        canvas.text(label, x: left + offset, y: y + height + 2, colour: .quietInk)
      }
    }
    let captionLeft = left + width + 12
    let caption = TextBlock(bar.caption, size: 8, limit: right - captionLeft, lines: nil)
    add { [y] in $0.text(caption, x: captionLeft, y: y - 2, colour: .quietInk) }
    y += max(height + 2 + (labels.map(\.height).max() ?? 0), caption.height)
  }

  /// Adds names with keys left of them (swatches, pieces of line), broken into lines, and moves below. Long names end in an ellipsis.
  ///
  /// - Parameters:
  ///   - key: the width of a key in points.
  ///   - draw: draws the key of a name, which ends 4 points left of x, around a height.
  mutating func addLegend(
    _ names: [String], key: Double, left: Double,
    draw: @escaping (Canvas, _ index: Int, _ x: Double, _ middle: Double) -> Void
  ) {
    var (x, lineY, lineHeight) = (left, 0.0, 0.0)
    for (index, name) in names.enumerated() {
      let block = TextBlock(name, size: 8, limit: min(220, right - left - key - 4))
      if x > left, x + key + 4 + block.width > right {
        x = left
        lineY += lineHeight + 3
        lineHeight = 0
      }
      add { [x = x + key + 4, top = y + lineY] canvas in
        draw(canvas, index, x, top + block.height / 2)
        canvas.text(block, x: x, y: top)
      }
      lineHeight = max(lineHeight, block.height)
      x += key + 4 + block.width + 14
    }
    y += lineY + lineHeight
  }
}
