import Figures
import Foundation
import Rasters
import SaliencyCore
import SaliencyMethods

/// How maps are drawn.
public enum MapStyle: String, Sendable, CaseIterable {
  /// Black, red, yellow, white, as in the paper.
  case heat
  /// Heat over the picture.
  case overlay
  /// White is zero; red should get brighter and blue darker.
  case signed
}

/// Draws an explanation: the picture as the classifier saw it and its maps side by side.
public struct ExplanationFigure: Sendable {
  public var style = MapStyle.heat
  /// How much of the picture the heat covers in an overlay, 0…1.
  public var opacity: Float = 0.7
  /// Values above this percentile of a map are drawn as if they were at it. For display alone.
  public var clip = 99.5
  /// The name of the model, for the subtitle.
  public var model: String

  public init(model: String) { self.model = model }

  /// Views drawn instead of those asked for: in the signed style the original map is shown with its sign.
  public static func viewsToCompute(_ views: [any View], style: MapStyle) -> [any View] {
    let needsSigned =
      style == .signed && views.contains { $0.name == "original" } && !views.contains { $0.name == "signed" }
    return needsSigned ? views + [Signed()] : views
  }

  /// The figure.
  ///
  /// - Parameters:
  ///   - explained: the picture and what was found out.
  ///   - views: the names of the views to draw, in order, `rivalry` included.
  ///   - labels: the classifier's.
  public func figure(_ explained: PictureJob.Explained, views: [String], labels: LabelSet) -> MapFigure {
    let explanation = explained.explanation
    let attributions = explanation.maps.map(\.attribution).unique + explanation.rivalries.map(\.attribution)
    let rows = attributions.unique.map { attribution in
      MapFigure.Row(
        label: attribution,
        panels: [MapPanel(title: "Input", content: .picture(explained.image))]
          + views.flatMap { panels($0, attribution, explained) })
    }
    return MapFigure(
      title: title(explanation, labels), subtitle: subtitle(explained, labels),
      rows: rows.count == 1 ? [MapFigure.Row(panels: rows[0].panels)] : rows,
      colourBars: colourBars(views, attributions.unique),
      classLegend: legend(views, labels), notes: notes(explained, views, labels))
  }

  private func panels(_ view: String, _ attribution: String, _ explained: PictureJob.Explained) -> [MapPanel] {
    let explanation = explained.explanation
    if view == Rivalry.name {
      return explanation.rivalries.filter { $0.attribution == attribution }.flatMap {
        [panel("Strongest rival", $0.strongest), panel("Weakest rival", $0.weakest)]
      }
    }
    return content(of: view, attribution, in: explanation, over: explained.image).map {
      [MapPanel(title: view.capitalized, content: $0)]
    } ?? []
  }

  /// The map of a view as it is drawn, of the first attribution unless another is named; nil if it was not computed.
  func content(
    of view: String, _ attribution: String? = nil, in explanation: Explanation, over image: Raster<Float>
  ) -> MapPanel.Content? {
    let shown = style == .signed && view == "original" ? "signed" : view
    return (explanation.map(shown, of: attribution)?.values).map { content($0, view: shown, over: image) }
  }

  private func content(_ map: Raster<Float>, view: String, over image: Raster<Float>) -> MapPanel.Content {
    let isSigned = view == "signed"
    if isSigned || style == .signed {
      let darkens = view == "negative" || view == "inactive"
      let values = darkens ? map.map { -$0 } : map
      return .signed(values, limit: DisplayScale.limit(of: values, percentile: clip))
    }
    let scale = DisplayScale(of: map, percentile: clip)
    return style == .overlay ? .overlay(map, scale, over: image, opacity: opacity) : .heat(map, scale)
  }

  private func panel(_ title: String, _ side: Rivalry.Side) -> MapPanel {
    let magnitudes = side.margins.map { abs($0) }
    let scale = DisplayScale(low: 0, high: DisplayScale.limit(of: magnitudes, percentile: clip))
    return MapPanel(
      title: title, content: .classes(side.rivals.map { Int($0) }, strength: magnitudes.map(scale.position)))
  }

  private func title(_ explanation: Explanation, _ labels: LabelSet) -> String {
    let explained = explanation.explainedClass
    let name = "\(labels[explained].isolated) · \(percent(explanation.prediction.probabilities[explained]))"
    let predicted = explanation.prediction.predictedClass
    return explained == predicted ? name : "\(name) (predicted: \(labels[predicted].isolated))"
  }

  private func subtitle(_ explained: PictureJob.Explained, _ labels: LabelSet) -> String {
    let prediction = explained.explanation.prediction
    let others = prediction.ranking.lazy.filter { $0 != explained.explanation.explainedClass }.prefix(3)
      .map { "\(labels[$0].isolated) \(percent(prediction.probabilities[$0]))" }
    return "\(model), input \(explained.image.height)×\(explained.image.width) · others: "
      + others.joined(separator: ", ")
  }

  func colourBars(_ views: [String], _ attributions: [String]) -> [MapFigure.ColourBar] {
    let maps = views.filter { $0 != Rivalry.name }
    let clipped = clip < 100 ? "; clipped at the \(clip.formatted())th percentile" : ""
    var bars: [MapFigure.ColourBar] = []
    if style != .signed && maps.contains(where: { $0 != "signed" }) {
      bars.append(.init(map: .heat, ticks: ["lowest", "highest"], caption: "each map scaled on its own" + clipped))
    }
    if style == .signed && !maps.isEmpty || maps.contains("signed") {
      let signs = attributions.map { Attributions.named($0)?.sign ?? .brightness }
      if signs.contains(.brightness) {
        bars.append(
          .init(
            map: .diverging, ticks: ["darker", "0", "brighter"],
            caption: "what makes the model surer; each map scaled on its own" + clipped))
      }
      if signs.contains(.evidence) {
        bars.append(
          .init(
            map: .diverging, ticks: ["against", "0", "for"],
            caption: "evidence for the class; each map scaled on its own" + clipped))
      }
    }
    return bars
  }

  private func legend(_ views: [String], _ labels: LabelSet) -> ClassLegend? {
    guard views.contains(Rivalry.name) else { return nil }
    return ClassLegend(
      names: labels.names, caption: "rival with the largest (smallest) gradient; the deeper, the larger the margin")
  }

  private func notes(_ explained: PictureJob.Explained, _ views: [String], _ labels: LabelSet) -> [String] {
    let rivals = explained.explanation.rivals
    var notes: [String] = []
    if !rivals.isEmpty && rivals.count < labels.count - 1 {
      let listing = LabelSet(labels.names.map(\.isolated)).listing(rivals)
      notes.append(
        rivals.count > 12
          ? "Compared with the \(rivals.count) most probable of \(labels.count - 1) other classes: \(listing)."
          : "Compared with: \(listing).")
    }
    if explained.hadTransparency { notes.append("Transparent parts of the picture were laid over white.") }
    return notes
  }

  private func percent(_ probability: Float) -> String { String(format: "%.1f%%", probability * 100) }
}

extension String {
  /// The text between marks that keep a name in a right-to-left script from turning the line around it.
  var isolated: String { "\u{2068}\(self)\u{2069}" }
}

extension Array where Element: Hashable {
  /// Every element once, in the order of first appearance.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
