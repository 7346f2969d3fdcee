import Foundation

/// How one series of numbers is drawn, in every figure and on every page.
///
/// A map's view decides its colour and its marker, its attribution the dash, so that a map looks the same whatever else is drawn
/// beside it. Series stay apart in grey and for colour-blind people by their markers alone.
public struct CurveStyle: Hashable, Sendable {
  /// A colour on white and on a dark ground.
  package struct Tone: Hashable, Sendable {
    package let light: Colour
    package let dark: Colour
  }

  package enum Marker: CaseIterable, Sendable { case circle, triangle, invertedTriangle, square, diamond, cross, plus }

  /// The place of its colours in ``palette``.
  package let tone: Int
  package let marker: Marker
  /// Lengths of strokes and gaps in points; empty for a whole line.
  package let dash: [Double]

  var colour: Colour { Self.palette[tone].light }
  /// Its colours on a white and on a dark ground.
  package var colours: Tone { Self.palette[tone] }

  /// The style of a map; names that are not known have one of their own, too, the same every time.
  public static func map(_ attribution: String, _ view: String) -> CurveStyle {
    let attribution = attributions.firstIndex(of: attribution) ?? place(of: attribution)
    let known = views.firstIndex(of: view)
    return CurveStyle(
      tone: known ?? views.count + place(of: view) % (grey - views.count),
      marker: known.map { Marker.allCases[$0] } ?? Marker.allCases[(place(of: view) >> 8) % Marker.allCases.count],
      dash: dashes[attribution % dashes.count])
  }

  /// The style of what knows nothing of a model: random pixels, or another control.
  public static func control(_ name: String = "random") -> CurveStyle {
    CurveStyle(tone: grey, marker: name == "random" ? .cross : .plus, dash: name == "random" ? [1.2, 1.8] : [4, 2.2])
  }

  /// The same as a whole line, for a legend that says nothing of attributions.
  var undashed: CurveStyle { CurveStyle(tone: tone, marker: marker, dash: []) }

  private static let views = ["original", "positive", "negative", "active", "inactive"]
  private static let attributions = [
    "gradient", "smoothgrad", "integrated-gradients", "guided-backpropagation", "gradient-x-input", "deeplift",
    "smoothgrad-squared", "vargrad",
  ]
  private static let dashes: [[Double]] = [
    [], [4, 2.2], [1.2, 1.8], [6, 2, 1.2, 2], [8, 2.5], [2.5, 1.5], [6, 1.6, 1.2, 1.6, 1.2, 1.6], [1.2, 3.5],
  ]

  /// The five views' colours in their order, two for other views, and the controls' grey. All pairs stay apart for people without
  /// red, green or blue cones, as the tests compute; the contrast to the ground is 3 at least.
  package static let palette: [Tone] = [
    (0x000000, 0xF2F0EA), (0xD55E00, 0xE0641E), (0x0288D1, 0x4A86F7), (0x7B1470, 0xDA7FD6), (0x0F5C3A, 0x44C680),
    (0x632DCB, 0x9802F9), (0xAE8252, 0xE7C829), (0x7F858B, 0x787B81),
  ].map { Tone(light: Colour($0), dark: Colour($1)) }
  private static let grey = palette.count - 1

  /// A number for a name, by the hash of G. Fowler, L. C. Noll and K.-P. Vo (FNV-1a, 32 bits).
  private static func place(of name: String) -> Int {
    Int(name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 })
  }
}

extension CurveStyle {
  /// The style of series number `index` of a figure whose series are no maps: no two of the first 21 are equal, and those of one
  /// colour differ in dash.
  init(index: Int) {
    self.init(
      tone: index % Self.grey, marker: Marker.allCases[index % Marker.allCases.count],
      dash: Self.dashes[index / Self.grey % Self.dashes.count])
  }
}

extension CurveStyle.Marker {
  /// The corners around the middle, for a marker of about 2 across.
  package var outline: [(x: Double, y: Double)] {
    let bar = 0.32
    let plus = [(-bar, -1.2), (bar, -1.2), (bar, -bar), (1.2, -bar), (1.2, bar), (bar, bar)]
    return switch self {
    case .circle: (0..<24).map { (cos(Double($0) * .pi / 12), sin(Double($0) * .pi / 12)) }
    case .square: [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]
    case .triangle: [(0, -1.15), (1.05, 0.8), (-1.05, 0.8)]
    case .invertedTriangle: [(0, 1.15), (1.05, -0.8), (-1.05, -0.8)]
    case .diamond: [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]
    case .plus: plus + plus.map { (-$0, -$1) }
    case .cross: Self.plus.outline.map { (($0.x - $0.y) / 2.squareRoot(), ($0.x + $0.y) / 2.squareRoot()) }
    }
  }
}
