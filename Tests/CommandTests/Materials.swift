import Foundation
import Saliency
import TestSupport

/// What the commands are given to work on.
enum Materials {
  /// A network for colour pictures of 16×16 with the classes 1, 0, cat and Dog.
  static func model() async throws -> String { try await small.value.path }

  /// ResNet-18 for 1,000 classes of pictures of 224×224.
  static func resNet18() async throws -> String { try await large.value.path }

  static let classes = ["1", "0", "cat", "Dog"]

  private static let small = Task {
    try await write("small", .basicCNN, LabelSet(classes), Preprocessing(height: 16, width: 16))
  }

  private static let large = Task {
    try await write("large", .resNet18, LabelSet(unnamed: 1000), Preprocessing(height: 224, width: 224))
  }

  /// Removed when the tests end.
  private static let folder: URL = {
    let url = FileManager.default.temporaryDirectory.appending(path: "saliency-tests-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(at: Materials.folder) }
    return url
  }()

  @TorchActor private static func write(
    _ name: String, _ architecture: Architecture, _ labels: LabelSet, _ preprocessing: Preprocessing
  ) throws -> URL {
    let information = ModelInformation(architecture: architecture, labels: labels, preprocessing: preprocessing)
    let parameters = try formulaParameters(architecture, channels: 3, classes: labels.count)
    let url = folder.appending(path: "\(name).safetensors")
    try Network(information, parameters: parameters).write(to: url)
    return url
  }

  /// A colour picture of noise, brighter by `brightness`.
  static func picture(height: Int = 20, width: Int = 24, seed: Int, brightness: UInt8 = 0) -> PixelArray {
    var random = SeededGenerator(seed: UInt64(seed))
    let values = (0..<height * width * 3).map { _ in
      UInt8(truncatingIfNeeded: random.next()) / 2 + brightness
    }
    return PixelArray(height: height, width: width, channels: 3, values: values)
  }

  static func fixture(_ path: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: path)
  }
}

extension Command {
  /// Writes a picture of noise under each name.
  func addPictures(_ names: String...) throws {
    for (seed, name) in names.enumerated() { try Materials.picture(seed: seed).writePNG(to: file(name)) }
  }

  /// A place in the folder; the folders on the way to it are made.
  func file(_ name: String) throws -> URL {
    let url = folder.file(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    return url
  }

  func add(_ content: some DataProtocol, as name: String) throws { try Data(content).write(to: file(name)) }

  /// Class folders of dark and bright pictures of 8×8.
  func addDataset(_ name: String = "data", train: Int = 12, test: Int = 4) throws {
    for (part, count) in [("train", train), ("test", test)] {
      for (brightness, label) in [(0, "dark"), (128, "bright")] {
        for index in 0..<count {
          try Materials.picture(height: 8, width: 8, seed: index, brightness: UInt8(brightness))
            .writePNG(to: file("\(name)/\(part)/\(label)/\(index).png"))
        }
      }
    }
  }

  /// IDX files of grey images with labels 0 and 1.
  func addIDX(_ name: String = "idx", side: Int = 6, train: Int = 10, test: Int = 4) throws {
    func numbers(_ values: [Int]) -> [UInt8] {
      values.flatMap { value in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    }
    for (part, count) in [("train", train), ("t10k", test)] {
      let pixels = (0..<count * side * side).map { UInt8(truncatingIfNeeded: $0 * 31) }
      try add(numbers([0x803, count, side, side]) + pixels, as: "\(name)/\(part)-images-idx3-ubyte")
      try add(numbers([0x801, count]) + (0..<count).map { UInt8($0 % 2) }, as: "\(name)/\(part)-labels-idx1-ubyte")
    }
  }
}
