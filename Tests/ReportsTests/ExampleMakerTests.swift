import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@testable import Experiments
@testable import Reports

@Suite @TorchActor struct ExampleMakerTests {
  @Test("the first correctly classified image of each class, or none")
  func first() {
    let choices = ExampleMaker.choices(
      labels: [2, 0, 0, 2, 5, 2], predicted: [0, 2, 0, 2, 0, 2], .first, seed: 0)
    #expect(choices == [.init(label: 0, image: 2), .init(label: 2, image: 3), .init(label: 5, image: nil)])
  }

  @Test("a random one is correct, depends on the seed alone, and not always the first")
  func random() {
    let labels = (0..<300).map { Int32($0 % 3) }
    let predicted = labels.enumerated().map { $0 % 5 == 0 ? 7 : $1 }
    let seeds = (0..<20).map { ExampleMaker.choices(labels: labels, predicted: predicted, .random, seed: $0) }
    #expect(seeds[4] == ExampleMaker.choices(labels: labels, predicted: predicted, .random, seed: 4))
    #expect(Set(seeds.map { $0[0].image }).count > 10)
    for choice in seeds.joined() {
      let image = choice.image ?? 0
      #expect(labels[image] == Int32(choice.label) && image % 5 != 0)
    }
  }

  @Test("steps and answers are those of the benchmark")
  func answers() throws {
    let folder = try TemporaryFolder()
    let model = try smallModel(in: folder)
    let images = noise().test
    let explainer = try Explainer(model.classifier)
    let benchmark = try DeletionBenchmark(
      explainer, images: images, fractions: DeletionSteps.fractions, controls: false, blockSize: 12)
    let block = try benchmark.measure(0, with: benchmark.answering())
    let examples = try ExampleMaker(explainer: explainer, images: images, options: ReportOptions())
      .make(labels: block.labels, predicted: block.untouched)
    #expect(!examples.examples.isEmpty && examples.examples.count + examples.without.count == 3)
    let steps = DeletionSteps.fractions.count
    for example in examples.examples {
      #expect(block.labels[example.index] == block.untouched[example.index])
      let input = try ClassificationReport.batch(
        example.index..<example.index + 1, of: images, for: model.classifier)
      let scores = try Torch.withoutGradient { try model.classifier.logits(input).doubles() }.map(exp)
      expectClose(
        [example.probability], [scores[Int(block.labels[example.index])] / scores.reduce(0, +)], absolute: 1e-4)
      for (series, map) in example.maps.enumerated() {
        let place = (example.index * 5 + series) * steps
        #expect(map.deleted.map(Int32.init) == Array(block.answers[0].deleted[place..<place + steps]))
        // As many pixels as are told are gone at each step, and none comes back.
        for (step, count) in map.deleted.enumerated() { #expect(map.steps.count { Int($0) <= step } == count) }
        for (turn, metric) in ["black", "white"].enumerated() {
          let answers = try #require(map.answers[metric])
          #expect(answers.map(\.name) == block.answers[turn].classes[place..<place + steps].map { "class \($0)" })
          expectClose(
            answers.map(\.explained), block.answers[turn].values[place..<place + steps].map(Double.init), absolute: 1e-4
          )
        }
      }
    }
  }

  @Test("the pixels that a map ranks first go first, those without saliency never")
  func ranking() throws {
    let folder = try TemporaryFolder()
    let model = try smallModel(in: folder)
    let explainer = try Explainer(model.classifier)
    let images = noise().test
    let input = try ClassificationReport.batch(0..<1, of: images, for: model.classifier)
    let explanation = try explainer.explain(input)[0]
    let predicted = Int32(explanation.prediction.predictedClass)
    let set = try ExampleMaker(explainer: explainer, images: images, options: ReportOptions())
      .make(labels: [predicted], predicted: [predicted])
    for (map, page) in zip(explanation.maps, set.examples[0].maps) {
      for (a, x) in map.values.values.enumerated() {
        #expect((page.steps[a] == 255) == (x == 0))
        for (b, y) in map.values.values.enumerated() where x > y { #expect(page.steps[a] <= page.steps[b]) }
      }
    }
    let png = try PNGPixels(set.examples[0].picture)
    let pixel = png[3, 2]
    let place = (2 * 8 + 3) * 3
    #expect([pixel.red, pixel.green, pixel.blue] == Array(images[0].values[place..<place + 3]))
  }

  @Test("of thousands of classes a few are shown, and the others counted")
  func manyClasses() throws {
    let folder = try TemporaryFolder()
    let model = try smallModel(in: folder)
    var options = ReportOptions()
    options.maximumClasses = 2
    let labels: [Int32] = [0, 1, 2]
    let set = try ExampleMaker(explainer: Explainer(model.classifier), images: noise().test, options: options)
      .make(labels: labels, predicted: [0, 0, 2])
    #expect(set.examples.map(\.name) == ["class 0"] && set.without == ["class 1"] && set.leftOut == 1)
  }
}
