import Figures

/// What an explanation is written as.
public enum ExplanationFormat: String, CaseIterable, Sendable {
  case png, pdf, svg
  /// A page for a browser, without a server.
  case html

  /// The figure's; nil for a page.
  public var figure: FigureFormat? { FigureFormat(rawValue: rawValue) }
}
