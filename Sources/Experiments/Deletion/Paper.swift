import Networks

/// The numbers of the paper that this package implements: O. Llorente, J. Boal, E. F. Sánchez-Úbeda, *Signed Saliency Maps*, and of
/// its later version by the same authors.
///
/// Data sets have the names `cifar10` and `imagenette`.
public enum Paper {
  public enum Version: String, Sendable, Codable, CaseIterable {
    /// *Signed Saliency Maps*: the accuracy while pixels are deleted.
    case signed
    /// *A matter of attitude: Focusing on positive and active gradients to boost saliency maps*, arXiv 2309.12913: the agreement
    /// with the untouched image's prediction.
    case attitude

    /// What an image scores.
    public var score: DeletionResult.Score { self == .signed ? .accuracy : .allegiance }

    /// The fractions of the pixels that are deleted.
    public var fractions: [Double] {
      self == .signed
        ? DeletionBenchmark.paperFractions : [0, 0.03, 0.05, 0.07] + DeletionBenchmark.paperFractions.dropFirst()
    }
  }

  /// A network on a data set, of which a version of the paper may have numbers.
  public struct Experiment: Sendable {
    public let architecture: Architecture
    public let dataset: String
    public let version: Version

    public init(_ architecture: Architecture, on dataset: String, in version: Version = .signed) {
      self.architecture = architecture
      self.dataset = dataset
      self.version = version
    }

    /// The share of the test images that the authors' network classifies correctly, 0…1: their curves' points at f = 0, which Table
    /// 1 follows from. For Imagenette without its grey images. Nil for what the paper does not have.
    public var accuracy: Double? {
      guard version == .signed else { return nil }
      return switch (dataset, architecture) {
      case ("cifar10", .basicCNN): 0.6301
      case ("cifar10", .resNet18): 0.7549
      case ("imagenette", .basicCNN): 0.6149
      case ("imagenette", .resNet18): 0.8327
      default: nil
      }
    }

    /// What Table 1 prints: the mean of the accuracies of batches of 128 images, all of the same weight, so that the images of the
    /// last, smaller batch count more.
    public var printedAccuracy: Double? {
      guard version == .signed else { return nil }
      return switch (dataset, architecture) {
      case ("cifar10", .basicCNN): 0.6307
      case ("cifar10", .resNet18): 0.7569
      case ("imagenette", .basicCNN): 0.6205
      case ("imagenette", .resNet18): 0.8357
      default: nil
      }
    }

    /// The area under a map's deletion curve; nil for what the paper does not have.
    ///
    /// For CIFAR-10 the numbers of Table 2 (a) and (b). Its (c) and (d) repeat those by mistake, so for Imagenette the areas are
    /// those that the authors published with their code. The later version has two decimals and the maps that should be low.
    public func area(_ replacement: Replacement, view: String) -> Double? {
      version == .signed ? signedArea(replacement, view: view) : attitudeArea(replacement, view: view)
    }

    private func signedArea(_ replacement: Replacement, view: String) -> Double? {
      let views = ["original", "positive", "negative", "active", "inactive"]
      guard let place = views.firstIndex(of: view) else { return nil }
      let areas: [Double]? =
        switch (dataset, architecture, replacement) {
        case ("cifar10", .basicCNN, .black): [0.2234, 0.1633, 0.2613, 0.1771, 0.3000]
        case ("cifar10", .basicCNN, .white): [0.2075, 0.2946, 0.1618, 0.3347, 0.1776]
        case ("cifar10", .resNet18, .black): [0.2131, 0.1327, 0.2176, 0.1357, 0.2577]
        case ("cifar10", .resNet18, .white): [0.2178, 0.2529, 0.1432, 0.2931, 0.1474]
        case ("imagenette", .basicCNN, .black): [0.2120, 0.1623, 0.2176, 0.1759, 0.2600]
        case ("imagenette", .basicCNN, .white): [0.2233, 0.3181, 0.1625, 0.3750, 0.1842]
        case ("imagenette", .resNet18, .black): [0.2251, 0.1232, 0.3274, 0.1228, 0.3810]
        case ("imagenette", .resNet18, .white): [0.1727, 0.2046, 0.1286, 0.2390, 0.1278]
        default: nil
        }
      return areas?[place]
    }

    private func attitudeArea(_ replacement: Replacement, view: String) -> Double? {
      guard let row = ["cifar10", "imagenette"].firstIndex(of: dataset),
        let column = Architecture.paper.firstIndex(of: architecture)
      else { return nil }
      let areas: [Double]? =
        switch (replacement, view) {
        case (.black, "original"): [0.23, 0.23, 0.24, 0.26]
        case (.black, "positive"): [0.14, 0.11, 0.12, 0.14]
        case (.black, "active"): [0.15, 0.11, 0.16, 0.14]
        case (.white, "original"): [0.21, 0.22, 0.21, 0.23]
        case (.white, "negative"): [0.14, 0.12, 0.11, 0.18]
        case (.white, "inactive"): [0.15, 0.12, 0.14, 0.16]
        default: nil
        }
      return areas?[2 * row + column]
    }
  }
}
