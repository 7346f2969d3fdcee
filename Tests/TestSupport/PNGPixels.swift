import CCairo
import Figures
import Foundation
import Testing

/// The pixels of a PNG, decoded by Cairo, for tests to look at.
public struct PNGPixels {
  public let width: Int
  public let height: Int
  private let pixels: [UInt32]

  public init(_ data: Data) throws {
    var rest = data
    let surface = withUnsafeMutablePointer(to: &rest) { rest in
      cairo_image_surface_create_from_png_stream(
        { source, bytes, count in
          guard let source, let bytes else { return CAIRO_STATUS_READ_ERROR }
          let rest = source.assumingMemoryBound(to: Data.self)
          guard rest.pointee.count >= count else { return CAIRO_STATUS_READ_ERROR }
          rest.pointee.copyBytes(to: bytes, count: Int(count))
          rest.pointee = rest.pointee.dropFirst(Int(count))
          return CAIRO_STATUS_SUCCESS
        }, rest)
    }
    defer { cairo_surface_destroy(surface) }
    try #require(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    let bytes = UnsafeRawPointer(try #require(cairo_image_surface_get_data(surface)))
    var pixels: [UInt32] = []
    for y in 0..<height {
      for x in 0..<width { pixels.append(bytes.load(fromByteOffset: y * stride + x * 4, as: UInt32.self) & 0xFFFFFF) }
    }
    self.pixels = pixels
  }

  public subscript(x: Int, y: Int) -> Colour {
    let pixel = pixels[y * width + x]
    return Colour(red: UInt8(pixel >> 16), green: UInt8(pixel >> 8 & 255), blue: UInt8(pixel & 255))
  }

  /// The mean absolute difference of the components, 0…255, over the part that both pictures have.
  public func meanDifference(from other: PNGPixels) -> Double {
    var sum = 0
    let (width, height) = (min(width, other.width), min(height, other.height))
    for y in 0..<height {
      for x in 0..<width {
        let (a, b) = (self[x, y], other[x, y])
        sum += abs(Int(a.red) - Int(b.red)) + abs(Int(a.green) - Int(b.green)) + abs(Int(a.blue) - Int(b.blue))
      }
    }
    return Double(sum) / Double(3 * width * height)
  }
}

/// How far a figure may be from the stored picture. Another version of the font library moves the grey levels along letter
/// edges, which are a few hundredths of the page; a lost title or a wrong map is several times this (MapFigureTests shows it).
public let goldenTolerance = 0.75

/// Compares a PNG with `Golden/<name>.png` beside the test that calls it. `UPDATE_GOLDEN=1 swift test` writes the stored
/// pictures anew.
public func expectGolden(
  _ data: Data, named name: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let url = URL(filePath: file).deletingLastPathComponent().appending(path: "Golden/\(name).png")
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try data.write(to: url) }
  let (drawn, stored) = (try PNGPixels(data), try PNGPixels(Data(contentsOf: url)))
  #expect(
    abs(drawn.width - stored.width) <= 2 && abs(drawn.height - stored.height) <= 2, sourceLocation: sourceLocation)
  #expect(drawn.meanDifference(from: stored) < goldenTolerance, sourceLocation: sourceLocation)
}
