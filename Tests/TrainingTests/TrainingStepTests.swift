import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Training

/// PyTorch's own steps, see Tests/Fixtures/training.
private struct Expected: Decodable {
  struct AdamW: Decodable {
    let weight: [[Double]]
    let bias: [[Double]]
  }
  struct BatchNorm: Decodable {
    let output, runningMean, runningVariance, inputGradient, weightGradient, biasGradient: [Double]
  }
  struct Curve: Decodable { let loss: [Double] }

  let adamw: AdamW
  let batchNorm: BatchNorm
  let curves: [String: Curve]

  static func read() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: Fixture.url("training/training.json")))
  }
}

@Suite @TorchActor struct TrainingStepTests {
  @Test func adamWEqualsPyTorchs() throws {
    let expected = try Expected.read().adamw
    let optimizer = AdamW(recipe: Recipe())
    for (offset, shape, values) in [(0, [3, 4], expected.weight), (1, [4], expected.bias)] {
      let weight = try Formula.signed(4000 + offset, shape).to(.float64)
      let mean = try weight * 0
      let square = try weight * 0
      for step in 0..<3 {
        let gradient = try Formula.signed(4010 + offset + 2 * step, shape).to(.float64)
        try optimizer.update(weight, gradient: gradient, mean: mean, square: square, step: step + 1)
        expectClose(try weight.doubles(), values[step], relative: 1e-13, absolute: 1e-15, "step \(step)")
      }
    }
  }

  @Test func batchNormalizationEqualsPyTorchs() throws {
    let expected = try Expected.read().batchNorm
    let input = try Formula.signed(4100, [4, 3, 5, 5]).to(.float64).variable()
    let weight = try Formula.tensor(4101, [3], offset: 0.5).to(.float64).variable()
    let bias = try Formula.signed(4102, [3]).to(.float64).variable()
    let mean = try Formula.signed(4103, [3]).to(.float64)
    let variance = try Formula.tensor(4104, [3], offset: 0.5).to(.float64)
    var graph = Graph(channels: 3)
    graph.batchNorm("norm")
    let parameters = [
      "norm.weight": weight, "norm.bias": bias, "norm.running_mean": mean, "norm.running_var": variance,
    ]
    let output = try Interpreter(graph: graph, parameters: parameters).run(input, training: true)
    let seed = try Formula.signed(4105, [4, 3, 5, 5]).to(.float64)
    let gradients = try output.gradients(seed: seed, of: [input, weight, bias])
    expectClose(try output.doubles(), expected.output, relative: 1e-11, absolute: 1e-12, "output")
    expectClose(try mean.doubles(), expected.runningMean, relative: 1e-12, absolute: 1e-14, "running mean")
    expectClose(try variance.doubles(), expected.runningVariance, relative: 1e-12, absolute: 1e-14, "running variance")
    for (gradient, wanted) in zip(
      gradients, [expected.inputGradient, expected.weightGradient, expected.biasGradient])
    {
      expectClose(try #require(gradient).doubles(), wanted, relative: 1e-10, absolute: 1e-11, "gradient")
    }
  }

  @Test(arguments: [(Architecture.basicCNN, "cnn"), (.resNet18, "resnet18")])
  func lossCurveEqualsPyTorchs(_ architecture: Architecture, name: String) throws {
    let expected = try #require(Expected.read().curves[name]).loss
    var parameters: [String: Tensor] = [:]
    let graph = architecture.graph(channels: 3, classes: 10, height: 32, width: 32)
    for (stream, parameter) in graph.parameters.enumerated() {
      parameters[parameter.name] = try Formula.parameter(stream, parameter).to(.float64)
    }
    let state = try TrainingState(architecture, Recipe(), graph: graph, parameters: parameters)
    let images = try Formula.tensor(4200, [16, 3, 32, 32]).to(.float64)
    let labels = try Tensor((0..<16).map { Int64(7 * $0 % 10) }, shape: [16])
    for (step, loss) in expected.enumerated() {
      let half = step % 2 == 0 ? 0..<8 : 8..<16
      let found = try state.step(images[half], labels[half]).doubles()
      expectClose(found, [loss], relative: 1e-6, absolute: 1e-6, "step \(step)")
    }
  }
}
