import Figures
import Foundation
import Maps
import Rasters

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
  /// σ of the Gaussian that maps are smoothed with for display, in their pixels; 0 for none. nil: none for maps below 64 pixels,
  /// else 1/112 of the longer side.
  public var smoothing: Double?
  /// How many times as large as usual the panels are.
  public var scale = 1.0
  /// The name of the model, for the subtitle.
  public var model: String

  public init(model: String) { self.model = model }

  /// Views drawn instead of those asked for: in the signed style the original map is shown with its sign.
  package static func viewsToCompute(_ views: [any View], style: MapStyle) -> [any View] {
    let needsSigned =
      style == .signed && views.contains { $0 is Original } && !views.contains { $0 is Signed }
    return needsSigned ? views + [Signed()] : views
  }

  /// None for maps below 64 pixels, whose pixels can be told apart; above, so much that structure shows in place of speckle.
  package static func usualSmoothing(height: Int, width: Int) -> Double {
    let longer = max(height, width)
    return longer < 64 ? 0 : (Double(longer) / 112 * 100).rounded() / 100
  }

  /// The figure.
  ///
  /// - Parameters:
  ///   - explained: the picture and what was found out.
  ///   - views: the names of the views to draw, in order, `rivalry` included.
  ///   - labels: the classifier's.
  ///   - photograph: what overlays lie on; nil: on the picture as the classifier saw it.
  public func figure(
    _ explained: PictureJob.Explained, views: [String], labels: LabelSet, photograph: Photograph? = nil
  ) -> MapFigure {
    let explanation = explained.explanation
    let photograph = style == .overlay ? photograph : nil
    let attributions = explanation.maps.map(\.attribution).unique + explanation.rivalries.map(\.attribution)
    let rows = attributions.unique.map { attribution in
      MapFigure.Row(
        label: attribution,
        panels: [input(explained, photograph)] + views.flatMap { panels($0, attribution, explained, photograph) })
    }
    var figure = MapFigure(
      title: title(explanation, labels), subtitle: subtitle(explained, labels),
      rows: rows.count == 1 ? [MapFigure.Row(panels: rows[0].panels)] : rows,
      colourBars: colourBars(views, explanation),
      classLegend: !views.contains(Rivalry.name)
        ? nil
        : ClassLegend(
          names: labels.names,
          caption: "rival with the largest (smallest) gradient; the deeper, the larger the margin"),
      notes: notes(explained, views, labels, photograph))
    figure.scale = scale
    figure.sharesFirstPanel = rows.count > 1
    return figure
  }

  /// A map laid over the photograph; nil if it was not computed or is no map, as `rivalry` is none.
  public func overlay(
    of view: String, _ attribution: String, in explanation: Explanation, on photograph: Photograph
  ) -> PhotographOverlay? {
    map(of: view, attribution, in: explanation).map { shown, map in
      let layer: PhotographOverlay.Layer =
        switch content(map, of: shown) {
        case .signed(let values, let limit): .signed(values, limit: limit)
        default: .heat(map, DisplayScale(of: map, percentile: clip))
        }
      return PhotographOverlay(
        photograph.pixels, window: photograph.window, layer: layer, opacity: opacity, isSmooth: sigma(map) > 0)
    }
  }

  private func input(_ explained: PictureJob.Explained, _ photograph: Photograph?) -> MapPanel {
    let whole = photograph.map { PhotographOverlay($0.pixels, window: $0.window, layer: .nothing) }
    return MapPanel(
      title: "Input", content: whole.map { .photograph($0) } ?? .picture(explained.image), isSmooth: whole != nil)
  }

  private func panels(
    _ view: String, _ attribution: String, _ explained: PictureJob.Explained, _ photograph: Photograph?
  ) -> [MapPanel] {
    let explanation = explained.explanation
    if view == Rivalry.name {
      return explanation.rivalries.filter { $0.attribution == attribution }.flatMap {
        [panel("Strongest rival", $0.strongest), panel("Weakest rival", $0.weakest)]
      }
    }
    if let photograph {
      return overlay(of: view, attribution, in: explanation, on: photograph).map {
        [MapPanel(title: view.capitalized, content: .photograph($0), isSmooth: true)]
      } ?? []
    }
    return map(of: view, attribution, in: explanation).map { shown, map in
      var content = content(map, of: shown)
      if style == .overlay, case .heat(_, let scale) = content {
        content = .overlay(map, scale, over: explained.image, opacity: opacity)
      }
      return [MapPanel(title: view.capitalized, content: content, isSmooth: sigma(map) > 0)]
    } ?? []
  }

  /// The map that stands for a view, and its values, smoothed; nil if it was not computed.
  private func map(
    of view: String, _ attribution: String, in explanation: Explanation
  ) -> (shown: SaliencyMap, values: Raster<Float>)? {
    let name = style == .signed && view == Views.original.name ? Views.signed.name : view
    return explanation.map(name, of: attribution).map { ($0, $0.values.smoothed(sigma($0.values))) }
  }

  private func sigma<Scalar>(_ map: Raster<Scalar>) -> Double {
    smoothing ?? Self.usualSmoothing(height: map.height, width: map.width)
  }

  private func content(_ map: Raster<Float>, of shown: SaliencyMap) -> MapPanel.Content {
    if shown.hasNegatives || style == .signed {
      let values = shown.direction == .darker ? map.map { -$0 } : map
      return .signed(values, limit: DisplayScale.limit(of: values, percentile: clip))
    }
    return .heat(map, DisplayScale(of: map, percentile: clip))
  }

  private func panel(_ title: String, _ side: Rivalry.Side) -> MapPanel {
    let rivals = side.rivals.map { Int($0) }
    let (classes, strength) = rivals.voted(side.margins.map { abs($0) }, smoothing: sigma(rivals))
    let scale = DisplayScale(low: 0, high: DisplayScale.limit(of: strength, percentile: clip))
    return MapPanel(title: title, content: .classes(classes, strength: strength.map(scale.position)))
  }

  private func title(_ explanation: Explanation, _ labels: LabelSet) -> String {
    let explained = explanation.explainedClass
    let name = "\(labels[explained].isolated) · \(explanation.prediction.probabilities[explained].percent)"
    let predicted = explanation.prediction.predictedClass
    return explained == predicted ? name : "\(name) (predicted: \(labels[predicted].isolated))"
  }

  private func subtitle(_ explained: PictureJob.Explained, _ labels: LabelSet) -> String {
    let prediction = explained.explanation.prediction
    let others = prediction.ranking.lazy.filter { $0 != explained.explanation.explainedClass }.prefix(3)
      .map { "\(labels[$0].isolated) \(prediction.probabilities[$0].percent)" }
    return "\(model), input \(explained.image.height)×\(explained.image.width) · others: "
      + others.joined(separator: ", ")
  }

  private func colourBars(_ views: [String], _ explanation: Explanation) -> [MapFigure.ColourBar] {
    let attributions = explanation.maps.map(\.attribution).unique
    let maps = attributions.flatMap { attribution in
      views.compactMap { map(of: $0, attribution, in: explanation)?.shown }
    }
    let clipped = clip < 100 ? "; clipped at the \(clip.formatted())th percentile" : ""
    var bars: [MapFigure.ColourBar] = []
    if style != .signed && maps.contains(where: { !$0.hasNegatives }) {
      bars.append(.init(map: .heat, ticks: ["lowest", "highest"], caption: "each map scaled on its own" + clipped))
    }
    let signs = maps.filter { style == .signed || $0.hasNegatives }.map { $0.sign ?? .brightness }
    let meanings: [(Sign, ends: (String, String), what: String)] = [
      (.brightness, ("darker", "brighter"), "what makes the model surer"),
      (.evidence, ("against", "for"), "evidence for the class"),
    ]
    for (sign, ends, what) in meanings where signs.contains(sign) {
      bars.append(
        .init(
          map: .diverging, ticks: [ends.0, "0", ends.1], caption: "\(what); each map scaled on its own" + clipped))
    }
    return bars
  }

  private func notes(
    _ explained: PictureJob.Explained, _ views: [String], _ labels: LabelSet, _ photograph: Photograph?
  ) -> [String] {
    let rivals = explained.explanation.rivals
    var notes: [String] = []
    let sigma = sigma(explained.image)
    if sigma > 0 {
      notes.append("Maps are smoothed for display by a Gaussian of σ = \(sigma.formatted()) input pixels.")
    }
    if let photograph, photograph.isCropped { notes.append("The classifier saw what lies inside the line.") }
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
}

extension Float {
  /// A probability in words.
  package var percent: String { String(format: "%.1f%%", self * 100) }
}
