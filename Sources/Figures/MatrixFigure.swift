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
package struct MatrixFigure: Figure {
  /// What stands along the rows or the columns.
  package struct Side: Sendable {
    package var title: String
    /// One name per row or column.
    package var names: [String]

    package init(title: String, names: [String]) {
      self.title = title
      self.names = names
    }
  }

  package var title: String
  package var subtitle: String
  package var rows: Side
  package var columns: Side
  /// A number 0…1 per cell, clamped to that; grey where it is not finite.
  package var values: Raster<Float>
  /// A text per cell, row by row; `nil` for none at all.
  package var texts: [String]?
  /// What the colours mean, beside the colour bar.
  package var caption: String
  /// Small print below everything, a paragraph each.
  package var notes: [String]

  package init(
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

  /// - Precondition: `values` has a row per row name, a column per column name and one channel; `texts` is as long as it.
  package var layout: Drawing { MatrixFigureLayout(self).page.drawing }
}
