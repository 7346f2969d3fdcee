import Figures
import Files
import Foundation
import Rasters
import SaliencyMethods

/// The files that one picture's explanation is written to.
public struct ExplanationFiles: Sendable {
  public let figure: URL
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
  ///   - format: the figure's.
  ///   - attributions: their names.
  ///   - views: the names of the views, `rivalry` included.
  ///   - savesMaps: whether maps are kept, each as a file of numbers.
  public init(
    folder: URL, name: String, format: FigureFormat, attributions: [String], views: [String], savesMaps: Bool
  ) {
    figure = folder.appending(path: "\(name)\(Self.figureMark)\(format.rawValue)")
    /// Attributions without sign are not seen through the views that read it.
    func seen(_ view: String, _ attribution: String) -> Bool {
      guard let known = Attributions.named(attribution), known.sign == nil else { return true }
      return Views.named(view)?.needsSign == false
    }
    let sides = ["strongest", "strongest-margin", "weakest", "weakest-margin"].map { "\(Rivalry.name)-\($0)" }
    maps = (savesMaps ? attributions : []).flatMap { attribution in
      views.filter { seen($0, attribution) }.flatMap { $0 == Rivalry.name ? sides : [$0] }.map { view in
        Map(
          attribution: attribution, view: view,
          url: folder.appending(path: "\(name).\(attribution).\(view).npy"))
      }
    }
  }

  private static let figureMark = ".saliency."

  /// Whether a file bears the name of a figure, so that figures among pictures are not taken for pictures.
  public static func isFigure(_ url: URL) -> Bool {
    FigureFormat.allCases.contains { url.lastPathComponent.hasSuffix(figureMark + $0.rawValue) }
  }

  public var all: [URL] { [figure] + maps.map(\.url) }

  /// The first file that is already there.
  public var existing: URL? { all.first { FileManager.default.fileExists(atPath: $0.path) } }

  /// Writes every file under a temporary name and then gives it its own.
  ///
  /// Maps are NumPy arrays, float32, [H, W], unscaled.
  public func write(_ explanation: Explanation, figure drawing: MapFigure, format: FigureFormat) throws {
    for map in maps {
      guard let values = values(map, in: explanation) else { continue }
      try NumPyFile.encoded(values).writeWhole(to: map.url)
    }
    try drawing.write(to: figure, as: format)
  }

  private func values(_ map: Map, in explanation: Explanation) -> Raster<Float>? {
    if let values = explanation.map(map.view, of: map.attribution)?.values { return values }
    guard let rivalry = explanation.rivalries.first(where: { $0.attribution == map.attribution }) else { return nil }
    switch map.view {
    case "rivalry-strongest": return rivalry.strongest.rivals.map(Float.init)
    case "rivalry-strongest-margin": return rivalry.strongest.margins
    case "rivalry-weakest": return rivalry.weakest.rivals.map(Float.init)
    case "rivalry-weakest-margin": return rivalry.weakest.margins
    default: return nil
    }
  }
}
