import Foundation
import Maps
import Tensors

/// What a deleted pixel becomes. Black and white are the paper's two metrics.
public enum Replacement: String, Sendable, Codable, CaseIterable {
  /// 0 in every channel.
  case black
  /// 1 in every channel.
  case white
  /// The image's own mean colour.
  case mean
  /// The image blurred by a Gaussian whose deviation is a sixteenth of the shorter side; at the edges the weights that
  /// fall outside of the image are left out.
  case blur

  /// Whether the class's score falls where the pixels with a map's high values are replaced. What must get brighter hurts most when
  /// it turns black and least when it turns white; what must get darker the other way round; evidence hurts in either colour, and
  /// evidence against helps; without a sign it should hurt.
  public func hurts(_ map: MapName) -> Bool {
    switch (map.sign, map.direction, self) {
    case (.evidence, let direction, _): direction != .darker
    case (_, .brighter, .white), (_, .darker, .black): false
    default: true
    }
  }

  /// The values for images [N, C, H, W] in 0…1, of a shape that can be broadcast with theirs.
  @TorchActor func values(for images: Tensor) throws -> Tensor {
    let type = images.type ?? .float32
    switch self {
    case .black: return try Tensor(repeating: 0, shape: [1, 1, 1, 1], type: type, device: images.device)
    case .white: return try Tensor(repeating: 1, shape: [1, 1, 1, 1], type: type, device: images.device)
    case .mean: return try images.mean([2, 3], keepingAxes: true)
    case .blur: return try Self.blurred(images)
    }
  }

  @TorchActor private static func blurred(_ images: Tensor) throws -> Tensor {
    let shape = images.shape
    let type = images.type ?? .float32
    let deviation = Double(min(shape[2], shape[3])) / 16
    let radius = max(1, Int((3 * deviation).rounded(.up)))
    let weights = (-radius...radius).map { Float(exp(-0.5 * pow(Double($0) / max(deviation, 1e-3), 2))) }
    let side = weights.count
    // A convolution for both directions at once, each channel on its own; it is done once for every image.
    let square = weights.flatMap { row in weights.map { row * $0 } }
    let kernel = try Tensor(square, shape: [1, 1, side, side]).to(type, images.device)
    let planes = try images.reshaped([-1, 1, shape[2], shape[3]])
    let inside = try Tensor(repeating: 1, shape: [1, 1, shape[2], shape[3]], type: type, device: images.device)
    let sums = try planes.convolution(weight: kernel, padding: [radius, radius])
    let total = try inside.convolution(weight: kernel, padding: [radius, radius])
    return try (sums / total).reshaped(shape)
  }
}
