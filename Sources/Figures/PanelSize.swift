/// How large a picture is drawn.
///
/// The longer side is 108 points unless another length is given, times the scale. A PNG's resolution is chosen so that this is a
/// whole number of times the picture's pixels, as near to 288 pixels as can be, or 432 pixels for pictures of more than that; for
/// photographs twice as many, if they have them. The scale multiplies these, too.
struct PanelSize {
  static let side = 108.0
  private static let pixels = 288.0
  private static let mostPixels = 432.0
  /// The longer side of a photograph, in pixels.
  static let photographPixels = 864.0

  /// In points.
  let width: Double
  let height: Double
  /// The resolution at which a pixel of the picture covers a whole number of pixels of the page.
  let pixelsPerPoint: Double
  /// Whether the picture is enlarged, so that its pixels are drawn as squares.
  let isEnlarged: Bool

  init(height: Int, width: Int, side: Double = Self.side, scale: Double = 1, isPhotograph: Bool = false) {
    let longer = Double(max(height, width, 1))
    let side = side * scale
    let times = max(1, (Self.pixels * scale / longer).rounded())
    isEnlarged = times >= 2
    pixelsPerPoint = min(times * longer, (isPhotograph ? Self.photographPixels : Self.mostPixels) * scale) / side
    // A picture a thousand times as long as it is high would be too thin to see.
    self.width = max(side * Double(width) / longer, 2)
    self.height = max(side * Double(height) / longer, 2)
  }
}
