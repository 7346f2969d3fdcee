/// How one series is drawn: no two of the first 21 are equal, and those of one colour differ in dash, so that they stay apart
/// in grey and for colour-blind people.
struct CurveStyle: Hashable {
  enum Marker: CaseIterable { case circle, square, triangle, diamond, invertedTriangle, cross, plus }

  let colour: Colour
  let marker: Marker
  /// Lengths of strokes and gaps in points; empty for a whole line.
  let dash: [Double]

  /// The style of series number `index`.
  init(index: Int) {
    colour = Self.colours[index % Self.colours.count]
    marker = Marker.allCases[index % Marker.allCases.count]
    dash = Self.dashes[index / Self.colours.count % Self.dashes.count]
  }

  /// Source: Okabe and Ito, "Color Universal Design" (2008), without the yellow, which is too pale for a line.
  private static let colours = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000].map(Colour.init)
  private static let dashes: [[Double]] = [[], [4, 2.2], [1.2, 1.8]]
}
