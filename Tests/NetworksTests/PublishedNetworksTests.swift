import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Built-in networks answer as torchvision's and timm's do (`Tests/Fixtures/architectures`).
@Suite(.slow) @TorchActor struct PublishedNetworksTests {
  /// Element i of parameter p: (7919 i + 104729 p) mod 9973 / 9973, in the range of its role.
  private static func parameter(_ position: Int, _ parameter: Graph.Parameter) throws -> Tensor {
    let count = parameter.shape.reduce(1, *)
    func call(_ name: String, _ overload: String, _ arguments: [(name: String, value: Operator.Argument)]) throws
      -> Tensor
    {
      try #require(try Operator("aten::\(name)", overload: overload)(arguments)[0])
    }
    let indices = try call("arange", "", [("end", .int(count)), ("dtype", .int(4))])
    let scaled = try call("mul", "Scalar", [("self", .tensor(indices)), ("other", .int(7919))])
    let moved = try call("add", "Scalar", [("self", .tensor(scaled)), ("other", .int(104_729 * position))])
    let rest = try call("remainder", "Scalar", [("self", .tensor(moved)), ("other", .int(9973))])
    let units = try rest.to(.float64) * (1 / 9973)
    let values =
      switch parameter.role {
      case .convolutionWeight, .linearWeight: try (units * 2 + -1) * (3 / Double(parameter.fanIn)).squareRoot()
      case .scale, .runningVariance: try units + 0.5
      default: try units * 0.4 + -0.2
      }
    return try values.to(.float32).reshaped(parameter.shape)
  }

  private static func network(_ architecture: Architecture) throws -> Network {
    let parameters = architecture.graph(channels: 3, classes: 5, height: 64, width: 64).parameters
    let tensors = try parameters.enumerated().map { ($1.name, try parameter($0, $1)) }
    let information = ModelInformation(
      architecture: architecture, labels: LabelSet(unnamed: 5),
      preprocessing: Preprocessing(height: 64, width: 64, channels: 3))
    return try Network(information, parameters: Dictionary(uniqueKeysWithValues: tensors))
  }

  @Test(
    "logits are those of the published networks, folded and not",
    arguments: [Architecture.resNet18, .resNet34, .resNet50, .efficientNetLite0])
  func logits(architecture: Architecture) throws {
    let file = try Data(contentsOf: Fixture.url("architectures/logits.json"))
    let expected = try #require(try JSONDecoder().decode([String: [[Double]]].self, from: file)[architecture.rawValue])
    let images = try Formula.tensor(1000, [2, 3, 64, 64])
    let network = try Self.network(architecture)
    let spread = (expected.joined().max() ?? 0) - (expected.joined().min() ?? 0)
    for network in [network, try network.folded()] {
      let answer = try Torch.withoutGradient { try network.logits(images) }
      expectClose(try answer.doubles(), Array(expected.joined()), absolute: 1e-4 * spread, architecture.title)
    }
  }

  @Test(
    "networks have as many weights as is published",
    arguments: [
      (Architecture.basicCNN, 10, 495_146), (.resNet18, 1000, 11_689_512), (.resNet34, 1000, 21_797_672),
      (.resNet50, 1000, 25_557_032), (.efficientNetLite0, 1000, 4_652_008),
    ])
  func sizes(architecture: Architecture, classes: Int, count: Int) {
    let trained = architecture.graph(channels: 3, classes: classes, height: 32, width: 32).parameters.filter(
      \.isTrained)
    #expect(trained.reduce(0) { $0 + $1.shape.reduce(1, *) } == count)
  }
}
