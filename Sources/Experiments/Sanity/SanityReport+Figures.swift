import Figures
import Maps
import Rasters

extension SanityReport {
  /// Columns for which a page has room, besides the image and the trained model.
  private static let mostSteps = 8
  private static let clip = 99.5

  private static let measureTitles = ["Rank correlation", "Rank correlation of magnitudes", "SSIM", "HOG correlation"]

  /// The maps of one image from the trained model down the cascade, spread evenly over long ones; nil without an example.
  func cascadeFigure(_ maps: [Int]) -> GridFigure? {
    guard let example = result.example else { return nil }
    let cascade = result.steps.indices.filter { result.steps[$0].kind == .cascading }
    let count = min(cascade.count, Self.mostSteps)
    let shown = (0..<count).map { place in
      cascade[count > 1 ? place * (cascade.count - 1) / (count - 1) : cascade.count - 1]
    }
    let labels = result.steps.lastIndex { $0.kind == .labels }
    let columns = shown + (labels.map { [$0] } ?? [])
    return GridFigure(
      title: "Maps of \(settings.model.isolated) as its weights become random",
      subtitle:
        "\(self.labels[example.explained].isolated) · in each column this layer and all behind it, up to the logits, are random",
      columns: ["Input", "Trained"]
        + columns.map {
          result.steps[$0].kind == .labels ? "Random labels" : Self.head(result.steps[$0].layer)
        },
      rows: maps.map { map in
        let name = result.maps[map]
        return GridFigure.Row(
          name: name.attribution.replacing("-", with: " "), detail: name.view,
          panels: [.picture(example.image), content(example.trained[map], name)]
            + columns.map { content(example.changed[$0][map], name) })
      },
      colourBars: colourBars(maps))
  }

  /// A layer's name, long enough to be broken into two lines.
  private static func head(_ layer: String) -> String {
    guard let dot = layer.lastIndex(of: ".") else { return layer }
    return layer[..<dot] + " / " + layer[layer.index(after: dot)...]
  }

  private func content(_ map: Raster<Float>, _ name: MapName) -> MapPanel.Content {
    name.hasNegatives
      ? .signed(map, limit: DisplayScale.limit(of: map, percentile: Self.clip))
      : .heat(map, DisplayScale(of: map, percentile: Self.clip))
  }

  private func colourBars(_ maps: [Int]) -> [MapFigure.ColourBar] {
    let heat = MapFigure.ColourBar(
      map: .heat, ticks: ["lowest", "highest"], caption: "each map scaled on its own; clipped at the 99.5th percentile")
    let signed = MapFigure.ColourBar(
      map: .diverging, ticks: ["−", "0", "+"], caption: "signed maps, each scaled on its own")
    return [heat] + (maps.contains { result.maps[$0].hasNegatives } ? [signed] : [])
  }

  /// The means of all measures after every step, with their 95% intervals.
  func curves(_ kind: SanityCheck.Kind, _ maps: [Int]) -> CurveFigure {
    let steps = result.steps.indices.filter { result.steps[$0].kind == kind }
    let plots = zip(Self.measureTitles, MapSimilarity.measures).map { title, measure in
      CurveFigure.Plot(
        title: title,
        xLabel: kind == .cascading ? "random layers, from the logits" : "the random layer, from the logits",
        yLabel: "similarity",
        series: maps.map { map in
          let of = result.maps[map]
          return CurveFigure.Series(
            name: of.title, style: of.style,
            points: (kind == .cascading ? [.init(x: 0, y: 1)] : [])
              + steps.enumerated().compactMap { place, step in
                result.mean(step: step, map: map, measure.value).map {
                  .init(x: Double(place + 1), y: $0.value, interval: ($0.low, $0.high))
                }
              })
        })
    }
    let names = steps.enumerated().map { "\($0 + 1) \(result.steps[$1].layer)" }.joined(separator: ", ")
    return CurveFigure(
      title: kind == .cascading ? "Random weights from the top down" : "Random weights in one layer",
      subtitle: "\(settings.model) · \(settings.images)", plots: plots,
      notes: ["Similarity to the maps of the trained model. Layers: \(names)."])
  }
}
