import CCairo
import Foundation

/// A page of things to draw, measured in points (1/72 inch), of which every format is made.
public struct Drawing {
  let width: Double
  var height: Double
  /// The resolution of a PNG, lowered where the page would be larger than Cairo can hold. PDF and SVG have none.
  let pixelsPerPoint: Double
  private var items: [(Canvas) -> Void] = []

  init(width: Double, height: Double, pixelsPerPoint: Double) {
    self.width = width
    self.height = height
    self.pixelsPerPoint = pixelsPerPoint
  }

  mutating func add(_ item: @escaping (Canvas) -> Void) { items.append(item) }

  /// Draws everything where the canvas' origin is.
  func draw(on canvas: Canvas) { for item in items { item(canvas) } }

  /// The file's bytes; the same drawing gives the same bytes every time.
  ///
  /// - Throws: `FiguresError.drawing`.
  func encoded(as format: FigureFormat) throws -> Data {
    let sink = Sink()
    return try withExtendedLifetime(sink) {
      let scale = format == .png ? min(pixelsPerPoint, 32_000 / max(width, height)) : 1
      let surface =
        switch format {
        case .png:
          cairo_image_surface_create(
            CAIRO_FORMAT_RGB24, Int32((width * scale).rounded(.up)), Int32((height * scale).rounded(.up)))
        case .pdf: cairo_pdf_surface_create_for_stream(Sink.write, sink.address, width, height)
        case .svg: cairo_svg_surface_create_for_stream(Sink.write, sink.address, width, height)
        }
      defer { cairo_surface_destroy(surface) }
      try Sink.check(cairo_surface_status(surface))
      if format == .pdf { Sink.setDate(of: surface) }
      let canvas = Canvas(surface: surface, scale: scale)
      canvas.fill(x: 0, y: 0, width: width + 1, height: height + 1, .white)
      draw(on: canvas)
      try Sink.check(cairo_status(canvas.context))
      if format == .png { try Sink.check(cairo_surface_write_to_png_stream(surface, Sink.write, sink.address)) }
      try Sink.finish(surface)
      return format == .svg ? SVGText.finished(sink.data, hardSizes: canvas.hardSizes) : sink.data
    }
  }
}

/// Where Cairo writes a file to: memory.
final class Sink {
  private(set) var data = Data()

  /// What Cairo calls with the next bytes, and with ``address``.
  static let write: cairo_write_func_t = { address, bytes, count in
    guard let address, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
    Unmanaged<Sink>.fromOpaque(address).takeUnretainedValue().data.append(bytes, count: Int(count))
    return CAIRO_STATUS_SUCCESS
  }

  /// Valid as long as the sink lives.
  var address: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  /// Gives a PDF the same date always: Cairo would write the present one, and no two files would be equal.
  static func setDate(of surface: OpaquePointer?) {
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
  }

  /// Vector formats are written only now.
  ///
  /// - Throws: `FiguresError.drawing`.
  static func finish(_ surface: OpaquePointer?) throws {
    cairo_surface_finish(surface)
    try check(cairo_surface_status(surface))
  }

  static func check(_ status: cairo_status_t) throws {
    guard status == CAIRO_STATUS_SUCCESS else {
      throw FiguresError.drawing(reason: String(cString: cairo_status_to_string(status)))
    }
  }
}
