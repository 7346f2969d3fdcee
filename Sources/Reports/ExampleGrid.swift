import Experiments
import Figures
import Foundation
import Pictures
import Rasters

extension PageExamples {
  /// Ten rows fill a page.
  private static let rowsPerFigure = 10

  /// The examples as the paper's Figures 1 and 2 and its appendix show them: a row for each class, with its name, the image and
  /// the maps; as many figures as they fill.
  ///
  /// - Parameter heading: the model and the data set.
  /// - Throws: `PictureError` where a picture is damaged.
  func figures(of heading: String) throws -> [GridFigure] {
    let attributions = examples.flatMap { $0.maps.map(\.attribution) }.unique
    let views = examples.flatMap { $0.maps.map(\.view) }.unique
    let rows = try examples.flatMap { example in
      let input = try Self.panel(example.picture)
      return try example.maps.map(\.attribution).unique.map { attribution in
        GridFigure.Row(
          name: example.name.isolated,
          detail: Text.percent(example.probability) + (attributions.count > 1 ? " \(attribution)" : ""),
          panels: [input]
            + (try views.map { view in
              try example.maps.first { $0.attribution == attribution && $0.view == view }.map {
                try Self.panel($0.picture)
              }
                ?? Self.nothing
            }))
      }
    }
    // Figures of nearly equal length.
    let pages = max(1, (rows.count + Self.rowsPerFigure - 1) / Self.rowsPerFigure)
    let length = (rows.count + pages - 1) / pages
    return (0..<pages).map { page in
      GridFigure(
        title: heading.isolated + (pages > 1 ? " (\(page + 1) of \(pages))" : ""),
        columns: ["Input"] + views.map(\.capitalized),
        rows: Array(rows[min(page * length, rows.count)..<min((page + 1) * length, rows.count)]),
        // Maps that are deleted have no negative values.
        colourBars: [
          .init(
            map: .heat, ticks: ["lowest", "highest"],
            caption: "each map scaled on its own; clipped at the 99.5th percentile")
        ],
        notes: page == pages - 1 ? notes : [])
    }
  }

  private static func panel(_ png: Data) throws -> MapPanel.Content {
    .picture(try Picture.decode(png, named: "an example").pixels.map { Float($0) / 255 })
  }

  /// A map that an attribution does not have.
  private static let nothing = MapPanel.Content.picture(Raster(repeating: 1, height: 1, width: 1))

  private var notes: [String] {
    (without.isEmpty
      ? []
      : [
        "No image of these classes is classified correctly: "
          + without.prefix(10).map(\.isolated).joined(separator: ", ") + (without.count > 10 ? ", …" : "") + "."
      ]) + (leftOut == 0 ? [] : ["\(Text.count(leftOut)) further classes are left out."])
  }
}
