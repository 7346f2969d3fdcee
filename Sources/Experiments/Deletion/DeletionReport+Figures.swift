import Figures
import Foundation
import Maps

extension DeletionReport {
  /// The curves of one metric; of the paper's in the manner of its Figures 3 and 4: the maps and random pixels, and beside them as
  /// many random pixels as each map deletes.
  public func figure(_ metric: Int) -> CurveFigure {
    let (all, fractions) = result.shape(metric)
    let (chosen, plot) = (result.metrics[metric], result.metrics[metric].plot)
    let yRange = plot.yRange ?? range(metric)
    let x = plot.isLogarithmic ? fractions.map { log10(($0 * Double(setup.pixels)).rounded()) } : fractions
    func plots(_ series: [MapName], title: String) -> [CurveFigure.Plot] {
      // A plot for each attribution, with the curves of its views and of random pixels.
      let attributions = series.filter { $0.kind != .random }.map(\.attribution).unique
      return attributions.map { attribution in
        CurveFigure.Plot(
          title: attributions.count > 1 ? attribution : title, xLabel: plot.xLabel,
          yLabel: chosen.keepsClasses ? score(metric).name : plot.yLabel,
          series: series.filter { $0.kind == .random || $0.attribution == attribution }.map { map in
            let y = all.firstIndex(of: map).map { curve(metric: metric, series: $0) } ?? []
            return CurveFigure.Series(
              name: map.kind == .random ? "random" : map.view, style: map.style,
              points: zip(x, y).map { .init(x: $0, y: $1) })
          }, yRange: yRange)
      }
    }
    var shown = plots(
      all.filter { $0.kind != .randomAsMany }, title: chosen.keepsClasses ? "Pixels in the maps’ order" : "")
    let controls = all.filter { $0.kind == .randomAsMany }
    // With several attributions they would hide what the figure is for.
    if !controls.isEmpty, shown.count == 1 { shown += plots(controls, title: "As many random pixels") }
    return CurveFigure(
      title: "\(chosen.title): \(settings.model)",
      subtitle: "\(settings.dataset) · \(setup.images) images"
        + (chosen.keepsClasses ? String(format: " · accuracy %.4f", result.accuracy) : ""),
      plots: shown, notes: [plot.note])
  }

  /// Round numbers around all curves of a metric, so that its plots can be compared.
  private func range(_ metric: Int) -> ClosedRange<Double> {
    let values: [Double] = result.shape(metric).series.indices.flatMap { (place: Int) -> [Double] in
      curve(metric: metric, series: place)
    }
    let low: Double = ((values.min() ?? 0) * 5).rounded(.down) / 5
    let high: Double = ((values.max() ?? 0) * 5).rounded(.up) / 5
    return min(low, 0)...max(high, 0.2)
  }
}

extension MapName {
  /// As many random pixels look as the map that they are a control of: they stand in a plot of their own.
  package var style: CurveStyle {
    switch kind {
    case .map, .randomAsMany: .map(attribution, view)
    case .random, .sobel: .control(attribution)
    }
  }
}
