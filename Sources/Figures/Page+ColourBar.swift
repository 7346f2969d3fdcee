extension Page {
  /// Adds a colour scale with its caption beside it and moves below.
  mutating func addColourBar(_ bar: MapFigure.ColourBar, left: Double) {
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
}
