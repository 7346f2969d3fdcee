import Maps
import TestSupport
import Testing

@testable import Networks

@Suite struct ModelPresetTests {
  @Test("ImageNet has 1,000 names, each once, in torchvision's order")
  func imagenet() throws {
    let settings = ModelPreset.imagenet.settings
    let names = try #require(settings.labels)
    #expect(names.count == 1000 && Set(names).count == 1000)
    #expect(names.allSatisfy { !$0.isEmpty && !$0.hasPrefix("#") })
    // Indices that are known of it.
    let known = [
      0: "tench", 1: "goldfish", 207: "golden retriever", 281: "tabby", 657: "missile", 999: "toilet tissue",
    ]
    for (index, name) in known { #expect(names[index] == name) }
    #expect(
      try settings.preprocessing(channels: 3)
        == Preprocessing(
          height: 224, width: 224, fit: .crop, mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225]))
  }

  @Test("pictures are resized to 256 and cropped to 224, as torchvision does", arguments: [(480, 640), (1000, 300)])
  func resize(height: Int, width: Int) throws {
    let source = try ModelPreset.imagenet.settings.preprocessing(channels: 3).cropSource(height: height, width: width)
    #expect(min(source.height, source.width) == 256)
    #expect(max(source.height, source.width) == 256 * max(height, width) / min(height, width))
  }

  @Test("CIFAR-10 has its ten names and no normalisation")
  func cifar10() throws {
    let settings = ModelPreset.cifar10.settings
    #expect(
      settings.labels == ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"])
    #expect(try settings.preprocessing(channels: 3) == Preprocessing(height: 32, width: 32, fit: .stretch))
  }
}
