import ArgumentParser
import Saliency

extension ExplanationFormat: ExpressibleByArgument {}
extension MapStyle: ExpressibleByArgument {}

/// What `saliency explain` writes, and how it looks.
struct ResultOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Folder for the results.") var output = "."
  @Option(
    help: """
      A figure as png, pdf or svg; or html: one page to look at in a browser, with the maps of the classes asked for (of the \
      predicted one and the runner-up where none is), which needs no network and can be sent to others.
      """)
  var format = ExplanationFormat.png
  @Option(
    help: "heat, overlay (heat over the whole photograph), or signed (red: should get brighter, blue: darker).")
  var style = MapStyle.heat
  @Flag(
    help: ArgumentHelp(
      """
      Write no figure but, for each map, the photograph in its own resolution with the map over it, as PNG: in heat colours, \
      or in red and blue with --style signed.
      """, visibility: .hidden))
  var overlayOnly = false
  @Option(help: ArgumentHelp("How much of the picture a map covers in an overlay, 0 to 1.", visibility: .hidden))
  var opacity: Float = 0.7
  @Option(help: ArgumentHelp("Draw panels N times as large as usual.", visibility: .hidden)) var scale = 1.0
  @Option(
    help: ArgumentHelp(
      "Draw values above this percentile as if they were at it. For display alone.", visibility: .hidden))
  var clip = 99.5
  @Option(
    help: ArgumentHelp(
      """
      Smooth maps for display by a Gaussian of σ map pixels; 0 for none (default: none below 64 pixels, above the longer side \
      / 112). Saved maps never are.
      """, valueName: "σ", visibility: .hidden))
  var smooth: Double?
  @Flag(help: "Keep the maps as NumPy files.") var saveMaps = false
  @Flag(help: "Print one JSON object a line for each picture, and nothing else.") var json = false
  @Flag(help: "Overwrite files that are there.") var force = false

  func validate() throws {
    guard (0...1).contains(opacity) else { throw ValidationError("--opacity is not between 0 and 1") }
    guard clip > 0, clip <= 100 else { throw ValidationError("--clip is a percentile: above 0, at most 100") }
    guard (0.25...10).contains(scale) else { throw ValidationError("--scale is not between 0.25 and 10") }
    if let smooth, !(0...100).contains(smooth) { throw ValidationError("--smooth is not between 0 and 100 pixels") }
    guard !overlayOnly || format == .png else {
      throw ValidationError("--overlay-only writes PNG files: leave --format \(format.rawValue) out")
    }
  }

  func drawing(model: String) -> ExplanationFigure {
    var drawing = ExplanationFigure(model: model)
    drawing.style = style
    drawing.opacity = opacity
    drawing.clip = clip
    drawing.smoothing = smooth
    drawing.scale = scale
    return drawing
  }
}
