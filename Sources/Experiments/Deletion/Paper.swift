import Networks

/// The numbers of the paper that this package implements: O. Llorente, J. Boal, E. F. Sánchez-Úbeda, *Signed Saliency Maps*.
///
/// Data sets have the names `cifar10` and `imagenette`.
public enum Paper {
  /// A network on a data set, of which the paper may have numbers.
  public struct Experiment: Sendable {
    public let architecture: Architecture
    public let dataset: String

    public init(_ architecture: Architecture, on dataset: String) {
      self.architecture = architecture
      self.dataset = dataset
    }

    public var accuracy: Double? { Paper.accuracy(of: architecture, on: dataset) }
  }

  /// The test accuracy after training, 0…1 (Table 1); nil for what the paper does not have.
  public static func accuracy(of architecture: Architecture, on dataset: String) -> Double? {
    switch (dataset, architecture) {
    case ("cifar10", .basicCNN): 0.6307
    case ("cifar10", .resNet18): 0.7569
    case ("imagenette", .basicCNN): 0.6205
    case ("imagenette", .resNet18): 0.8357
    default: nil
    }
  }

  /// The area under a map's deletion curve (Table 2); nil for what the paper does not have.
  ///
  /// For CIFAR-10 the numbers of Table 2 (a) and (b). Its (c) and (d) repeat those by mistake, so for Imagenette the areas are
  /// those of the authors' own curves.
  public static func area(
    of architecture: Architecture, on dataset: String, _ replacement: Replacement, view: String
  ) -> Double? {
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
}
