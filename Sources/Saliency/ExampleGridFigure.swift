import Figures
import Foundation
import Rasters
import SaliencyCore
import SaliencyMethods

/// Draws one example of each class with its maps, as the paper's Figures 1 and 2 and its appendix: a row per class with its name,
/// the image and the maps.
public struct ExampleGridFigure: Sendable {
  /// An image of a class and what was found out about it.
  public struct Example: Sendable {
    /// The image's true class.
    public let className: String
    /// What the classifier saw, in 0…1.
    public let image: Raster<Float>
    public let explanation: Explanation

    public init(className: String, image: Raster<Float>, explanation: Explanation) {
      self.className = className
      self.image = image
      self.explanation = explanation
    }
  }

  /// How the maps are drawn; see ``ExplanationFigure``.
  public var style = MapStyle.heat
  /// Values above this percentile of a map are drawn as if they were at it. For display alone.
  public var clip = 99.5
  /// How many rows one figure has at most: ten fill a page.
  public var rowsPerFigure = 10
  /// The name of the model, for the title.
  public var model: String
  /// The name of the data set, for the title.
  public var dataset: String

  public init(model: String, dataset: String) {
    self.model = model
    self.dataset = dataset
  }

  /// The figures, as many as the examples fill.
  ///
  /// - Parameters:
  ///   - views: the names of the views to draw, in order; a view that was not computed leaves its column empty.
  ///   - without: the classes of which there is no example, which a note names.
  ///   - titled: whether model and data set stand above; in a paper the caption says them.
  public func figures(
    _ examples: [Example], views: [String] = Views.paper.map(\.name), without: [String] = [], titled: Bool = true
  ) -> [GridFigure] {
    var drawing = ExplanationFigure(model: model)
    drawing.style = style
    drawing.clip = clip
    let rows = examples.map { example in
      let maps = views.compactMap { drawing.content(of: $0, in: example.explanation, over: example.image) }
      return GridFigure.Row(
        name: example.className.isolated, detail: detail(example), panels: [.picture(example.image)] + maps)
    }
    let pages = max(1, (rows.count + rowsPerFigure - 1) / rowsPerFigure)
    // Pages of nearly equal length.
    let length = (rows.count + pages - 1) / pages
    return (0..<pages).map { page in
      let part = rows[min(page * length, rows.count)..<min((page + 1) * length, rows.count)]
      return GridFigure(
        title: titled
          ? "\(model.isolated) on \(dataset.isolated)" + (pages > 1 ? " (\(page + 1) of \(pages))" : "") : "",
        columns: ["Input"] + views.map(\.capitalized), rows: Array(part),
        colourBars: drawing.colourBars(views, examples.compactMap { $0.explanation.maps.first?.attribution }.unique),
        notes: page == pages - 1 ? notes(without) : [])
    }
  }

  /// How sure the model is of the class that the maps explain.
  private func detail(_ example: Example) -> String {
    let explanation = example.explanation
    return String(format: "%.1f%%", 100 * explanation.prediction.probabilities[explanation.explainedClass])
  }

  private func notes(_ without: [String]) -> [String] {
    guard !without.isEmpty else { return [] }
    let names = LabelSet(without.map(\.isolated)).listing(Array(without.indices))
    return ["No image of these classes is classified correctly: \(names)."]
  }
}
