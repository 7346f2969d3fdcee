import Tensors

/// What views need to know of an attribution: the explained class's values and the extremes over its rivals.
///
/// With g_q for the values of class q: `own` is g_c, `highest` is max over q of g_q and `lowest` is min over q of g_q,
/// q running over the rivals. All are [N, C, H, W]. Only running extremes are kept, so memory does not grow with the
/// number of classes.
@TorchActor public struct ClassExtremes {
  public let own: Tensor
  /// Nil when no view compares classes.
  public private(set) var highest: Tensor?
  public private(set) var lowest: Tensor?
  /// Which class reaches the extreme, [N, C, H, W] int32; the first among equals. Nil unless asked for.
  public private(set) var highestClass: Tensor?
  public private(set) var lowestClass: Tensor?

  init(own: Tensor) { self.own = own }

  /// Takes in the values of one rival per image.
  mutating func include(_ values: Tensor, of classes: [Int], namingClasses: Bool) throws {
    guard let highest, let lowest else {
      self.highest = values
      self.lowest = values
      if namingClasses {
        highestClass = try Self.named(classes, like: values)
        lowestClass = highestClass
      }
      return
    }
    if let highestClass, let lowestClass {
      let names = try Self.named(classes, like: values)
      self.highestClass = try .choose(names, where: values.isGreater(than: highest), otherwise: highestClass)
      self.lowestClass = try .choose(names, where: values.isLess(than: lowest), otherwise: lowestClass)
    }
    self.highest = try .maximum(highest, values)
    self.lowest = try .minimum(lowest, values)
  }

  private static func named(_ classes: [Int], like values: Tensor) throws -> Tensor {
    try Tensor(classes.map(Int32.init), shape: [classes.count, 1, 1, 1]).to(values.device).expanded(values.shape)
  }
}

/// The classes with which the explained class is compared.
public enum Rivals: Sendable, Equatable, Codable {
  /// Every other class, as the paper says.
  case all
  /// The given number of other classes with the highest logits.
  case top(Int)

  /// What is compared with where nobody says: every other class, unless the model has more than 50 and each would cost a pass,
  /// as it does not end in a linear layer whose features do instead (``FeatureClassifier``); then the 20 of the highest logits.
  public static func usual(for classifier: any Classifier) -> Rivals {
    let hasFeatures = (classifier as? any FeatureClassifier)?.featureCount != nil
    return classifier.labels.count > 50 && !hasFeatures ? .top(20) : .all
  }

  /// As a sentence says it.
  public var words: String {
    switch self {
    case .all: "all others"
    case .top(let most): "the \(most) most probable others"
    }
  }

  /// How many rivals a class has among `count` classes.
  public func count(classes count: Int) -> Int {
    switch self {
    case .all: max(0, count - 1)
    case .top(let most): min(most, max(0, count - 1))
    }
  }

  /// The rivals of an image's explained class, in the order of the classes (all) or of their logits (top).
  public func classes(against explained: Int, in prediction: Prediction) -> [Int] {
    switch self {
    case .all: prediction.logits.indices.filter { $0 != explained }
    case .top(let count): Array(prediction.ranking.lazy.filter { $0 != explained }.prefix(count))
    }
  }
}
