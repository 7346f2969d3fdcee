import Downloads
import Foundation

/// How the content of a folder is recognised as a data set, whatever archive it comes from.
///
/// By formats, classes and sizes, not by the number of images: an excerpt will do.
enum KnownContent: Sendable {
  case cifar10
  case imagenette(shorterSide: Int?)
  case mnist
  case fashionMNIST

  /// What an archive may unpack to: several times as much as the published one, for other formats of its images.
  var limits: Archive.Limits {
    switch self {
    case .imagenette: Archive.Limits(bytes: 8_000_000_000, entries: 100_000)
    case .cifar10: Archive.Limits(bytes: 2_000_000_000, entries: 200_000)
    case .mnist, .fashionMNIST: Archive.Limits(bytes: 500_000_000, entries: 100)
    }
  }

  /// - Throws: ``DatasetError`` if `folder` does not hold the data set `name`.
  func check(_ folder: URL, name: String) throws {
    func other(_ reason: String) -> DatasetError {
      .otherContent(path: folder.relativePath, name: name, reason: reason)
    }
    switch self {
    case .cifar10:
      if Self.hasCIFARFiles(folder) { return }
      let size = try checkClasses(of: folder, KnownClasses.cifar10, other)
      guard size == ImageSize(height: 32, width: 32) else {
        throw other("its first image is \(size), those of CIFAR-10 are 32×32")
      }
    case .imagenette(let side):
      let size = try checkClasses(of: folder, KnownClasses.imagenette.keys.sorted(), other)
      if let side, min(size.height, size.width) != side {
        throw other("its first image is \(size), its shorter side is not \(side)")
      }
    case .mnist, .fashionMNIST:
      guard IDX.isOne(folder) else { throw other("it has no train-images-idx3-ubyte (or .gz)") }
      let dataset = try IDX.open(folder)
      let size = ImageSize(height: dataset.train.height, width: dataset.train.width)
      guard size == ImageSize(height: 28, width: 28) else { throw other("its images are \(size) instead of 28×28") }
      // The two have the same format. Fashion-MNIST was published with as many images in each class, MNIST was not.
      guard dataset.test.count == 10_000 else { return }
      let counts = (0..<10).map { label in dataset.test.labels.count { $0 == label } }
      let isFashion = counts.allSatisfy { $0 == 1000 }
      if case .mnist = self, isFashion { throw other("its classes are as large as those of Fashion-MNIST") }
      if case .fashionMNIST = self, !isFashion { throw other("its test images are not 1,000 of each class") }
    }
  }

  /// The official binary version. Its records are looked at when it is opened.
  private static func hasCIFARFiles(_ folder: URL) -> Bool {
    guard let folder = CIFAR10.folder(in: folder) else { return false }
    return CIFAR10.files.allSatisfy { name in
      (try? folder.appending(path: name).resourceValues(forKeys: [.fileSizeKey]).fileSize) == CIFAR10.fileSize
    }
  }

  /// - Returns: the size of the first image.
  private func checkClasses(
    of folder: URL, _ classes: [String], _ other: (String) -> DatasetError
  ) throws -> ImageSize {
    guard ImageFolder.isOne(folder) else { throw other("it has no folder train with a folder for each class") }
    let (train, test) = try ImageFolder.parts(of: folder)
    for part in [train, test] where part.classes != classes {
      let missing = classes.filter { !part.classes.contains($0) }
      throw other(
        "its folder \(part.url.lastPathComponent) has \(part.classes.count) classes"
          + (missing.isEmpty ? ", more than \(classes.count)" : " without \(missing.prefix(3).joined(separator: ", "))")
      )
    }
    _ = try test.sizeOfFirstImage()
    return try train.sizeOfFirstImage()
  }
}
