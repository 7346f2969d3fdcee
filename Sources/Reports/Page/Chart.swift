import Experiments
import Figures
import Foundation

/// The geometry of a chart of deletion curves, for the template to draw as SVG: accuracy from 0 against the fraction.
struct Chart {
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

  struct Tick {
    let position: String
    let label: String
  }

  let id: String
  let title: String
  let description: String
  let lines: [Line]
  let columns: [Tick]
  let rows: [Tick]

  static let size = (width: 480.0, height: 300.0)
  static let plot = (left: 44.0, right: 468.0, top: 10.0, bottom: 254.0)

  init(id: String, title: String, description: String, curves: [PageCurve]) {
    self.id = id
    self.title = title
    self.description = description
    let last = max(curves.flatMap(\.fractions).max() ?? 0, 1e-9)
    let highest = curves.flatMap(\.accuracy).max() ?? 1
    // Round numbers, a handful of them.
    let step = highest > 0.5 ? 0.2 : highest > 0.2 ? 0.1 : 0.05
    let top = max(step, (highest / step - 1e-9).rounded(.up) * step)
    func x(_ fraction: Double) -> Double { Self.plot.left + (Self.plot.right - Self.plot.left) * fraction / last }
    func y(_ accuracy: Double) -> Double { Self.plot.bottom - (Self.plot.bottom - Self.plot.top) * accuracy / top }
    lines = curves.map { curve in
      let points = zip(curve.fractions, curve.accuracy).map { (x: x($0), y: y($1)) }
      let style = curve.map.style
      return Line(
        name: curve.map.title(namesAttribution: false), tone: style.className, dash: style.dashes,
        points: points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " "),
        marks: points.map { style.mark(x: $0.x, y: $0.y) }.joined(), key: style.key)
    }
    columns = stride(from: 0, through: last + 1e-9, by: last > 0.5 ? 0.1 : last / 5).enumerated().map {
      index, fraction in
      Tick(position: Self.number(x(fraction)), label: index % 3 == 0 ? "\(Int((fraction * 100).rounded()))%" : "")
    }
    rows = (0...Int((top / step).rounded())).map {
      Tick(
        position: Self.number(y(Double($0) * step)),
        label: String(format: step < 0.1 ? "%.2f" : "%.1f", Double($0) * step))
    }
  }

  static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}

extension CurveStyle {
  /// A line of the page is so much thicker than that of a figure.
  private static let scale = 1.5

  /// The CSS class of its colour.
  var className: String { "tone-\(tone)" }

  /// For `stroke-dasharray`.
  var dashes: String { dash.map { Chart.number(Self.scale * $0) }.joined(separator: " ") }

  /// The outline of a marker, for a path.
  func mark(x: Double, y: Double) -> String {
    "M"
      + marker.outline.map { "\(Chart.number(x + 3.2 * $0.x)) \(Chart.number(y + 3.2 * $0.y))" }.joined(separator: "L")
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
