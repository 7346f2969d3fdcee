import CCairo

/// A place on the page, in points.
package struct Point: Sendable {
  package let x: Double
  package let y: Double
}

extension Canvas {
  func line(_ points: [Point], colour: Colour, width: Double, dash: [Double] = []) {
    guard let first = points.first else { return }
    setSource(colour)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, dash, Int32(dash.count), 0)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
    cairo_set_dash(context, nil, 0, 0)
  }

  /// Fills the outline that goes through `points` and back to the first.
  func area(_ points: [Point], colour: Colour, opacity: Double = 1) {
    guard let first = points.first else { return }
    setSource(colour, opacity: opacity)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_close_path(context)
    cairo_fill(context)
  }

  func marker(_ marker: CurveStyle.Marker, at centre: Point, colour: Colour) {
    area(marker.outline.map { Point(x: centre.x + 2.4 * $0.x, y: centre.y + 2.4 * $0.y) }, colour: colour)
  }

  /// Runs `draw` with everything outside the rectangle left untouched.
  func clipped(x: Double, y: Double, width: Double, height: Double, draw: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, x, y, width, height)
    cairo_clip(context)
    draw()
    cairo_restore(context)
  }
}
