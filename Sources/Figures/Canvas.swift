import CCairo

/// A place on the page, in points.
package struct Point: Sendable {
  package let x: Double
  package let y: Double
}

/// A Cairo surface to draw on, in points, with the origin at the top left.
final class Canvas {
  let context: OpaquePointer?
  /// Device units in a point.
  let scale: Double
  private let hasPixels: Bool
  /// Width and height of the bitmaps that were drawn with hard edges.
  private(set) var hardSizes: Set<[Int]> = []

  init(surface: OpaquePointer?, scale: Double) {
    context = cairo_create(surface)
    self.scale = scale
    hasPixels = cairo_surface_get_type(surface) == CAIRO_SURFACE_TYPE_IMAGE
    cairo_scale(context, scale, scale)
  }

  deinit { cairo_destroy(context) }

  func fill(x: Double, y: Double, width: Double, height: Double, _ colour: Colour) {
    setSource(colour)
    cairo_rectangle(context, x, y, width, height)
    cairo_fill(context)
  }

  func text(_ block: TextBlock, x: Double, y: Double, colour: Colour = .ink) {
    setSource(colour)
    cairo_move_to(context, x, y)
    block.show(on: context)
  }

  /// Draws one line of a block whose top left corner would be at (x, y).
  func text(_ line: TextBlock.Line, of block: TextBlock, x: Double, y: Double, colour: Colour = .ink) {
    setSource(colour)
    block.show(line, on: context, x: x, y: y)
  }

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

  /// Runs `draw` with the origin moved to (x, y), the page turned so that text climbs at `angle` (in radians), and everything
  /// `size` times as large, which is for vector formats.
  func placed(x: Double, y: Double, angle: Double = 0, size: Double = 1, draw: () -> Void) {
    cairo_save(context)
    cairo_translate(context, x, y)
    cairo_rotate(context, -angle)
    cairo_scale(context, size, size)
    draw()
    cairo_restore(context)
  }

  /// The colours of `map` from left to right.
  func bar(_ map: ColourMap, x: Double, y: Double, width: Double, height: Double) {
    let pattern = cairo_pattern_create_linear(x, 0, x + width, 0)
    defer { cairo_pattern_destroy(pattern) }
    for stop in map.stops {
      let (red, green, blue) = stop.colour.components
      cairo_pattern_add_color_stop_rgb(pattern, Double(stop.position), red, green, blue)
    }
    cairo_set_source(context, pattern)
    cairo_rectangle(context, x, y, width, height)
    cairo_fill_preserve(context)
    setSource(.frame)
    cairo_set_line_width(context, 0.5)
    cairo_stroke(context)
  }

  /// A framed bitmap whose top left corner lies at (x, y), on whole pixels where there are pixels.
  ///
  /// - Parameter hard: whether its pixels are drawn as squares; otherwise they are smoothed.
  func bitmap(_ bitmap: Bitmap, x: Double, y: Double, width: Double, height: Double, hard: Bool) {
    guard bitmap.width > 0, bitmap.height > 0 else { return }
    let scale = hasPixels ? scale : 1
    let snap = { [hasPixels] (length: Double) in hasPixels ? length.rounded() : length }
    let (left, top) = (snap(x * scale), snap(y * scale))
    let (drawnWidth, drawnHeight) = (max(1, snap(width * scale)), max(1, snap(height * scale)))
    let border = max(1, snap(0.5 * scale))
    let image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(bitmap.width), Int32(bitmap.height))
    defer { cairo_surface_destroy(image) }

    cairo_save(context)
    // Only pixels need whole numbers; without them the drawing may be part of a larger one.
    if hasPixels { cairo_identity_matrix(context) }
    fill(
      x: left - border, y: top - border, width: drawnWidth + 2 * border, height: drawnHeight + 2 * border, .frame)
    cairo_translate(context, left, top)
    cairo_scale(context, drawnWidth / Double(bitmap.width), drawnHeight / Double(bitmap.height))
    if let bytes = cairo_image_surface_get_data(image) {
      bitmap.pixels.withUnsafeBytes {
        UnsafeMutableRawPointer(bytes).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
      cairo_surface_mark_dirty(image)
    }
    cairo_set_source_surface(context, image, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(context), hard ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD)
    if hasPixels {
      // The smoothed outermost pixels must not fade into the paper. (Vector formats would copy the picture for this.)
      cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
      cairo_rectangle(context, 0, 0, Double(bitmap.width), Double(bitmap.height))
      cairo_clip(context)
    }
    cairo_paint(context)
    cairo_restore(context)
    if hard { hardSizes.insert([bitmap.width, bitmap.height]) }
  }

  func setSource(_ colour: Colour, opacity: Double = 1) {
    let (red, green, blue) = colour.components
    cairo_set_source_rgba(context, red, green, blue, opacity)
  }
}

extension Colour {
  /// Red, green and blue as Cairo wants them, 0…1.
  fileprivate var components: (Double, Double, Double) {
    (Double(red) / 255, Double(green) / 255, Double(blue) / 255)
  }
}
