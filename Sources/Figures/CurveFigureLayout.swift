/// Where everything in a curve figure goes, in points.
struct CurveFigureLayout {
  private static let plotWidth = 216.0
  private static let plotHeight = 150.0
  /// Room for the vertical axis' numbers and label.
  private static let axisWidth = 44.0
  private static let gap = 18.0

  private(set) var page: Page
  /// The names of all series in order of appearance, and what the legend shows for them.
  private let names: [String]
  private var keys: [CurveStyle] = []

  init(_ figure: CurveFigure) {
    let series = figure.plots.flatMap(\.series)
    names = series.map(\.name).unique
    let columns = Double(min(max(figure.plots.count, 1), 2))
    page = Page(
      contentWidth: columns * (Self.axisWidth + Self.plotWidth + Self.gap) - Self.gap, pixelsPerPoint: 8.0 / 3)
    keys = names.map { name in
      let styles = series.filter { $0.name == name }.map(style)
      return styles.allSatisfy { $0 == styles[0] } ? styles[0] : styles[0].undashed
    }
    page.addHeader(title: figure.title, subtitle: figure.subtitle)
    for first in stride(from: 0, to: figure.plots.count, by: 2) {
      addLine(figure.plots[first..<min(first + 2, figure.plots.count)])
    }
    if figure.plots.contains(where: { $0.series.count > 1 }) { addLegend() }
    page.finish(notes: figure.notes)
  }

  private func style(of series: CurveFigure.Series) -> CurveStyle {
    series.style ?? CurveStyle(index: names.firstIndex(of: series.name) ?? 0)
  }

  private mutating func addLine(_ plots: ArraySlice<CurveFigure.Plot>) {
    let titles = plots.map {
      TextBlock($0.title, size: 9, bold: true, limit: Self.plotWidth, lines: 2, alignment: .centre)
    }
    let hasTitles = plots.contains { !$0.title.isEmpty }
    let top = page.y + (hasTitles ? (titles.map(\.height).max() ?? 0) + 5 : 4)
    for (column, (plot, title)) in zip(plots, titles).enumerated() {
      let left = Page.margin + Self.axisWidth + Double(column) * (Self.axisWidth + Self.plotWidth + Self.gap)
      if hasTitles { page.add { $0.text(title, x: left, y: top - 5 - title.height) } }
      add(plot, left: left, top: top)
    }
    page.y = top + Self.plotHeight + 32
  }

  private mutating func add(_ plot: CurveFigure.Plot, left: Double, top: Double) {
    let layout = PlotLayout(
      plot, left: left, top: top, width: Self.plotWidth, height: Self.plotHeight, style: style)
    addAxes(plot, layout, left: left, top: top)
    for curve in layout.curves {
      page.add { canvas in
        // Markers at the edge of the plot are drawn whole.
        canvas.clipped(x: left - 3, y: top - 3, width: Self.plotWidth + 6, height: Self.plotHeight + 6) {
          for band in curve.bands { canvas.area(band, colour: curve.style.colour, opacity: 0.16) }
          for run in curve.runs { canvas.line(run, colour: curve.style.colour, width: 1.3, dash: curve.style.dash) }
          for mark in curve.marks { canvas.marker(curve.style.marker, at: mark, colour: curve.style.colour) }
        }
      }
    }
  }

  private mutating func addAxes(_ plot: CurveFigure.Plot, _ layout: PlotLayout, left: Double, top: Double) {
    let (right, bottom) = (left + Self.plotWidth, top + Self.plotHeight)
    let xTicks = layout.columns.map { (at: $0.at, label: TextBlock($0.label, size: 7.5)) }
    let yTicks = layout.rows.map { (at: $0.at, label: TextBlock($0.label, size: 7.5)) }
    let xLabel = TextBlock(plot.xLabel, size: 8.5, limit: Self.plotWidth, alignment: .centre)
    let yLabel = TextBlock(plot.yLabel, size: 8.5, limit: Self.plotHeight, alignment: .centre)
    page.add { canvas in
      for tick in yTicks {
        let line = [Point(x: left, y: tick.at), Point(x: right, y: tick.at)]
        canvas.line(line, colour: .grid, width: 0.5)
        canvas.line([Point(x: left - 3, y: tick.at), line[0]], colour: .ink, width: 0.7)
        canvas.text(tick.label, x: left - 5 - tick.label.width, y: tick.at - tick.label.height / 2)
      }
      for tick in xTicks {
        let line = [Point(x: tick.at, y: bottom), Point(x: tick.at, y: top)]
        canvas.line(line, colour: .grid, width: 0.5)
        canvas.line([Point(x: tick.at, y: bottom + 3), line[0]], colour: .ink, width: 0.7)
        canvas.text(tick.label, x: tick.at - tick.label.width / 2, y: bottom + 4.5)
      }
      let corner = [Point(x: left, y: top), Point(x: left, y: bottom), Point(x: right, y: bottom)]
      canvas.line(corner, colour: .ink, width: 0.7)
      canvas.text(xLabel, x: left, y: bottom + 16)
      let labelsWidth = yTicks.map(\.label.width).max() ?? 0
      canvas.placed(x: left - 9 - labelsWidth - yLabel.height, y: bottom, angle: .pi / 2) {
        canvas.text(yLabel, x: 0, y: 0)
      }
    }
  }

  private mutating func addLegend() {
    page.addLegend(names, key: 22, left: Page.margin + Self.axisWidth) { [keys] canvas, index, x, middle in
      let style = keys[index]
      let line = [Point(x: x - 26, y: middle), Point(x: x - 4, y: middle)]
      canvas.line(line, colour: style.colour, width: 1.3, dash: style.dash)
      canvas.marker(style.marker, at: Point(x: x - 15, y: middle), colour: style.colour)
    }
  }
}
