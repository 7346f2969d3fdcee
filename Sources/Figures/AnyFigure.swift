import Foundation

/// Any figure that this library draws, where figures of different kinds stand side by side.
public enum AnyFigure: Sendable {
  case maps(MapFigure)
  case grid(GridFigure)
  case curves(CurveFigure)
  case matrix(MatrixFigure)

  /// The file's bytes.
  ///
  /// - Throws: ``FiguresError/drawing(reason:)``.
  public func encoded(as format: FigureFormat) throws -> Data {
    switch self {
    case .maps(let figure): try figure.encoded(as: format)
    case .grid(let figure): try figure.encoded(as: format)
    case .curves(let figure): try figure.encoded(as: format)
    case .matrix(let figure): try figure.encoded(as: format)
    }
  }

  var drawing: Drawing {
    switch self {
    case .maps(let figure): MapFigureLayout(figure).drawing
    case .grid(let figure): GridFigureLayout(figure).drawing
    case .curves(let figure): CurveFigureLayout(figure).drawing
    case .matrix(let figure): MatrixFigureLayout(figure).drawing
    }
  }
}
