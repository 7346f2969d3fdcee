import CCairo
import Foundation

/// A page of things to draw, measured in points (1/72 inch), of which every format is made.
struct Drawing {
  var width: Double
  var height: Double
  private var items: [(Canvas) -> Void] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func add(_ item: @escaping (Canvas) -> Void) { items.append(item) }

  /// Draws everything where the canvas' origin is.
  func draw(on canvas: Canvas) { for item in items { item(canvas) } }

  /// The file's bytes; the same drawing gives the same bytes every time.
  ///
  /// - Parameter pixelsPerPoint: the resolution of a PNG, lowered where the page would be larger than Cairo can hold.
  ///   PDF and SVG have none.
  /// - Throws: `FiguresError.drawing`.
  func encoded(as format: FigureFormat, pixelsPerPoint: Double) throws -> Data {
    let sink = Sink()
    return try withExtendedLifetime(sink) {
      switch format {
      case .png:
        let scale = min(pixelsPerPoint, 32_000 / max(width, height))
        let (columns, rows) = (Int32((width * scale).rounded(.up)), Int32((height * scale).rounded(.up)))
        let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows)
        defer { cairo_surface_destroy(surface) }
        _ = try draw(on: surface, scale: scale)
        try Sink.check(cairo_surface_write_to_png_stream(surface, Sink.write, sink.address))
        return sink.data
      case .pdf:
        let surface = cairo_pdf_surface_create_for_stream(Sink.write, sink.address, width, height)
        defer { cairo_surface_destroy(surface) }
        Sink.setDate(of: surface)
        _ = try draw(on: surface, scale: 1)
        try Sink.finish(surface)
        return sink.data
      case .svg:
        let surface = cairo_svg_surface_create_for_stream(Sink.write, sink.address, width, height)
        defer { cairo_surface_destroy(surface) }
        let canvas = try draw(on: surface, scale: 1)
        try Sink.finish(surface)
        return SVGText.finished(sink.data, hardSizes: canvas.hardSizes)
      }
    }
  }

  private func draw(on surface: OpaquePointer?, scale: Double) throws -> Canvas {
    try Sink.check(cairo_surface_status(surface))
    let canvas = Canvas(surface: surface, scale: scale)
    canvas.fill(x: 0, y: 0, width: width + 1, height: height + 1, .white)
    draw(on: canvas)
    try Sink.check(cairo_status(canvas.context))
    return canvas
  }
}
