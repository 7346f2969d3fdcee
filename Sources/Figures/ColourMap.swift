/// Colours for numbers: straight lines through sRGB between fixed stops.
public enum ColourMap: String, CaseIterable, Sendable {
  /// Black, red, yellow, white for 0…1: the "hot" map of MATLAB, as in the paper.
  case heat
  /// Blue, white, red for −1…1, white at 0. Stops: the scheme RdBu of ColorBrewer (Brewer and Harrower), which colour-blind
  /// people can read, its middle grey replaced by white.
  case diverging

  /// The numbers that the map has colours for.
  public var range: ClosedRange<Float> { self == .heat ? 0...1 : -1...1 }

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

  struct Stop: Sendable {
    let position: Float
    let colour: Colour
  }

  /// The stops, at positions 0…1 along `range`.
  var stops: [Stop] { self == .heat ? Self.heatStops : Self.divergingStops }

  private static let heatStops = [
    Stop(position: 0, colour: Colour(0x000000)), Stop(position: 0.375, colour: Colour(0xFF0000)),
    Stop(position: 0.75, colour: Colour(0xFFFF00)), Stop(position: 1, colour: Colour(0xFFFFFF)),
  ]

  private static let divergingStops = [
    0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xFFFFFF, 0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B, 0x67001F,
  ].enumerated().map { Stop(position: Float($0) / 10, colour: Colour($1)) }
}
