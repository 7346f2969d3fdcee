import Maps
import Networks
import Tensors
import TestSupport
import Testing

/// What PyTorch makes of the same weights, see Tests/Fixtures/reference-maps.
struct Reference: CustomTestStringConvertible {
  let architecture: Architecture
  let channels: Int
  let height: Int
  let width: Int
  let classes: Int
  let images: Int

  var testDescription: String {
    "\(architecture == .basicCNN ? "cnn" : "resnet18")-\(channels)x\(height)x\(width)-\(classes)"
  }

  @TorchActor func network() throws -> Network {
    try formulaNetwork(architecture, channels: channels, classes: classes, height: height, width: width)
  }

  @TorchActor func batch() throws -> Tensor { try Formula.tensor(1000, [images, channels, height, width]) }

  @TorchActor func file() throws -> SafeTensors {
    try SafeTensors(contentsOf: Fixture.url("reference-maps/\(testDescription).safetensors"))
  }

  static let all = [
    Reference(architecture: .basicCNN, channels: 3, height: 32, width: 32, classes: 10, images: 3),
    Reference(architecture: .basicCNN, channels: 1, height: 28, width: 28, classes: 10, images: 3),
    Reference(architecture: .basicCNN, channels: 3, height: 45, width: 37, classes: 4, images: 2),
    Reference(architecture: .resNet18, channels: 3, height: 32, width: 32, classes: 10, images: 2),
    Reference(architecture: .resNet18, channels: 1, height: 33, width: 29, classes: 3, images: 2),
  ]
}

@Suite @TorchActor struct NetworkTests {
  /// In float64 rounding is far below float32's, in which the fixtures are stored: 2⁻²⁴ ≈ 6e-8 of each value.
  @Test(arguments: Reference.all, [false, true])
  func logitsGradientsAndMapsEqualPyTorchs(_ reference: Reference, folded: Bool) throws {
    let file = try reference.file()
    var network = try reference.network().converted(to: .float64)
    if folded { network = try network.folded() }
    let images = try reference.batch().to(.float64)
    let explanations = try Explainer(network).explain(images)

    let logits = try #require(file.tensors["logits"]).floats()
    expectClose(explanations.flatMap(\.prediction.logits), logits, relative: 1e-6, absolute: 1e-6, "logits")

    let maps = try #require(file.tensors["maps"]).floats()
    let margins = try #require(file.tensors["margin"]).floats()
    let pixels = reference.height * reference.width
    for (image, explanation) in explanations.enumerated() {
      for (index, map) in explanation.maps.enumerated() {
        let start = (image * 5 + index) * pixels
        let expected = Array(maps[start..<start + pixels])
        // A mask is decided by rounding where a rival's gradient comes as near as this.
        let decided = (0..<pixels).filter { pixel in
          index < 3
            || (0..<reference.channels).allSatisfy {
              margins[(image * reference.channels + $0) * pixels + pixel] > 1e-9
            }
        }
        #expect(decided.count > pixels * 9 / 10)
        expectClose(
          decided.map { map.values.values[$0] }, decided.map { expected[$0] }, relative: 1e-6, absolute: 1e-8,
          "\(map.view) of image \(image)")
      }
    }

    guard let gradients = file.tensors["gradients"] else { return }
    let work = try Gradient().begin(ImageBatch(images[0..<1]), network)
    for k in 0..<reference.classes {
      expectClose(
        try work.values(for: [k]).floats(), try gradients[k..<k + 1].floats(), relative: 1e-6, absolute: 1e-8,
        "gradient of class \(k)")
    }
  }

  /// Central differences in float64, on elements drawn at random.
  @Test(arguments: Reference.all) func gradientsEqualFiniteDifferences(_ reference: Reference) throws {
    let network = try reference.network().converted(to: .float64)
    let image = try reference.batch()[0..<1].to(.float64)
    let pixels = try image.doubles()
    var random = SeededGenerator(seed: 11)
    let explained = Int.random(in: 0..<reference.classes, using: &random)
    let gradient = try Gradient().begin(ImageBatch(image), network).values(for: [explained]).doubles()
    // Small enough that hardly any ReLU or pooling switches in between; rounding then costs about 1e-16 / 1e-7 = 1e-9.
    let step = 1e-7
    var agreeing = 0
    for _ in 0..<60 {
      let element = Int.random(in: 0..<pixels.count, using: &random)
      func logit(_ change: Double) throws -> Double {
        var changed = pixels
        changed[element] += change
        return try network.logits(Tensor(changed, shape: image.shape)).doubles()[explained]
      }
      let difference = try (logit(step) - logit(-step)) / (2 * step)
      if abs(difference - gradient[element]) < 1e-6 * max(1, abs(gradient[element])) { agreeing += 1 }
    }
    // A kink within one of the 60 intervals is possible, in several of them it is not.
    #expect(agreeing >= 59)
  }

  @Test(arguments: [Architecture.basicCNN, .resNet18])
  func mapsDoNotDependOnTheRestOfTheBatchNorOnThreads(_ architecture: Architecture) throws {
    let network = try formulaNetwork(architecture, channels: 3, classes: 6, height: 40, width: 32)
    let images = try Formula.tensor(1000, [5, 3, 40, 32])
    let views: [any View] = [Original(), Positive(), Negative()]
    let together = try Explainer(network, views: views).explain(images)
    let threads = Torch.threads
    for count in [1, threads] {
      try Torch.setThreads(count)
      for index in 0..<5 {
        let alone = try Explainer(network, views: views).explain(images[index..<index + 1])[0]
        expectClose(
          together[index].prediction.logits, alone.prediction.logits, relative: 1e-4, absolute: 1e-5, "logits")
        for (a, b) in zip(together[index].maps, alone.maps) {
          let scale = b.values.values.max() ?? 0
          expectClose(a.values.values, b.values.values, absolute: 1e-4 * scale, "\(a.view) of image \(index)")
        }
      }
    }
    try Torch.setThreads(threads)
  }

  @Test func parametersAreChecked() throws {
    let information = ModelInformation(
      architecture: .basicCNN, labels: LabelSet(unnamed: 4), preprocessing: Preprocessing(height: 32, width: 32))
    var parameters = try Architecture.basicCNN.initialParameters(
      of: .basicCNN(channels: 3, classes: 4), seed: 1)
    parameters["stranger"] = try Tensor(repeating: 0, shape: [1])
    #expect(throws: ModelFileError.unknownParameter("stranger")) { try Network(information, parameters: parameters) }
    parameters["stranger"] = nil
    parameters["fc.bias"] = try Tensor(repeating: 0, shape: [5])
    #expect(throws: ModelFileError.wrongShape("fc.bias", expected: [4], found: [5])) {
      try Network(information, parameters: parameters)
    }
    parameters["fc.bias"] = nil
    #expect(throws: ModelFileError.missingParameter("fc.bias")) { try Network(information, parameters: parameters) }
  }
}
