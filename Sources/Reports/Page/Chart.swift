import Experiments
import Figures
import Foundation

/// The curves of an attribution's maps and of random pixels, by one metric.
struct Chart {
  let id: String
  let metric: String
  let attribution: String
  /// What the curves show.
  let score: String
  let curves: [PageCurve]

  /// What is drawn on the page and, with a title, in the document.
  func plot(title: String = "") -> CurveFigure.Plot {
    CurveFigure.Plot(
      title: title, xLabel: "fraction of pixels deleted", yLabel: score,
      series: curves.map { curve in
        CurveFigure.Series(
          name: curve.map.title(namesAttribution: false), style: curve.map.style,
          points: zip(curve.fractions, curve.values).map { .init(x: $0, y: $1) })
      }, yRange: 0...1)
  }
}

/// A chart as the template draws it, in SVG.
struct ChartLines {
  struct Line {
    let name: String
    /// The CSS class that has its colour, and its dashes.
    let tone, dash: String
    let points: String
    /// The outlines of its markers.
    let marks: String
    /// For the legend.
    let key: String
  }

  let lines: [Line]
  let columns, rows: [(position: String, label: String)]

  init(_ chart: Chart) {
    var plot = chart.plot()
    // The script finds the fraction under the pointer by the frame's sides.
    plot.xRange = 0...max(chart.curves.flatMap(\.fractions).max() ?? 0, 1e-9)
    let layout = PlotLayout(plot, left: 44, top: 10, width: 424, height: 244)
    lines = layout.curves.map { curve in
      Line(
        name: curve.name, tone: curve.style.className, dash: curve.style.dashes,
        points: curve.runs.joined().map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " "),
        marks: curve.marks.map { curve.style.mark(x: $0.x, y: $0.y) }.joined(), key: curve.style.key)
    }
    columns = layout.columns.map { (position: Self.number($0.at), label: $0.label) }
    rows = layout.rows.map { (position: Self.number($0.at), label: $0.label) }
  }

  static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}

extension CurveStyle {
  /// A line of the page is so much thicker than that of a figure.
  private static let scale = 1.5

  /// The CSS class of its colour.
  var className: String { "tone-\(tone)" }

  /// For `stroke-dasharray`.
  var dashes: String { dash.map { ChartLines.number(Self.scale * $0) }.joined(separator: " ") }

  /// The outline of a marker, for a path.
  func mark(x: Double, y: Double) -> String {
    "M"
      + marker.outline.map { "\(ChartLines.number(x + 3.2 * $0.x)) \(ChartLines.number(y + 3.2 * $0.y))" }.joined(
        separator: "L")
      + "Z"
  }

  /// A piece of the line with its marker, as SVG.
  var key: String {
    """
    <svg class="key \(className)" viewBox="0 0 30 10" width="30" height="10" aria-hidden="true">\
    <polyline points="0,5 30,5" stroke-dasharray="\(dashes)"/><path d="\(mark(x: 15, y: 5))"/></svg>
    """
  }

  /// The colours as CSS, by ``className``.
  static var css: String {
    func rules(_ colour: KeyPath<Tone, Colour>) -> String {
      palette.enumerated().map { ".tone-\($0) { --tone: \($1[keyPath: colour].hex); }" }.joined(separator: " ")
    }
    return rules(\.light) + "\n@media screen and (prefers-color-scheme: dark) { \(rules(\.dark)) }"
  }
}
