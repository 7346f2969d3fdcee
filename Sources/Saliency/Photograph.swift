import Figures
import Maps
import Rasters

/// A whole photograph, upright, and the part of it that became a classifier's input.
public struct Photograph: Sendable {
  /// Grey or red–green–blue.
  public let pixels: PixelArray
  public let window: PhotographOverlay.Window

  /// Whether the classifier saw but a part of it.
  var isCropped: Bool {
    window != PhotographOverlay.Window(x: 0, y: 0, width: Double(pixels.width), height: Double(pixels.height))
  }

  /// The photograph with a longer side of at most `side` pixels, but as large as a map of `height` × `width` in its window if it
  /// can be.
  ///
  /// - Throws: `TorchError` when memory runs out.
  package func fitted(side: Int, height: Int, width: Int) async throws -> Photograph {
    let most = Double(side) / Double(max(pixels.height, pixels.width))
    let least = max(Double(height) / window.height, Double(width) / window.width)
    let factor = min(max(1, least), most)
    guard factor != 1 else { return self }
    let (newHeight, newWidth) = (
      max(1, Int((Double(pixels.height) * factor).rounded())), max(1, Int((Double(pixels.width) * factor).rounded()))
    )
    let (down, across) = (
      Double(newHeight) / Double(pixels.height), Double(newWidth) / Double(pixels.width)
    )
    return Photograph(
      pixels: try await pixels.resized(height: newHeight, width: newWidth),
      window: PhotographOverlay.Window(
        x: window.x * across, y: window.y * down, width: window.width * across, height: window.height * down))
  }
}

extension Photograph {
  public init(_ pixels: PixelArray, for preprocessing: Preprocessing) {
    let part = preprocessing.window(height: pixels.height, width: pixels.width)
    self.init(
      pixels: pixels,
      window: PhotographOverlay.Window(x: part.x, y: part.y, width: part.width, height: part.height))
  }
}
