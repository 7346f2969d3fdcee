import Foundation
import Rasters

/// A matrix of numbers in 0…1 with names for its rows and columns, such as a confusion matrix: every cell in a colour from
/// white to dark blue, with its text where there is room. The colours follow the square root of the numbers, so that small
/// ones are seen too; the colour bar says so by its ticks.
///
/// The matrix is drawn at most 640 points (8.9 inches) wide and high, whatever its size: up to about 30 rows and columns
/// have room for numbers of four digits in their cells, up to 108 for all their names, and of more only every second,
/// fifth, tenth … is named, with a small line to its row or column. Names that are too long for their columns climb; very long ones end in an ellipsis.
/// In a PNG every cell covers a whole number of pixels. The same figure gives the same bytes.
public struct MatrixFigure: Sendable {
  /// What stands along the rows or the columns.
  public struct Side: Sendable {
    public var title: String
    /// One name per row or column.
    public var names: [String]

    public init(title: String, names: [String]) {
      self.title = title
      self.names = names
    }
  }

  public var title: String
  public var subtitle: String
  public var rows: Side
  public var columns: Side
  /// A number 0…1 per cell, clamped to that; grey where it is not finite.
  public var values: Raster<Float>
  /// A text per cell, row by row; `nil` for none at all.
  public var texts: [String]?
  /// What the colours mean, beside the colour bar.
  public var caption: String
  /// Small print below everything, a paragraph each.
  public var notes: [String]

  public init(
    title: String = "", subtitle: String = "", rows: Side, columns: Side, values: Raster<Float>, texts: [String]? = nil,
    caption: String, notes: [String] = []
  ) {
    self.title = title
    self.subtitle = subtitle
    self.rows = rows
    self.columns = columns
    self.values = values
    self.texts = texts
    self.caption = caption
    self.notes = notes
  }

  /// The file's bytes. Cost: proportional to the number of cells and to the page.
  ///
  /// - Precondition: `values` has a row per row name, a column per column name and one channel; `texts` is as long as it.
  /// - Throws: ``FiguresError/drawing(reason:)``.
  public func encoded(as format: FigureFormat) throws -> Data {
    let layout = MatrixFigureLayout(self)
    return try layout.drawing.encoded(as: format, pixelsPerPoint: layout.grid.pixelsPerPoint)
  }

  /// Writes the figure; a file that was there before is replaced in one step.
  ///
  /// - Throws: ``FiguresError``.
  public func write(to url: URL, as format: FigureFormat) throws {
    try encoded(as: format).writeFigure(to: url)
  }
}
