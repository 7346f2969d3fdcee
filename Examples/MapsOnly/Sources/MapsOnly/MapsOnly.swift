import SaliencyMaps

/// Explains a picture that the program draws itself: a bright disc on a dark ground.
@main struct MapsOnly {
  static func main() async throws {
    guard let model = BundledModel.named("cifar10-basic-cnn") else { return }
    let network = try await model.load()
    let input = network.preprocessing
    let pixels = (0..<input.height * input.width).flatMap { place -> [Float] in
      let (y, x) = (place / input.width - input.height / 2, place % input.width - input.width / 2)
      return Array(repeating: x * x + y * y < 64 ? 0.9 : 0.1, count: input.channels)
    }
    let explanation = try await TorchActor.run {
      let picture = Raster(height: input.height, width: input.width, channels: input.channels, values: pixels)
      return try Explainer(network).explain(Preprocessing.image(from: picture))[0]
    }
    print(network.labels[explanation.prediction.predictedClass])
    for map in explanation.maps {
      print(map.view, "has", map.values.values.count { $0 > 0 }, "of", map.values.values.count, "pixels")
    }
  }
}
