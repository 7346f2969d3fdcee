import Foundation
import Saliency

/// The files that `saliency explain` writes, for a picture that is in memory.
struct ExplorerExport {
  let session: ExplorerSession
  let version: String

  func file(_ wish: ExplorerWish) async throws -> (type: String, content: Data) {
    let format = try ExplorerWish.known("format", wish.asked.format, ExplanationFormat.init(rawValue:))
    let analysis = try await session.current()
    let (index, attribution, views) = try (wish.index(analysis), wish.attribution(), wish.views())
    let (name, content) = try await session.kept(wish.picture)
    if let figure = format.figure {
      let drawing = try drawing(wish, analysis)
      let explainer = try Explainer(
        analysis.classifier, attributions: [attribution],
        views: ExplanationFigure.viewsToCompute(views, style: drawing.style), rivals: analysis.rivals,
        leavesOutSigned: true, memory: analysis.memory)
      let explained = try await explainer.explained(
        content, named: name, of: index, maximumPixels: session.limits.maximumPixels)
      let input = analysis.classifier.preprocessing
      let photograph = drawing.style == .overlay ? try await session.photograph(wish.picture) : nil
      let fitted = try await photograph?.fitted(
        side: MapFigure.photographSide(scale: 1), height: input.height, width: input.width)
      let drawn = drawing.figure(
        explained, views: views.map(\.name), labels: analysis.classifier.labels, photograph: fitted)
      return (Self.types[figure] ?? "application/octet-stream", try drawn.encoded(as: figure))
    }
    let classes = try (wish.asked.classes ?? []).map { try ExplorerWish.checked($0, analysis) }
    let document = ExplorerDocument(analysis, [attribution], Views.paper, version: version)
    let explained = try await document.explainer().explained(
      content, named: name, of: classes.first ?? index, maximumPixels: session.limits.maximumPixels)
    let page = try await document.page(
      name, explained, photograph: session.photograph(wish.picture), classes: classes)
    return ("text/html; charset=utf-8", page)
  }

  private static let types: [FigureFormat: String] = [
    .png: "image/png", .pdf: "application/pdf", .svg: "image/svg+xml",
  ]

  private func drawing(_ wish: ExplorerWish, _ analysis: ExplorerAnalysis) throws -> ExplanationFigure {
    var drawing = ExplanationFigure(model: analysis.title)
    drawing.style = try ExplorerWish.known("style", wish.asked.style, MapStyle.init(rawValue:))
    if let opacity = wish.asked.opacity, (0...1).contains(opacity) { drawing.opacity = opacity }
    if let clip = wish.asked.clip, clip > 0, clip <= 100 { drawing.clip = clip }
    if let smoothing = wish.asked.smoothing, (0...100).contains(smoothing) { drawing.smoothing = smoothing }
    return drawing
  }
}
