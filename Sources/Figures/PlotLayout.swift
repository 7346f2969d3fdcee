/// Where the parts of one plot go in a frame: what figures draw with Cairo and pages as SVG.
package struct PlotLayout: Sendable {
  /// A round number on an axis, and how far right or down it is.
  package struct Tick: Sendable {
    package let at: Double
    package let label: String
  }

  package struct Curve: Sendable {
    package let name: String
    package let style: CurveStyle
    /// The stretches of finite points.
    package let runs: [[Point]]
    /// Outlines: along the upper ends of the intervals and back along the lower.
    let bands: [[Point]]
    /// Where it has markers, which tell curves apart; on every point of a long curve they would hide it.
    package var marks: [Point] {
      runs.flatMap { run in stride(from: 0, to: run.count, by: max(1, run.count / 10)).map { run[$0] } }
    }
  }

  package let columns: [Tick]
  package let rows: [Tick]
  package let curves: [Curve]

  /// - Parameter style: of a series without a style of its own.
  package init(
    _ plot: CurveFigure.Plot, left: Double, top: Double, width: Double, height: Double,
    style: (CurveFigure.Series) -> CurveStyle = { $0.style ?? CurveStyle(index: 0) }
  ) {
    let points = plot.series.flatMap(\.points)
    let x = Axis(values: points.map(\.x), fixed: plot.xRange, wholeSteps: false)
    let y = Axis(
      values: points.flatMap { [$0.y] + ($0.interval.map { [$0.low, $0.high] } ?? []) }, fixed: plot.yRange,
      wholeSteps: true)
    func right(_ value: Double) -> Double { left + x.position(of: value) * width }
    func down(_ value: Double) -> Double { top + (1 - y.position(of: value)) * height }
    columns = x.ticks.map { Tick(at: right($0), label: x.label(of: $0)) }
    rows = y.ticks.map { Tick(at: down($0), label: y.label(of: $0)) }
    curves = plot.series.map { series in
      let runs = series.points.split { !(abs($0.x) < 1e300 && abs($0.y) < 1e300) }.map(Array.init)
      let bands = runs.flatMap { run in
        run.split { !($0.interval.map { abs($0.low) < 1e300 && abs($0.high) < 1e300 } ?? false) }.map { part in
          part.map { Point(x: right($0.x), y: down($0.interval?.high ?? $0.y)) }
            + part.reversed().map { Point(x: right($0.x), y: down($0.interval?.low ?? $0.y)) }
        }
      }
      return Curve(
        name: series.name, style: style(series),
        runs: runs.map { $0.map { Point(x: right($0.x), y: down($0.y)) } }, bands: bands)
    }
  }
}
