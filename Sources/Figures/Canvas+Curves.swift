import CCairo

/// A place on the page, in points.
struct Point {
  let x: Double
  let y: Double
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
    let radius = 2.4
    func offset(_ x: Double, _ y: Double) -> Point { Point(x: centre.x + x * radius, y: centre.y + y * radius) }
    switch marker {
    case .circle:
      setSource(colour)
      cairo_new_sub_path(context)
      cairo_arc(context, centre.x, centre.y, radius, 0, 2 * .pi)
      cairo_fill(context)
    case .square:
      area([offset(-0.85, -0.85), offset(0.85, -0.85), offset(0.85, 0.85), offset(-0.85, 0.85)], colour: colour)
    case .triangle:
      area([offset(0, -1.15), offset(1.05, 0.8), offset(-1.05, 0.8)], colour: colour)
    case .invertedTriangle:
      area([offset(0, 1.15), offset(1.05, -0.8), offset(-1.05, -0.8)], colour: colour)
    case .diamond:
      area([offset(0, -1.25), offset(1.25, 0), offset(0, 1.25), offset(-1.25, 0)], colour: colour)
    case .cross:
      line([offset(-0.9, -0.9), offset(0.9, 0.9)], colour: colour, width: 1.3)
      line([offset(-0.9, 0.9), offset(0.9, -0.9)], colour: colour, width: 1.3)
    case .plus:
      line([offset(-1.2, 0), offset(1.2, 0)], colour: colour, width: 1.3)
      line([offset(0, -1.2), offset(0, 1.2)], colour: colour, width: 1.3)
    }
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
