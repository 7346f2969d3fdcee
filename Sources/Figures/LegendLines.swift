/// The entries of a legend, each a key (a swatch, a piece of line) and a name, broken into lines.
struct LegendLines {
  struct Entry {
    /// The top left corner of the name; the key ends 4 points left of it.
    let x: Double
    let y: Double
    let name: TextBlock
  }

  let entries: [Entry]
  let height: Double

  /// - Parameters:
  ///   - key: the width of a key in points.
  ///   - left, right: between which the legend lies. Long names end in an ellipsis.
  init(names: [String], key: Double, left: Double, right: Double) {
    var entries: [Entry] = []
    var (x, y, lineHeight) = (left, 0.0, 0.0)
    for name in names {
      let block = TextBlock(name, size: 8, limit: min(220, right - left - key - 4))
      if x > left, x + key + 4 + block.width > right {
        x = left
        y += lineHeight + 3
        lineHeight = 0
      }
      entries.append(Entry(x: x + key + 4, y: y, name: block))
      lineHeight = max(lineHeight, block.height)
      x += key + 4 + block.width + 14
    }
    self.entries = entries
    height = y + lineHeight
  }
}
