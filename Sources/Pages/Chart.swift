import Foundation

/// The geometry of a chart of deletion curves, for the template to draw as SVG: accuracy from 0 against the fraction.
struct Chart {
  struct Line {
    let name: String
    /// The CSS class that has its colour and dashes.
    let style: String
    let points: String
    let dots: [Dot]
  }

  struct Dot {
    let x, y: String
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
    func x(_ fraction: Double) -> String {
      number(Self.plot.left + (Self.plot.right - Self.plot.left) * fraction / last)
    }
    func y(_ accuracy: Double) -> String {
      number(Self.plot.bottom - (Self.plot.bottom - Self.plot.top) * accuracy / top)
    }
    func number(_ value: Double) -> String { String(format: "%.1f", value) }
    lines = curves.map { curve in
      let dots = zip(curve.fractions, curve.accuracy).map { Dot(x: x($0), y: y($1)) }
      return Line(
        name: curve.series.shortTitle, style: curve.series.style,
        points: dots.map { "\($0.x),\($0.y)" }.joined(separator: " "), dots: dots)
    }
    columns = stride(from: 0, through: last + 1e-9, by: last > 0.5 ? 0.1 : last / 5).enumerated().map {
      index, fraction in
      Tick(position: x(fraction), label: index % 3 == 0 ? "\(Int((fraction * 100).rounded()))%" : "")
    }
    rows = (0...Int((top / step).rounded())).map {
      Tick(position: y(Double($0) * step), label: String(format: step < 0.1 ? "%.2f" : "%.1f", Double($0) * step))
    }
  }
}

extension PageSeries {
  /// For a legend in which all series have one attribution.
  package var shortTitle: String {
    switch kind {
    case .map: view
    case .random: "random"
    case .randomAsMany: "random, as many as \(view)"
    }
  }

  /// A CSS class.
  var style: String {
    let known = ["original", "positive", "negative", "active", "inactive"]
    return kind == .map && known.contains(view) ? "line-\(view)" : "line-other"
  }

  /// `gradient-active` or `random-gradient-active`: the same in keys of numbers.
  var slug: String {
    switch kind {
    case .map: "\(attribution)-\(view)"
    case .random: "random"
    case .randomAsMany: "random-\(attribution)-\(view)"
    }
  }
}
