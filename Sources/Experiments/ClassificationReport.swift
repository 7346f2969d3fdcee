import Foundation
import Maps
import Rasters
import Tensors

/// How often a classifier is right on labelled images, class by class.
public struct ClassificationReport: Sendable, Equatable {
  /// The classifier's classes.
  public let labels: LabelSet

  /// `confusion[a][b]`: how many images of class a it takes for class b.
  public let confusion: [[Int]]

  public init(labels: LabelSet, confusion: [[Int]]) {
    self.labels = labels
    self.confusion = confusion
  }

  /// The number of images.
  public var count: Int { confusion.joined().reduce(0, +) }

  /// The share of the images whose predicted class is theirs, 0…1.
  public var accuracy: Double { Double(confusion.indices.map { confusion[$0][$0] }.reduce(0, +)) / Double(count) }

  /// The share of a class's images that are taken for it; nil if it has none.
  public func recall(of label: Int) -> Double? {
    let total = confusion[label].reduce(0, +)
    return total == 0 ? nil : Double(confusion[label][label]) / Double(total)
  }

  /// The share of the images taken for a class that are of it; nil if none is.
  public func precision(of label: Int) -> Double? {
    let total = confusion.map { $0[label] }.reduce(0, +)
    return total == 0 ? nil : Double(confusion[label][label]) / Double(total)
  }

  /// Classifies all images, in batches.
  ///
  /// Images that do not have the classifier's input size or channels are prepared as single pictures are, see
  /// ``Preprocessing/image(from:)-(PixelArray)``. The data set's classes are found among the classifier's by their names.
  ///
  /// - Parameters:
  ///   - batchSize: images at once, where memory allows.
  ///   - memory: about how many bytes a batch may take.
  ///   - progress: called with the number of images done.
  /// - Throws: ``EvaluationError/unknownClasses(_:)``; `CancellationError`; `TorchError`.
  @TorchActor public static func evaluate(
    _ classifier: any Classifier, on images: any LabelledImages, batchSize: Int = 256,
    memory: Int = .max, progress: (Int) -> Void = { _ in }
  ) throws -> ClassificationReport {
    let labels = classifier.labels
    let places = try indices(of: images.classNames, among: labels)
    let batchSize = max(1, min(batchSize, memory / max(1, classifier.bytesPerImage)))
    var confusion = Array(repeating: Array(repeating: 0, count: labels.count), count: labels.count)
    for range in (0..<images.count).batches(of: batchSize) {
      try Task.checkCancellation()
      let predicted = try Torch.withoutGradient {
        try classifier.logits(batch(range, of: images, for: classifier)).max(axis: 1).indices.integers()
      }
      for (image, label) in zip(range, predicted) { confusion[places[Int(images.labels[image])]][label] += 1 }
      progress(range.upperBound)
    }
    return ClassificationReport(labels: labels, confusion: confusion)
  }

  /// Where each of the data set's classes stands among the classifier's.
  static func indices(of names: [String], among labels: LabelSet) throws -> [Int] {
    let places = names.map { labels.names.firstIndex(of: $0) }
    let unknown = zip(names, places).filter { $1 == nil }.map(\.0)
    // A model whose classes have no names can only be meant in the data set's order.
    if unknown.count == names.count, names.count == labels.count, labels == LabelSet(unnamed: labels.count) {
      return Array(names.indices)
    }
    guard unknown.isEmpty else { throw EvaluationError.unknownClasses(unknown) }
    return places.compactMap(\.self)
  }

  @TorchActor package static func batch(
    _ range: Range<Int>, of images: any LabelledImages, for classifier: any Classifier
  ) throws -> Tensor {
    let wanted = classifier.preprocessing
    if images.height == wanted.height, images.width == wanted.width, images.channels == wanted.channels {
      return try images.images(range, device: classifier.device)
    }
    return try .concatenate(range.map { try wanted.image(from: images[$0]) }).to(classifier.device)
  }
}
