/// How large the cells of a matrix are.
struct MatrixGrid {
  /// A name needs this much of a side to be read, in points.
  private static let leastPitch = 5.9
  private static let usualSide = 480.0
  private static let longestSide = 640.0
  private static let largestCell = 64.0
  private static let usualPixelsPerPoint = 8.0 / 3
  private static let mostPixelsPerPoint = 8.0

  let rows: Int
  let columns: Int
  /// The side of a cell, in points.
  let cell: Double
  /// The resolution at which a cell covers a whole number of pixels, unless there are too many cells for that.
  let pixelsPerPoint: Double

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    let longer = Double(max(rows, columns, 1))
    // Beyond the usual side the page grows only as long as that leaves room for every name.
    cell = min(Self.largestCell, max(Self.usualSide, min(Self.leastPitch * longer, Self.longestSide)) / longer)
    pixelsPerPoint = min((cell * Self.usualPixelsPerPoint).rounded(.up) / cell, Self.mostPixelsPerPoint)
  }

  var width: Double { Double(columns) * cell }
  var height: Double { Double(rows) * cell }

  /// The nearest place that lies between two pixels.
  func snapped(_ place: Double) -> Double { (place * pixelsPerPoint).rounded() / pixelsPerPoint }

  /// Whether a cell is at least a pixel, so that cells can be drawn as squares.
  var hasWholePixels: Bool { cell * pixelsPerPoint >= 1 - 1e-9 }

  /// Whether lines between the cells help the eye more than they hide.
  var hasLines: Bool { cell >= 5 }

  /// Which rows or columns are named: every first, second, fifth, tenth …, further apart where names are left out.
  var nameStep: Int {
    guard cell < Self.leastPitch - 1e-9 else { return 1 }
    var power = 1
    while true {
      for step in [2 * power, 5 * power, 10 * power] where Double(step) * cell >= 1.5 * Self.leastPitch { return step }
      power *= 10
    }
  }

  /// The font size of the names, in points; a line of DejaVu Sans is 1.17 times as high.
  var nameSize: Double { min(8, Double(nameStep) * cell / 1.17) }
}
