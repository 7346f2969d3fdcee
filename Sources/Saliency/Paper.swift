import Networks

/// The numbers of the paper that this package implements: O. Llorente, J. Boal, E. F. Sánchez-Úbeda, *Signed Saliency Maps*.
public enum Paper {
  /// The test accuracy after training, 0…1 (Table 1); nil for what the paper does not have.
  ///
  /// - Parameter dataset: `cifar10` or `imagenette`.
  public static func accuracy(of architecture: Architecture, on dataset: String) -> Double? {
    switch (dataset, architecture) {
    case ("cifar10", .basicCNN): 0.6307
    case ("cifar10", .resNet18): 0.7569
    case ("imagenette", .basicCNN): 0.6205
    case ("imagenette", .resNet18): 0.8357
    default: nil
    }
  }
}
