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

  /// The file's bytes; the same drawing gives the same bytes every time.
  ///
  /// - Parameter pixelsPerPoint: the resolution of a PNG, lowered where the page would be larger than Cairo can hold.
  ///   PDF and SVG have none.
  /// - Throws: `FiguresError.drawing`.
  func encoded(as format: FigureFormat, pixelsPerPoint: Double) throws -> Data {
    let sink = Sink()
    let address = Unmanaged.passUnretained(sink).toOpaque()
    let write: cairo_write_func_t = { address, bytes, count in
      guard let address, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
      Unmanaged<Sink>.fromOpaque(address).takeUnretainedValue().data.append(bytes, count: Int(count))
      return CAIRO_STATUS_SUCCESS
    }
    return try withExtendedLifetime(sink) {
      switch format {
      case .png:
        let scale = min(pixelsPerPoint, 32_000 / max(width, height))
        let (columns, rows) = (Int32((width * scale).rounded(.up)), Int32((height * scale).rounded(.up)))
        let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows)
        defer { cairo_surface_destroy(surface) }
        _ = try draw(on: surface, scale: scale)
        try check(cairo_surface_write_to_png_stream(surface, write, address))
        return sink.data
      case .pdf:
        let surface = cairo_pdf_surface_create_for_stream(write, address, width, height)
        defer { cairo_surface_destroy(surface) }
        // Without a date of our own Cairo writes the present one, and no two files would be equal.
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
        _ = try draw(on: surface, scale: 1)
        try finish(surface)
        return sink.data
      case .svg:
        let surface = cairo_svg_surface_create_for_stream(write, address, width, height)
        defer { cairo_surface_destroy(surface) }
        let canvas = try draw(on: surface, scale: 1)
        try finish(surface)
        return SVGText.finished(sink.data, hardSizes: canvas.hardSizes)
      }
    }
  }

  private func draw(on surface: OpaquePointer?, scale: Double) throws -> Canvas {
    try check(cairo_surface_status(surface))
    let canvas = Canvas(surface: surface, scale: scale)
    canvas.fill(x: 0, y: 0, width: width + 1, height: height + 1, .white)
    for item in items { item(canvas) }
    try check(cairo_status(canvas.context))
    return canvas
  }

  /// Vector formats are written only now.
  private func finish(_ surface: OpaquePointer?) throws {
    cairo_surface_finish(surface)
    try check(cairo_surface_status(surface))
  }

  private func check(_ status: cairo_status_t) throws {
    guard status == CAIRO_STATUS_SUCCESS else {
      throw FiguresError.drawing(reason: String(cString: cairo_status_to_string(status)))
    }
  }
}

private final class Sink {
  var data = Data()
}
