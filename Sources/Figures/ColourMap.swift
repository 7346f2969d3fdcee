/// Colours for numbers: straight lines through sRGB between fixed stops.
public enum ColourMap: String, CaseIterable, Sendable {
  /// Black, red, yellow, white for 0…1: the "hot" map of MATLAB, as in the paper.
  case heat
  /// Blue, white, red for −1…1, white at 0. Stops: the scheme RdBu of ColorBrewer (Brewer and Harrower), which colour-blind
  /// people can read, its middle grey replaced by white.
  case diverging
  /// White to dark blue for 0…1, ever darker. Stops: the scheme Blues of ColorBrewer, which colour-blind people can read, its
  /// lightest blue replaced by white.
  case sequential

  /// The numbers that the map has colours for.
  public var range: ClosedRange<Float> { self == .diverging ? -1...1 : 0...1 }

  /// The colour of `value`, which is clamped to `range`; ``Colour/notFinite`` for NaN and the infinities.
  public func colour(_ value: Float) -> Colour {
    guard value.isFinite else { return .notFinite }
    let stops = stops
    let position =
      (min(max(value, range.lowerBound), range.upperBound) - range.lowerBound)
      / (range.upperBound - range.lowerBound)
    let upper = stops.firstIndex { $0.position >= position } ?? stops.count - 1
    guard upper > 0 else { return stops[0].colour }
    let (a, b) = (stops[upper - 1], stops[upper])
    return a.colour.mixed(with: b.colour, (position - a.position) / (b.position - a.position))
  }

  package struct Stop: Sendable {
    package let position: Float
    package let colour: Colour
  }

  /// The stops, at positions 0…1 along `range`.
  package var stops: [Stop] {
    switch self {
    case .heat: Self.heatStops
    case .diverging: Self.divergingStops
    case .sequential: Self.sequentialStops
    }
  }

  private static let heatStops = [
    Stop(position: 0, colour: Colour(0x000000)), Stop(position: 0.375, colour: Colour(0xFF0000)),
    Stop(position: 0.75, colour: Colour(0xFFFF00)), Stop(position: 1, colour: Colour(0xFFFFFF)),
  ]

  private static let divergingStops = [
    0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xFFFFFF, 0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B, 0x67001F,
  ].enumerated().map { Stop(position: Float($0) / 10, colour: Colour($1)) }

  private static let sequentialStops = [
    0xFFFFFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B,
  ].enumerated().map { Stop(position: Float($0) / 8, colour: Colour($1)) }
}
