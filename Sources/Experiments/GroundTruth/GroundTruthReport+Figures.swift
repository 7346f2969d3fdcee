import Figures
import Maps
import Rasters

extension GroundTruthReport {
  /// Values above this percentile of a map are drawn as if they were at it.
  private static let clip = 99.5

  private static let truthBar = MapFigure.ColourBar(
    map: .diverging, ticks: ["darker", "0", "brighter"],
    caption: "the truth, and maps with their sign, each scaled on its own")

  /// The truth beside the views of one attribution.
  var viewsFigure: GridFigure {
    let views = examples.first?.views ?? []
    return GridFigure(
      title: views.first.map { "Known pixels and the maps of \($0.attribution)" } ?? "Known pixels",
      subtitle: subtitle,
      columns: ["Input", "Truth", "Against rivals"] + views.map(\.view.capitalized),
      rows: examples.map { example in
        row(example, example.views.map { .heat($0.values, DisplayScale(of: $0.values, percentile: Self.clip)) })
      },
      colourBars: [
        Self.truthBar, .init(map: .heat, ticks: ["lowest", "highest"], caption: "each map scaled on its own"),
      ])
  }

  /// The truth beside all attributions' signed maps.
  var attributionsFigure: GridFigure {
    GridFigure(
      title: "Known pixels and signed maps", subtitle: subtitle,
      columns: ["Input", "Truth", "Against rivals"]
        + (examples.first?.signed.map {
          $0.attribution.replacing("-", with: " ").replacing("backpropagation", with: "backprop")
        } ?? []),
      rows: examples.map { example in
        row(
          example,
          example.signed.map {
            .signed($0.values, limit: DisplayScale.limit(of: $0.values, percentile: Self.clip))
          })
      }, colourBars: [Self.truthBar])
  }

  private var subtitle: String {
    "\(settings.architecture.title), accuracy \(String(format: "%.3f", accuracy)) on generated shapes"
  }

  private func row(_ example: Example, _ maps: [MapPanel.Content]) -> GridFigure.Row {
    let truth = images.truth(example.image)
    let signs = zip(truth.brighter, truth.darker).map { Float($0 ? 1 : $1 ? -1 : 0) }
    let own = truth.own.map { Float($0 ? truth.isBright ? 1 : -1 : 0) }
    return GridFigure.Row(
      name: images.classNames[Int(images.labels[example.image])],
      panels: [.picture(images[example.image].map { Float($0) / 255 })]
        + [signs, own].map {
          .signed(Raster(height: images.height, width: images.width, values: $0), limit: 1.5)
        } + maps)
  }
}
