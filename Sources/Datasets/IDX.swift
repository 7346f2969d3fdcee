import Files
import Foundation
import Rasters

/// Data sets in the format of MNIST: one file of grey images and one of labels, for training and for testing.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or gzipped (`.gz`). A header of big-endian 32-bit numbers (a magic number and the
/// dimensions) is followed by bytes (http://yann.lecun.com/exdb/mnist/).
package enum IDX {
  /// Whether `folder` has the first of the files.
  static func isOne(_ folder: URL) -> Bool { (try? file("train-images-idx3-ubyte", in: folder)) != nil }

  /// Reads the four files in `folder`.
  ///
  /// The format names neither the data set nor its classes. They are Fashion-MNIST's when the folder's path has “fashion” in
  /// its last two parts; else the classes are the digits 0 to 9, and the name is MNIST when one of these parts is that, else
  /// the folder's.
  ///
  /// - Throws: ``DatasetError``.
  package static func open(_ folder: URL) throws -> Dataset {
    let lastParts = folder.standardizedFileURL.pathComponents.suffix(2).map { $0.lowercased() }
    let isFashion = lastParts.contains { $0.contains("fashion") }
    let name =
      if isFashion { "Fashion-MNIST" } else if lastParts.contains("mnist") { "MNIST" } else {
        folder.standardizedFileURL.lastPathComponent
      }
    let classNames = isFashion ? KnownClasses.fashionMNIST : (0...9).map(String.init)
    // All headers are compared before any values are read.
    let parts = try (Part("train", in: folder), Part("t10k", in: folder))
    guard parts.0.size == parts.1.size else {
      throw DatasetError.sizeMismatch(path: folder.relativePath, train: parts.0.size, test: parts.1.size)
    }
    let train = try parts.0.images("\(name), train", classNames: classNames)
    let test = try parts.1.images("\(name), test", classNames: classNames)
    return Dataset(
      name: name, train: train, test: test,
      provenance: "\(name), IDX files, \(train.count) + \(test.count) grey images of \(train.size)", unreadable: [])
  }

  private static func file(_ name: String, in folder: URL) throws -> URL {
    for candidate in [name, name + ".gz"] {
      let url = folder.appending(path: candidate, directoryHint: .notDirectory)
      if url.exists { return url }
    }
    throw DatasetError.unreadable(path: folder.appending(path: name + "[.gz]").relativePath)
  }

  /// The two files of images and labels, whose headers fit.
  private struct Part {
    let imageFile: URL
    let labelFile: URL
    let pixels: IDXFile
    let labels: IDXFile

    var size: ImageSize { ImageSize(height: pixels.shape[1], width: pixels.shape[2]) }

    /// More pixels than that are no image of this format's kind, but a few bytes that unpack to gigabytes.
    private static let mostPixels = 100_000_000

    init(_ part: String, in folder: URL) throws {
      imageFile = try file("\(part)-images-idx3-ubyte", in: folder)
      pixels = try IDXFile(imageFile, magic: 0x0803, dimensions: 3, kind: "images")
      labelFile = try file("\(part)-labels-idx1-ubyte", in: folder)
      labels = try IDXFile(labelFile, magic: 0x0801, dimensions: 1, kind: "labels")
      guard pixels.shape.allSatisfy({ $0 > 0 }) else { throw DatasetError.noImages(path: imageFile.relativePath) }
      guard labels.shape[0] == pixels.shape[0] else {
        throw DatasetError.countMismatch(
          path: labelFile.relativePath, labels: labels.shape[0], images: pixels.shape[0])
      }
      guard pixels.shape[1] * pixels.shape[2] <= Self.mostPixels else {
        throw DatasetError.hugeImages(path: imageFile.relativePath, size: size)
      }
    }

    func images(_ name: String, classNames: [String]) throws -> StoredImages {
      let labels = try labels.values()
      if let index = labels.bytes.firstIndex(where: { $0 >= classNames.count }) {
        throw DatasetError.labelOutOfRange(
          path: labelFile.relativePath, index: index, label: Int(labels.bytes[index]), classes: classNames.count)
      }
      return StoredImages(
        name: name, classNames: classNames, height: size.height, width: size.width, channels: 1,
        labels: labels.bytes.map(Int32.init), pixels: try pixels.values())
    }
  }
}

extension StoredImages {
  var size: ImageSize { ImageSize(height: height, width: width) }
}
