import Foundation
import Rasters

/// A picture and its saliency maps side by side, with titles and colour bars, as a figure in a paper.
///
/// Every panel is drawn 108 points (1.5 inches) wide or high, times `scale`. Small pictures are enlarged with hard pixel edges, in a PNG by a
/// whole number; large ones are smoothed. Seven panels at most stand on a line. The same figure gives the same bytes.
public struct MapFigure: Figure {
  /// The panels of one attribution.
  public struct Row: Sendable {
    /// Written upwards at the row's left; no room is left for it where no row has one.
    public var label: String
    public var panels: [MapPanel]

    public init(label: String = "", panels: [MapPanel]) {
      self.label = label
      self.panels = panels
    }
  }

  /// A colour scale below the panels.
  public struct ColourBar: Sendable {
    public var map: ColourMap
    /// Labels under the bar from its left end to its right, evenly spaced.
    public var ticks: [String]
    /// What the bar shows, beside it.
    public var caption: String

    public init(map: ColourMap, ticks: [String], caption: String) {
      self.map = map
      self.ticks = ticks
      self.caption = caption
    }
  }

  public var title: String
  public var subtitle: String
  public var rows: [Row]
  public var colourBars: [ColourBar]
  /// Names for the classes, if any panel shows classes.
  public var classLegend: ClassLegend?
  /// Small print below everything, a paragraph each.
  public var notes: [String]
  /// How many times as large as usual the panels are.
  public var scale = 1.0
  /// Whether all rows begin with the same panel, so that it is drawn in the first alone.
  package var sharesFirstPanel = false

  /// The longer side, in pixels, of a photograph that a panel shows in a PNG of this scale: more would be lost.
  package static func photographSide(scale: Double) -> Int { Int((PanelSize.photographPixels * scale).rounded()) }

  public init(
    title: String, subtitle: String = "", rows: [Row], colourBars: [ColourBar] = [], classLegend: ClassLegend? = nil,
    notes: [String] = []
  ) {
    self.title = title
    self.subtitle = subtitle
    self.rows = rows
    self.colourBars = colourBars
    self.classLegend = classLegend
    self.notes = notes
  }

  public var layout: Drawing { MapFigureLayout(self).page.drawing }
}
