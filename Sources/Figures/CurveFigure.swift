import Foundation

/// Named curves in one or more plots side by side, as a figure in a paper: axes with round numbers, one legend for all plots,
/// line styles that stay apart in grey and for colour-blind people. The same figure gives the same bytes.
public struct CurveFigure: Figure {
  /// One point of a curve, perhaps with an interval of confidence. A point that is not finite leaves a gap.
  public struct Point: Sendable {
    public var x: Double
    public var y: Double
    /// The ends of the interval around `y`, drawn as a band where neighbouring points have one too.
    public var interval: (low: Double, high: Double)?

    public init(x: Double, y: Double, interval: (low: Double, high: Double)? = nil) {
      self.x = x
      self.y = y
      self.interval = interval
    }
  }

  /// A curve. Without a style of its own it gets one by its place; then curves of the same name look the same in all plots of
  /// a figure.
  public struct Series: Sendable {
    public var name: String
    public var style: CurveStyle?
    public var points: [Point]

    public init(name: String, style: CurveStyle? = nil, points: [Point]) {
      self.name = name
      self.style = style
      self.points = points
    }
  }

  public struct Plot: Sendable {
    public var title: String
    public var xLabel: String
    public var yLabel: String
    public var series: [Series]
    /// The range of the vertical axis; `nil` takes round numbers around the curves and their bands.
    public var yRange: ClosedRange<Double>?
    /// The range of the horizontal axis; `nil` reaches a little beyond the curves.
    package var xRange: ClosedRange<Double>?

    public init(
      title: String = "", xLabel: String, yLabel: String, series: [Series], yRange: ClosedRange<Double>? = nil
    ) {
      self.title = title
      self.xLabel = xLabel
      self.yLabel = yLabel
      self.series = series
      self.yRange = yRange
    }
  }

  public var title: String
  public var subtitle: String
  /// Two stand side by side; more go on below.
  public var plots: [Plot]
  /// Small print below everything, a paragraph each.
  public var notes: [String]

  public init(title: String = "", subtitle: String = "", plots: [Plot], notes: [String] = []) {
    self.title = title
    self.subtitle = subtitle
    self.plots = plots
    self.notes = notes
  }

  public var layout: Drawing { CurveFigureLayout(self).page.drawing }
}
