import Networks
import Tensors
import TestSupport
import Testing

@Suite @TorchActor struct NetworkRandomizationTests {
  @Test("layers are convolutions with their normalisations and linear layers")
  func layers() throws {
    let cnn = try formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 16, width: 16)
    #expect(cnn.layers.count == 11 && cnn.layers.first == "conv1" && cnn.layers.last == "fc")
    let resNet = try formulaNetwork(.resNet18, channels: 1, classes: 3, height: 16, width: 16)
    #expect(resNet.layers.count == 21)
    #expect(Array(resNet.layers.suffix(4)) == ["layer4.0.downsample.0", "layer4.1.conv1", "layer4.1.conv2", "fc"])
  }

  @Test("fresh weights in the layers named, and no others", arguments: [Architecture.basicCNN, .resNet18])
  func randomized(architecture: Architecture) throws {
    let network = try formulaNetwork(architecture, channels: 1, classes: 3, height: 16, width: 16)
    let fresh = try architecture.initialParameters(of: network.graph, seed: 7)
    let chosen = [network.layers[0], network.layers[3]]
    let changed = try network.randomized(Set(chosen), seed: 7)
    var count = 0
    for (name, tensor) in changed.parameters {
      // A layer's normalisation has its name with bn for conv.
      let isChosen = chosen.contains {
        name.hasPrefix("\($0).") || name.hasPrefix($0.replacing("conv", with: "bn") + ".")
      }
      count += isChosen ? 1 : 0
      #expect(try tensor.floats() == (isChosen ? fresh : network.parameters)[name]?.floats(), "\(name)")
    }
    // Weight and bias each, or a weight and four numbers of the normalisation.
    #expect(count == (architecture == .basicCNN ? 4 : 10))
    let all = try network.randomized(Set(network.layers), seed: 7)
    for (name, tensor) in all.parameters { #expect(try tensor.floats() == fresh[name]?.floats(), "\(name)") }
  }
}
