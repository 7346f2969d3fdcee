import Figures
import Files
import Foundation
import Maps
import Pictures
import Rasters

/// What an explanation is written as.
public enum ExplanationFormat: String, CaseIterable, Sendable {
  case png, pdf, svg
  /// A page for a browser, without a server.
  case html

  /// The figure's; nil for a page.
  public var figure: FigureFormat? { FigureFormat(rawValue: rawValue) }
}

/// The files that one picture's explanation is written to.
public struct ExplanationFiles: Sendable {
  /// The figure or the page; nil where overlays are written instead.
  public let figure: URL?
  /// The photograph with one map over it, by attribution and view, in order; empty unless asked for.
  public let overlays: [Map]
  /// The maps' files by attribution and view, in order; empty when maps are not kept.
  public let maps: [Map]

  public struct Map: Sendable {
    public let attribution: String
    /// The view, or one of `rivalry-strongest`, `rivalry-strongest-margin`, `rivalry-weakest`, `rivalry-weakest-margin`.
    public let view: String
    public let url: URL
  }

  /// - Parameters:
  ///   - folder: where the files go.
  ///   - name: the picture's stem, see ``OutputNames``.
  ///   - format: the figure's, or that of a page.
  ///   - explainer: what makes the maps.
  ///   - views: the names of those of its views that are wanted, and `rivalry`.
  ///   - savesMaps: whether maps are kept, each as a file of numbers.
  ///   - overlaysOnly: whether there is, in place of the figure, a PNG of the photograph for each map, which lies over it.
  public init(
    folder: URL, name: String, format: ExplanationFormat, explainer: Explainer, views: [String], savesMaps: Bool,
    overlaysOnly: Bool = false
  ) {
    figure = overlaysOnly ? nil : folder.appending(path: "\(name)\(Self.figureMark)\(format.rawValue)")
    /// Attributions without sign are not seen through the views that read it.
    func seen(_ view: String, _ attribution: any Attribution) -> Bool {
      view == Rivalry.name
        ? attribution.sign != nil : explainer.views(of: attribution).contains { $0.name == view }
    }
    func files(_ isWanted: Bool, _ ending: String, _ parts: (String) -> [String]) -> [Map] {
      (isWanted ? explainer.attributions : []).flatMap { attribution in
        views.filter { seen($0, attribution) }.flatMap(parts).map { view in
          Map(
            attribution: attribution.name, view: view,
            url: folder.appending(path: "\(name).\(attribution.name).\(view).\(ending)"))
        }
      }
    }
    maps = files(savesMaps, "npy") { $0 == Rivalry.name ? Rivalry.files.map(\.name) : [$0] }
    overlays = files(overlaysOnly, Self.overlayEnding) { [$0] }
  }

  private static let figureMark = ".saliency."
  private static let overlayEnding = "overlay.png"

  /// Whether a file bears the name of a figure or an overlay, so that these among pictures are not taken for pictures.
  package static func isFigure(_ url: URL) -> Bool {
    FigureFormat.allCases.contains { url.lastPathComponent.hasSuffix(figureMark + $0.rawValue) }
      || url.lastPathComponent.hasSuffix("." + overlayEnding)
  }

  package var all: [URL] { [figure].compactMap(\.self) + overlays.map(\.url) + maps.map(\.url) }

  /// The first file that is already there.
  package var existing: URL? { all.first(where: \.exists) }

  /// Writes every file under a temporary name and then gives it its own.
  ///
  /// Maps are NumPy arrays, float32, [H, W], unscaled. A page is the caller's to make.
  ///
  /// - Parameters:
  ///   - explanation: whose maps are written.
  ///   - drawing: makes the figure.
  ///   - format: the figure's; nil: there is none.
  ///   - overlay: makes the picture of a view of an attribution.
  /// - Throws: ``FiguresError``, `PictureError`, Foundation's errors.
  public func write(
    _ explanation: Explanation, figure drawing: () throws -> MapFigure, format: FigureFormat?,
    overlay: (_ view: String, _ attribution: String) throws -> PhotographOverlay? = { _, _ in nil }
  ) throws {
    for map in maps { try values(map, in: explanation).map { try NumPyFile.encoded($0).writeWhole(to: map.url) } }
    for map in overlays { try overlay(map.view, map.attribution)?.pixels().writePNG(to: map.url) }
    if let figure, let format { try drawing().write(to: figure, as: format) }
  }

  private func values(_ map: Map, in explanation: Explanation) -> Raster<Float>? {
    if let values = explanation.map(map.view, of: map.attribution)?.values { return values }
    guard let rivalry = explanation.rivalries.first(where: { $0.attribution == map.attribution }) else { return nil }
    return Rivalry.files.first { $0.name == map.view }?.values(rivalry)
  }
}

extension Rivalry {
  /// What is kept of it.
  fileprivate static let files: [(name: String, values: @Sendable (Rivalry) -> Raster<Float>)] = [
    ("\(name)-strongest", { $0.strongest.rivals.map(Float.init) }),
    ("\(name)-strongest-margin", { $0.strongest.margins }),
    ("\(name)-weakest", { $0.weakest.rivals.map(Float.init) }), ("\(name)-weakest-margin", { $0.weakest.margins }),
  ]
}
