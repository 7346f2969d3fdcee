import CCairo

/// A piece of text, set by Pango in any script: measured first, drawn later.
final class TextBlock {
  private let layout: OpaquePointer?
  /// Extent in points.
  let width: Double
  let height: Double

  /// - Parameters:
  ///   - text: one paragraph; line breaks and control characters become spaces.
  ///   - size: of the font, in points.
  ///   - limit: the width in points at which lines break; `nil` for one line of any length.
  ///   - boldPrefix: how many bytes (UTF-8) at the beginning are bold in any case.
  ///   - spacing: the distance of lines, as a multiple of the font's own.
  ///   - lines: how many lines there may be before the text ends in an ellipsis; `nil` for any number.
  init(
    _ text: String, size: Double, bold: Bool = false, boldPrefix: Int = 0, limit: Double? = nil, lines: Int? = 1,
    alignment: Table.Alignment = .left, spacing: Double = 1
  ) {
    let pangoContext = pango_font_map_create_context(pango_cairo_font_map_get_default())
    defer { g_object_unref(UnsafeMutableRawPointer(pangoContext)) }
    // Without hints and rounding the letters lie at the same places in every format, at every resolution.
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    pango_cairo_context_set_font_options(pangoContext, options)
    pango_context_set_round_glyph_positions(pangoContext, 0)
    // The machine's language would otherwise choose among fonts.
    pango_context_set_language(pangoContext, pango_language_from_string("en"))

    layout = pango_layout_new(pangoContext)
    let font = pango_font_description_from_string("DejaVu Sans, sans-serif")
    defer { pango_font_description_free(font) }
    pango_font_description_set_absolute_size(font, size * Double(PANGO_SCALE))
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
    pango_layout_set_font_description(layout, font)
    let isControl = { (scalar: Unicode.Scalar) in
      [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
    let scalars = text.unicodeScalars.map { isControl($0) ? " " : $0 }
    pango_layout_set_text(layout, String(String.UnicodeScalarView(scalars)), -1)
    if boldPrefix > 0 {
      let attributes = pango_attr_list_new()
      defer { pango_attr_list_unref(attributes) }
      let weight = pango_attr_weight_new(PANGO_WEIGHT_BOLD)
      weight?.pointee.end_index = guint(boldPrefix)
      pango_attr_list_insert(attributes, weight)
      pango_layout_set_attributes(layout, attributes)
    }
    if let limit {
      pango_layout_set_width(layout, Int32((max(limit, 1) * Double(PANGO_SCALE)).rounded(.up)))
      pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
    }
    if spacing != 1 { pango_layout_set_line_spacing(layout, Float(spacing)) }
    if let lines {
      pango_layout_set_height(layout, -Int32(lines))
      pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
    }
    // Pango swaps left and right for paragraphs that run from right to left; in a figure left means left.
    let swaps = pango_layout_get_direction(layout, 0) == PANGO_DIRECTION_RTL
    let pangoAlignment =
      switch alignment {
      case .left: swaps ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT
      case .centre: PANGO_ALIGN_CENTER
      case .right: swaps ? PANGO_ALIGN_LEFT : PANGO_ALIGN_RIGHT
      }
    pango_layout_set_alignment(layout, pangoAlignment)

    var extent = PangoRectangle()
    pango_layout_get_extents(layout, nil, &extent)
    width = Double(extent.width) / Double(PANGO_SCALE)
    height = Double(extent.height) / Double(PANGO_SCALE)
  }

  deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }

  /// A line of a block, to be drawn on its own.
  struct Line {
    /// From the block's top, in points.
    let top: Double
    let bottom: Double
    fileprivate let baseline: Double
    fileprivate let left: Double
    fileprivate let index: Int32
  }

  var lines: [Line] {
    let iterator = pango_layout_get_iter(layout)
    defer { pango_layout_iter_free(iterator) }
    let scale = Double(PANGO_SCALE)
    var lines: [Line] = []
    repeat {
      var extent = PangoRectangle()
      pango_layout_iter_get_line_extents(iterator, nil, &extent)
      var (top, bottom): (Int32, Int32) = (0, 0)
      pango_layout_iter_get_line_yrange(iterator, &top, &bottom)
      lines.append(
        Line(
          top: Double(top) / scale, bottom: Double(bottom) / scale,
          baseline: Double(pango_layout_iter_get_baseline(iterator)) / scale, left: Double(extent.x) / scale,
          index: Int32(lines.count)))
    } while pango_layout_iter_next_line(iterator) != 0
    return lines
  }

  /// Draws one line; (x, y) is the top left corner of the box of the whole block.
  func show(_ line: Line, on context: OpaquePointer?, x: Double, y: Double) {
    cairo_move_to(context, x + line.left, y + line.baseline)
    pango_cairo_show_layout_line(context, pango_layout_get_line_readonly(layout, line.index))
  }

  /// Draws at Cairo's current point, the top left corner of the box that the text was broken for.
  func show(on context: OpaquePointer?) { pango_cairo_show_layout(context, layout) }
}
