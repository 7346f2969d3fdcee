import CCairo
import Foundation

extension DocumentLayout {
  /// The PDF's bytes.
  func encoded() throws -> Data {
    let sink = Sink()
    return try withExtendedLifetime(sink) {
      let surface = cairo_pdf_surface_create_for_stream(Sink.write, sink.address, Self.pageWidth, Self.pageHeight)
      defer { cairo_surface_destroy(surface) }
      try Sink.check(cairo_surface_status(surface))
      Sink.setDate(of: surface)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title)
      let canvas = Canvas(surface: surface, scale: 1)
      for (index, page) in pages.enumerated() {
        page.draw(on: canvas)
        drawFooter(index, on: canvas)
        cairo_show_page(canvas.context)
      }
      addOutline(to: surface)
      try Sink.check(cairo_status(canvas.context))
      try Sink.finish(surface)
      return sink.data
    }
  }

  private func drawFooter(_ index: Int, on canvas: Canvas) {
    let y = Self.pageHeight - 42
    let number = TextBlock("\(index + 1)/\(pages.count)", size: 8)
    let name = TextBlock(title, size: 8, limit: Self.width - 80)
    canvas.line(
      [Point(x: Self.left, y: y - 6), Point(x: Self.left + Self.width, y: y - 6)], colour: .frame, width: 0.4)
    canvas.text(name, x: Self.left, y: y, colour: .quietInk)
    canvas.text(number, x: Self.left + Self.width - number.width, y: y, colour: .quietInk)
  }

  private func addOutline(to surface: OpaquePointer?) {
    var parents = [Int32(CAIRO_PDF_OUTLINE_ROOT)]
    for heading in headings {
      // A level that is left out counts as the next one.
      let depth = min(heading.level, parents.count)
      parents.removeSubrange(depth...)
      let place = String(
        format: "page=%d pos=[%.1f %.1f]", locale: Locale(identifier: "en_US_POSIX"), heading.page, Self.left, heading.y
      )
      parents.append(
        cairo_pdf_surface_add_outline(
          surface, parents[depth - 1], heading.text, place, CAIRO_PDF_OUTLINE_FLAG_OPEN))
    }
  }
}
