import Maps
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite struct AuditImagesTests {
  private let wanted = Preprocessing(height: 24, width: 32)

  @Test("made-up images lie in 0…1, have structure, and differ by seed and number alone")
  func generated() {
    let images = AuditImages.generated(for: wanted, count: 3)
    #expect(images == AuditImages.generated(for: wanted, count: 3))
    #expect(images[0] != images[1] && images[0] != AuditImages.generated(for: wanted, count: 1, seed: 1)[0])
    for image in images {
      #expect(image.height == 24 && image.width == 32 && image.channels == 3)
      #expect(image.values.allSatisfy { (0...1).contains($0) })
      // Neighbours are alike, the whole is not: noise alone would have both differences equal.
      let pairs = (0..<24).flatMap { y in (0..<31).map { abs(image[y, $0] - image[y, $0 + 1]) } }
      #expect((image.values.max() ?? 0) - (image.values.min() ?? 0) > 5 * pairs.reduce(0, +) / Float(pairs.count))
    }
  }

  @Test("images of a data set are spread evenly over it, as the classifier sees them")
  @TorchActor func taken() throws {
    let noise = Noise(count: 10, classes: 2, height: 8, width: 8)
    let classifier = try LinearClassifier(
      weight: Array(repeating: 0, count: 2 * 192), classes: 2, channels: 3, height: 8, width: 8)
    let taken = try AuditImages.taken(from: noise, for: classifier, count: 2)
    #expect(taken.map(\.values) == [0, 5].map { noise[$0].map { Float($0) * Float(1.0 / 255) }.values })
    #expect(try AuditImages.taken(from: noise, for: classifier, count: 99).count == 10)
  }
}
