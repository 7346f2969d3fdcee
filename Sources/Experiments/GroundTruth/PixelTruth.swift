import Maps

/// Which pixels must get brighter and which darker for an image's class, known because the image was made that way.
///
/// With S the strokes of the image's shape and W the square of 19×19 pixels around its centre, the strokes of a bright shape must
/// be brighter and the surroundings W ∖ S darker, for what makes it a bright shape is the contrast; for a dark shape the other way
/// round. Pixels outside of W say nothing of the class.
///
/// Against the rivals a shape has only the strokes that it shares with no other shape, `own`: a stroke that another bright shape
/// has as well speaks for that one just as much, and a dark surrounding speaks more for the dark shape that has a stroke there.
/// So some pixels favour a bright shape against *every* other class when they get brighter, but none when they get darker; for
/// a dark shape the other way round.
package struct PixelTruth: Sendable, Equatable {
  /// [H·W], row-major.
  package let brighter: [Bool]
  package let darker: [Bool]
  /// The pixels that favour the class against every other, by getting brighter if `isBright`, else darker.
  package let own: [Bool]
  package let isBright: Bool

  /// - Parameters:
  ///   - row: the shape's centre.
  ///   - side: the image's height and width.
  init(_ shape: Shape, isBright: Bool, row: Int, column: Int, side: Int) {
    var strokes = [Bool](repeating: false, count: side * side)
    var around = strokes
    var own = strokes
    for y in 0..<side {
      for x in 0..<side where max(abs(y - row), abs(x - column)) <= Shape.surroundings {
        let isStroke = shape.covers(row: y - row, column: x - column)
        strokes[y * side + x] = isStroke
        around[y * side + x] = !isStroke
        own[y * side + x] = shape.coversAlone(row: y - row, column: x - column)
      }
    }
    (brighter, darker) = isBright ? (strokes, around) : (around, strokes)
    self.own = own
    self.isBright = isBright
  }

  /// The pixels that a view should show; nil where it has nothing to show, as told above, or no order.
  ///
  /// The same holds for attributions that give evidence compared with black: a pixel's difference from black is not negative, so
  /// that evidence has the sign of the gradient.
  package func pixels(of view: any View) -> [Bool]? {
    guard !view.hasNegatives else { return nil }
    return switch (view.direction, view.comparesClasses) {
    case (.either, _): zip(brighter, darker).map { $0 || $1 }
    case (.brighter, false): brighter
    case (.darker, false): darker
    case (.brighter, true): isBright ? own : nil
    case (.darker, true): isBright ? nil : own
    }
  }

  /// The pixels that must change the other way than a view says; nil for one that says no way.
  package func opposite(of view: any View) -> [Bool]? {
    switch view.direction {
    case .either: nil
    case .brighter: darker
    case .darker: brighter
    }
  }
}
