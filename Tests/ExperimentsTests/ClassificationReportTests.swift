import Maps
import Rasters
import Tensors
import TestSupport
import Testing

@testable import Experiments

/// Grey pictures of one pixel; class i is the brightness `[0, 100, 200][i]`.
private struct Pixels: LabelledImages {
  let name = "pixels"
  let classNames: [String]
  let height = 1
  let width = 1
  let channels = 1
  let labels: [Int32]
  let values: [UInt8]

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() { buffer[place] = values[index] }
  }
}

@Suite @TorchActor struct ClassificationReportTests {
  /// Logits 0, 2x − 0.4, 8x − 4: below 0.2 it says class 0, up to 0.6 class 1, above class 2.
  private func classifier(channels: Int = 1) throws -> LinearClassifier {
    try LinearClassifier(
      weight: [0, 2, 8].flatMap { Array(repeating: $0 / Float(channels), count: channels) }, bias: [0, -0.4, -4],
      classes: 3, channels: channels, height: 1, width: 1)
  }

  private let images = Pixels(
    classNames: ["class 0", "class 1", "class 2"], labels: [0, 0, 0, 1, 1, 2, 2],
    values: [0, 10, 200, 100, 100, 255, 10])

  @Test(arguments: [1, 3, 100]) func everyImageIsCountedOnce(batchSize: Int) throws {
    var progress: [Int] = []
    let report = try ClassificationReport.evaluate(classifier(), on: images, batchSize: batchSize) {
      progress.append($0)
    }
    #expect(report.confusion == [[2, 0, 1], [0, 2, 0], [1, 0, 1]])
    #expect(report.count == 7)
    #expect(report.accuracy == 5.0 / 7)
    #expect(report.recall(of: 0) == 2.0 / 3)
    #expect(report.precision(of: 2) == 0.5)
    #expect(progress.last == 7)
  }

  @Test func imagesAreBroughtToTheClassifiersChannels() throws {
    #expect(try ClassificationReport.evaluate(classifier(channels: 3), on: images).accuracy == 5.0 / 7)
  }

  @Test func classesAreFoundByName() throws {
    let labels = LabelSet(["cat", "dog", "emu"])
    #expect(try ClassificationReport.indices(of: ["emu", "cat"], among: labels) == [2, 0])
    #expect(try ClassificationReport.indices(of: ["x", "y"], among: LabelSet(unnamed: 2)) == [0, 1])
    #expect(throws: EvaluationError.unknownClasses(["fox"])) {
      try ClassificationReport.indices(of: ["cat", "fox"], among: labels)
    }
  }

  @Test func classesWithoutImagesHaveNoShares() {
    let report = ClassificationReport(labels: LabelSet(["a", "b"]), confusion: [[3, 0], [0, 0]])
    #expect(report.recall(of: 1) == nil)
    #expect(report.precision(of: 1) == nil)
    #expect(report.accuracy == 1)
  }
}
