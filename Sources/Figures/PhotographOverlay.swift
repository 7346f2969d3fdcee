import Rasters

/// A photograph with a map over the part of it that a classifier saw, in the photograph's resolution.
///
/// Where the map covers it, the photograph is grey, as in ``MapPanel/Content/overlay(_:_:over:opacity:)``; what the classifier did not
/// see is grey and pale, with a line around what it saw.
public struct PhotographOverlay: Sendable {
  /// A part of a photograph, in its pixels.
  public struct Window: Sendable, Equatable, Encodable {
    public var x, y, width, height: Double

    public init(x: Double, y: Double, width: Double, height: Double) {
      (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }
  }

  /// What lies over the photograph.
  public enum Layer: Sendable {
    /// Nothing: the photograph keeps its colours.
    case nothing
    /// A map in the colours of ``ColourMap/heat``.
    case heat(Raster<Float>, DisplayScale)
    /// A map in a red and a blue of ``ColourMap/diverging``, from −`limit` to `limit`.
    case signed(Raster<Float>, limit: Float)
  }

  /// Grey or red–green–blue.
  public var photograph: PixelArray
  /// Where the map lies.
  public var window: Window
  public var layer: Layer
  /// How much of the photograph the highest value covers, 0…1; a value at p of the scale covers it by `opacity`·√p in heat
  /// colours, and by `opacity`·|p| with a sign: the root would draw a line wherever the sign changes.
  public var opacity: Float
  /// Whether the map is interpolated between its pixels; otherwise they are squares.
  public var isSmooth: Bool

  public init(_ photograph: PixelArray, window: Window, layer: Layer, opacity: Float = 0.7, isSmooth: Bool = true) {
    self.photograph = photograph
    self.window = window
    self.layer = layer
    self.opacity = opacity
    self.isSmooth = isSmooth
  }

  /// The picture, 3 channels. Cost: proportional to the photograph's pixels.
  public func pixels() -> PixelArray {
    let (height, width, channels) = (photograph.height, photograph.width, photograph.channels)
    let paint = Paint(layer, opacity: opacity)
    let columns = Self.places(width, from: window.x, length: window.width, count: paint?.width ?? 1, isSmooth)
    let rows = Self.places(height, from: window.y, length: window.height, count: paint?.height ?? 1, isSmooth)
    let line = max(1, max(height, width) / 300)
    let (edgeRows, edgeColumns) = (Self.edges(rows, width: line), Self.edges(columns, width: line))
    var result = [UInt8](repeating: 0, count: height * width * 3)
    result.withUnsafeMutableBufferPointer { result in
      photograph.values.withUnsafeBufferPointer { source in
        for y in 0..<height {
          for x in 0..<width {
            let first = (y * width + x) * channels
            var colour = (
              Int(source[first]), Int(source[first + (channels >= 3 ? 1 : 0)]),
              Int(source[first + (channels >= 3 ? 2 : 0)])
            )
            let isInside = rows[y].isInside && columns[x].isInside
            if !isInside || paint != nil {
              // ITU-R BT.601
              let luma = (299 * colour.0 + 587 * colour.1 + 114 * colour.2 + 500) / 1000
              colour = (luma, luma, luma)
            }
            if !isInside {
              let isEdge =
                (edgeRows[y] && (columns[x].isInside || edgeColumns[x])) || (edgeColumns[x] && rows[y].isInside)
              colour = isEdge ? (26, 26, 26) : ((colour.0 + 510) / 3, (colour.1 + 510) / 3, (colour.2 + 510) / 3)
            } else if let paint {
              colour = paint.over(colour, rows[y], columns[x])
            }
            let place = (y * width + x) * 3
            (result[place], result[place + 1], result[place + 2]) = (
              UInt8(colour.0), UInt8(colour.1), UInt8(colour.2)
            )
          }
        }
      }
    }
    return PixelArray(height: height, width: width, channels: 3, values: result)
  }

  /// Between which two pixels of a map a row or column of the photograph lies.
  fileprivate struct Place {
    var isInside: Bool
    var low = 0
    var high = 0
    /// The second one's share.
    var share: Float = 0
  }

  private static func places(
    _ length: Int, from start: Double, length window: Double, count: Int, _ isSmooth: Bool
  ) -> [Place] {
    (0..<length).map { pixel in
      let middle = Double(pixel) + 0.5 - start
      guard middle >= 0, middle < window, window > 0 else { return Place(isInside: false) }
      let place = middle / window * Double(count) - (isSmooth ? 0.5 : 0)
      let low = min(max(Int(place.rounded(.down)), 0), count - 1)
      guard isSmooth else { return Place(isInside: true, low: low, high: low) }
      return Place(
        isInside: true, low: low, high: min(low + 1, count - 1), share: Float(min(max(place - Double(low), 0), 1)))
    }
  }

  /// Which rows or columns lie just outside of the window.
  private static func edges(_ places: [Place], width: Int) -> [Bool] {
    let inside = places.indices.filter { places[$0].isInside }
    guard let first = inside.first, let last = inside.last else { return places.map { _ in false } }
    return places.indices.map { (first - width..<first).contains($0) || (last + 1...last + width).contains($0) }
  }
}

/// The positions of a map on its scale and the colours that stand for them.
private struct Paint {
  let height: Int
  let width: Int
  private let positions: [Float]
  private let lowest: Float
  /// Colour and how much it covers, 0…256, for 1,024 positions from the lowest to 1.
  private let colours: [(red: Int, green: Int, blue: Int, cover: Int)]

  init?(_ layer: PhotographOverlay.Layer, opacity: Float) {
    let map: Raster<Float>
    let colourMap: ColourMap
    switch layer {
    case .nothing: return nil
    case .heat(let values, let scale):
      (map, colourMap) = (values, .heat)
      positions = values.values.map { scale.position(of: $0) }
    case .signed(let values, let limit):
      (map, colourMap) = (values, .diverging)
      positions = values.values.map { limit > 0 ? min(max($0 / limit, -1), 1) : $0 * 0 }
    }
    guard map.height > 0, map.width > 0 else { return nil }
    (height, width) = (map.height, map.width)
    let range = colourMap.range
    lowest = range.lowerBound
    let opacity = min(max(opacity, 0), 1)
    colours = (0..<1024).map { step in
      let position = range.lowerBound + (range.upperBound - range.lowerBound) * Float(step) / 1023
      // With a sign there is one red and one blue: white near zero would shine on a dark photograph, dark ends be lost in it.
      let colour = colourMap.colour(colourMap == .heat ? position : position < 0 ? -0.6 : 0.6)
      return (
        Int(colour.red), Int(colour.green), Int(colour.blue),
        Int((256 * opacity * (colourMap == .heat ? position.squareRoot() : abs(position))).rounded())
      )
    }
  }

  func over(
    _ under: (Int, Int, Int), _ row: PhotographOverlay.Place, _ column: PhotographOverlay.Place
  ) -> (Int, Int, Int) {
    func value(_ row: Int) -> Float {
      let (left, right) = (positions[row * width + column.low], positions[row * width + column.high])
      return left + (right - left) * column.share
    }
    let (upper, lower) = (value(row.low), value(row.high))
    let position = upper + (lower - upper) * row.share
    guard position.isFinite else { return (128, 128, 128) }
    let colour = colours[Int(((position - lowest) / (1 - lowest) * 1023).rounded())]
    func mix(_ a: Int, _ b: Int) -> Int { (a * (256 - colour.cover) + b * colour.cover + 128) >> 8 }
    return (mix(under.0, colour.red), mix(under.1, colour.green), mix(under.2, colour.blue))
  }
}
