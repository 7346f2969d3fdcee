import Rasters
import Tensors

/// The image that stands for "nothing there" in attributions that compare.
public enum Baseline: Sendable, Equatable {
  case black
  case white
  /// Each image's own mean colour.
  case mean
  /// A picture at the classifier's input size, such as `Preprocessing.seen(_:)` makes. `name` is for records.
  case picture(Raster<Float>, name: String)

  /// The names of those that need no picture.
  public static let named: [String: Baseline] = ["black": .black, "white": .white, "mean": .mean]

  public var description: String {
    switch self {
    case .black: "black"
    case .white: "white"
    case .mean: "mean"
    case .picture(_, let name): name
    }
  }

  /// - Throws: ``MethodError/baselineShape(_:found:)`` for a picture that is not of the input's shape.
  func check(_ input: Preprocessing) throws {
    guard case .picture(let raster, let name) = self else { return }
    try input.check(name, channels: raster.channels, height: raster.height, width: raster.width)
  }

  /// The baselines for images [N, C, H, W]: [1, C, H, W] where one serves all, else [N, C, H, W].
  @TorchActor func values(for images: Tensor) throws -> Tensor {
    let shape = [1] + images.shape.dropFirst()
    let type = images.type ?? .float32
    switch self {
    case .black: return try Tensor(repeating: 0, shape: shape, type: type, device: images.device)
    case .white: return try Tensor(repeating: 1, shape: shape, type: type, device: images.device)
    case .mean: return try images.mean([2, 3], keepingAxes: true).expanded(images.shape).contiguous()
    case .picture(let raster, _): return try Preprocessing.image(from: raster).to(type, images.device).contiguous()
    }
  }
}

extension Preprocessing {
  /// - Throws: ``MethodError/baselineShape(_:expected:found:)`` for a baseline that is not of the input's shape.
  func check(_ baseline: String, channels: Int, height: Int, width: Int) throws {
    let (expected, found) = ([self.channels, self.height, self.width], [channels, height, width])
    func words(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }
    guard found == expected else {
      throw MethodError.baselineShape(baseline, expected: words(expected), found: words(found))
    }
  }
}

extension Tensor {
  /// The rows that belong to some images, where one row serves all or each has its own.
  func rows(_ images: Range<Int>) throws -> Tensor { try shape[0] == 1 ? self : self[images] }
}
