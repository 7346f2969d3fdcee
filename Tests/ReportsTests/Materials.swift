import Foundation
import Rasters
import Saliency
import TestSupport

@testable import Datasets
@testable import Reports

/// Pictures of noise with classes in turn.
struct NoisePictures: LabelledImages {
  let name: String
  let classNames: [String]
  let height: Int
  let width: Int
  let channels = 3
  let labels: [Int32]
  private let seed: UInt64

  init(_ name: String = "noise, test", count: Int = 12, classes: [String], side: Int = 8, seed: UInt64 = 0) {
    self.seed = seed
    self.name = name
    classNames = classes
    height = side
    width = side
    labels = (0..<count).map { Int32($0 % classes.count) }
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (turn, index) in indices.enumerated() {
      var random = SeededGenerator(seed: UInt64(index + 1) + 1000 * seed)
      for place in 0..<imageSize { buffer[turn * imageSize + place] = UInt8.random(in: 0...255, using: &random) }
    }
  }
}

func noise(count: Int = 12, classes: [String] = ["class 0", "class 1", "class 2"], side: Int = 8, seed: UInt64 = 0)
  -> Dataset
{
  let images = NoisePictures(count: count, classes: classes, side: side, seed: seed)
  return Dataset(name: "noise", train: images, test: images, provenance: "made for a test", unreadable: [])
}

/// A network for colour pictures of 8×8, whose three classes have no names, as a file of the folder.
@TorchActor func smallModel(in folder: TemporaryFolder) throws -> ModelChoice.Opened {
  let file = folder.file("model.safetensors")
  try formulaNetwork(.basicCNN, channels: 3, classes: 3, height: 8, width: 8).write(to: file)
  return try ModelChoice.open(file.path)
}

let cifarClasses = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
