import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite struct ProcessMemoryTests {
  /// ResNet-18 for pictures of 2048×2048, of which one takes some 4 GB.
  private func large() async throws -> Network {
    try await TorchActor.run {
      let information = ModelInformation(
        architecture: .resNet18, labels: LabelSet(["a", "b"]), preprocessing: Preprocessing(height: 2048, width: 2048))
      return try Network(information, parameters: formulaParameters(.resNet18, channels: 3, classes: 2))
    }
  }

  @Test("a large model is refused where memory is given, and has what it needs where it is not")
  func largeModels() async throws {
    let network = try await large()
    let image = network.bytesPerImage
    #expect(image > ProcessMemory.usual)
    let error = await #expect(throws: MethodError.self) { try await ProcessMemory.left(of: image, for: network) }
    guard case .tooLittleMemory(let needed, image) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try await ProcessMemory.left(of: needed, for: network) == image)
    #expect(try await ProcessMemory.left(of: nil, for: network) == image)
  }
}
