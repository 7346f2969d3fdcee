import Tensors

/// What hiding a part of the image takes from the logit: a window slides over the image and puts the baseline in its place.
///
/// M. D. Zeiler, R. Fergus, *Visualizing and Understanding Convolutional Networks*, 2014. The value of an element is the mean of
/// S_c(I) − S_c(I with the window hidden) over the windows that cover it, the same in all channels. Windows start at multiples of
/// the stride; the last of a row or column are cut off at the edge. Values have the unit of logits, and their sign means
/// evidence for or against the class. No gradient is needed.
///
/// **Cost.** One forward pass for each window, which answers for all classes: 169 with the usual window and stride.
public struct Occlusion: Attribution {
  /// Pixels down and across.
  public struct Size: Sendable, Equatable, CustomStringConvertible {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    public var description: String { "\(height)×\(width)" }
  }

  public let name = "occlusion"
  public let group = AttributionGroup.masks
  public let sign: Sign? = .evidence
  /// nil: a quarter of each of the image's sides.
  public nonisolated var window: Size?
  /// nil: a quarter of each of the window's sides.
  public nonisolated var stride: Size?
  public nonisolated var baseline: Baseline

  public nonisolated var settings: [String: String] {
    [
      "window": window?.description ?? "a quarter of the image",
      "stride": stride?.description ?? "a quarter of the window",
      "baseline": baseline.description,
    ]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    Self(window: options.window, stride: options.stride, baseline: options.baseline)
  }

  /// With the usual window and stride.
  public nonisolated var passes: Int { 169 }

  public nonisolated init(window: Size? = nil, stride: Size? = nil, baseline: Baseline = .black) {
    self.window = window
    self.stride = stride
    self.baseline = baseline
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    let input = Size(height: classifier.preprocessing.height, width: classifier.preprocessing.width)
    let (window, stride) = sizes(input)
    guard window.fits(into: input) else { throw MethodError.window("\(window)", input: "\(input)") }
    guard stride.fits(into: window) else { throw MethodError.stride("\(stride)", window: "\(window)") }
    try baseline.check(classifier.preprocessing)
  }

  private nonisolated func sizes(_ input: Size) -> (window: Size, stride: Size) {
    let window = window ?? input.quarter
    return (window, stride ?? window.quarter)
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let (height, width) = (batch.images.shape[2], batch.images.shape[3])
    let (type, device) = (batch.images.type ?? .float32, batch.images.device)
    let (window, stride) = sizes(Size(height: height, width: width))
    // [windows down, H] and [windows across, W]: 1 where a window covers.
    let down = try Self.cover(height, window: window.height, stride: stride.height).to(type, device)
    let across = try Self.cover(width, window: window.width, stride: stride.width).to(type, device)
    let (rows, columns) = (down.shape[0], across.shape[0])
    let meanDown = try (down / down.sum([0], keepingAxes: true)).permuted([1, 0])
    let meanAcross = try (across / across.sum([0], keepingAxes: true)).permuted([1, 0])
    return try MaskedPasses(batch, classifier, baseline: baseline, count: rows * columns) { _, passes in
      @TorchActor func covered(_ cover: Tensor, _ places: [Int]) throws -> Tensor {
        try cover.select(axis: 0, Tensor(places.map(Int64.init), shape: [places.count]).to(device))
      }
      let vertical = try covered(down, passes.map { $0 / columns }).reshaped([passes.count, 1, height, 1])
      let horizontal = try covered(across, passes.map { $0 % columns }).reshaped([passes.count, 1, 1, width])
      return try -(vertical * horizontal) + 1
    } weigh: { _, losses in
      let classes = losses.shape[0]
      return try losses.reshaped([classes * rows, columns]).linear(weight: meanAcross)
        .reshaped([classes, rows, width]).permuted([0, 2, 1]).linear(weight: meanDown).permuted([0, 2, 1])
    }
  }

  /// [windows, side]: 1 where a window covers a side's pixel. The last window may be cut off.
  private static func cover(_ side: Int, window: Int, stride: Int) throws -> Tensor {
    let count = (side - window + stride - 1) / stride + 1
    let covered: [Float] = (0..<count).flatMap { place in
      (0..<side).map { $0 >= place * stride && $0 < place * stride + window ? 1 : 0 }
    }
    return try Tensor(covered, shape: [count, side])
  }
}

extension Occlusion.Size {
  fileprivate var quarter: Self { Self(height: max(1, height / 4), width: max(1, width / 4)) }

  fileprivate func fits(into other: Self) -> Bool {
    (1...max(1, other.height)).contains(height) && (1...max(1, other.width)).contains(width)
  }
}
