import Files
import Foundation

/// What is drawn once and written as PNG, PDF and SVG.
public protocol Figure: Sendable {
  /// What there is to draw, laid out.
  var layout: Drawing { get }
}

extension Figure {
  /// The file's bytes; the same figure gives the same bytes. Cost: proportional to the points and pixels in it and to the page.
  ///
  /// - Throws: ``FiguresError/drawing(reason:)``.
  public func encoded(as format: FigureFormat) throws -> Data { try layout.encoded(as: format) }

  /// Writes the figure; a file that was there before is replaced in one step.
  ///
  /// - Throws: ``FiguresError``, `FileError`.
  public func write(to url: URL, as format: FigureFormat) throws {
    try encoded(as: format).writeWhole(to: url)
  }
}
