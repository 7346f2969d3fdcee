import Foundation
import Tensors

/// The gradient, integrated on the way from a blurred image to the image itself.
///
///     −∫₀^σ_max ∂S_c/∂I (x(σ)) ⊙ ∂x/∂σ dσ,   x(σ) the image, blurred by a Gaussian of deviation σ
///
/// S. Xu, S. Venugopalan, M. Sundararajan, *Attribution in Scale and Space*, 2020. No baseline has to be chosen: what the blur
/// takes away is what counts. Around the image it is black, so that its edges darken as the blur widens. Values have the unit
/// of logits, and their sign means evidence for or against the class. With the exact integral they add up to
/// S_c(I) − S_c(x(σ_max)); what is missing is the completeness gap (``Completeness``).
///
/// **Cost.** For each step one forward pass, shared by all classes, and one backward pass per class.
public struct BlurIntegratedGradients: Attribution {
  public nonisolated let name = "blur-integrated-gradients"
  public let sign: Sign? = .evidence
  /// At how many points of the path the gradient is taken.
  public nonisolated var steps: Int
  /// Where these lie in 0…σ_max and how they count.
  public nonisolated var quadrature: Quadrature
  /// The deviation σ_max of the widest blur in pixels; nil: a quarter of the image's longer side.
  public nonisolated var widest: Double?

  public nonisolated var settings: [String: String] {
    [
      "steps": "\(steps)", "quadrature": quadrature.rawValue,
      "max-blur": widest.map { "\($0)" } ?? "a quarter of the image",
    ]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    Self(steps: options.steps, quadrature: options.quadrature, widest: options.maxBlur)
  }

  public nonisolated var passes: Int { steps }

  public nonisolated init(steps: Int = 50, quadrature: Quadrature = .gaussLegendre, widest: Double? = nil) {
    self.steps = steps
    self.quadrature = quadrature
    self.widest = widest
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    try quadrature.check(steps)
    if let widest { guard widest > 0, widest.isFinite else { throw MethodError.blur(widest) } }
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let images = batch.images
    let widest = widest ?? Double(max(images.shape[2], images.shape[3])) / 4
    let (points, weights) = quadrature.rule(steps)
    let blurred = try Blur(deviation: widest, like: images).of(images)
    return try PassSums(batch, classifier, baseline: blurred, weights: weights.map { -$0 * widest }) { chunk in
      let own = try images[chunk.images]
      let blurs = try points[chunk.passes].map { try Blur(deviation: $0 * widest, like: images) }
      let line = try Tensor.concatenate(blurs.map { try $0.of(own).withPasses() }, axis: 1)
      let slopes = try Tensor.concatenate(blurs.map { try $0.slope(of: own).withPasses() }, axis: 1)
      // [images, 1, C, H, W] of each pass, one beside the other.
      return try RecordedGradients(line.joiningPasses(), times: slopes.joiningPasses(), classifier.logits)
    } finish: {
      $0[0]
    }
  }
}

/// A Gaussian blur over the rows and columns of images, cut off at four deviations, with black around the image.
@TorchActor struct Blur {
  /// [H, H] and [W, W]: the kernel around each place, and its derivative by the deviation.
  private let down: (kernel: Tensor, slope: Tensor)
  private let across: (kernel: Tensor, slope: Tensor)

  init(deviation: Double, like images: Tensor) throws {
    func matrices(_ side: Int) throws -> (kernel: Tensor, slope: Tensor) {
      let (kernel, slope) = Self.kernel(deviation, most: side)
      func matrix(_ values: [Double]) throws -> Tensor {
        let rows = (0..<side).flatMap { row in
          (0..<side).map { abs($0 - row) < values.count ? values[abs($0 - row)] : 0 }
        }
        return try Tensor(rows, shape: [side, side]).to(images.type ?? .float32, images.device)
      }
      return (try matrix(kernel), try matrix(slope))
    }
    down = try matrices(images.shape[2])
    across = try matrices(images.shape[3])
  }

  func of(_ images: Tensor) throws -> Tensor { try apply(down.kernel, across.kernel, images) }

  /// The derivative of the blurred image by the deviation.
  func slope(of images: Tensor) throws -> Tensor {
    try apply(down.slope, across.kernel, images) + apply(down.kernel, across.slope, images)
  }

  private func apply(_ down: Tensor, _ across: Tensor, _ images: Tensor) throws -> Tensor {
    try images.linear(weight: across).permuted([0, 1, 3, 2]).linear(weight: down).permuted([0, 1, 3, 2])
  }

  /// The kernel from its middle outwards, at most `most` values, and its derivative by the deviation.
  private nonisolated static func kernel(_ deviation: Double, most: Int) -> (values: [Double], slopes: [Double]) {
    let radius = Int(min(4 * deviation + 0.5, 1e6))
    guard radius > 0 else { return ([1], [0]) }
    let raw = (0...radius).map { exp(-0.5 * Double($0 * $0) / (deviation * deviation)) }
    let total = 2 * raw.reduce(0, +) - raw[0]
    let values = raw.map { $0 / total }
    let variance = 2 * values.enumerated().map { Double($0 * $0) * $1 }.reduce(0, +)
    let slopes = values.enumerated().map { $1 * (Double($0 * $0) - variance) / (deviation * deviation * deviation) }
    return (Array(values.prefix(most)), Array(slopes.prefix(most)))
  }
}
