import CCairo
import Foundation

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
