import Foundation
import Rasters

/// Data sets in the format of MNIST: one file of grey images and one of labels, for training and for testing.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or gzipped (`.gz`). A header of big-endian 32-bit numbers (a magic number and the
/// dimensions) is followed by bytes (http://yann.lecun.com/exdb/mnist/).
public enum IDX {
  /// Whether `folder` has the first of the files.
  static func isOne(_ folder: URL) -> Bool { (try? file("train-images-idx3-ubyte", in: folder)) != nil }

  /// Reads the four files in `folder`.
  ///
  /// The format names neither the data set nor its classes. They are Fashion-MNIST's when the folder's path has “fashion” in
  /// its last two parts; else the classes are the digits 0 to 9, and the name is MNIST when one of these parts is that, else
  /// the folder's.
  ///
  /// - Throws: ``DatasetError``.
  public static func open(_ folder: URL) throws -> Dataset {
    let lastParts = folder.standardizedFileURL.pathComponents.suffix(2).map { $0.lowercased() }
    let isFashion = lastParts.contains { $0.contains("fashion") }
    let name =
      if isFashion { "Fashion-MNIST" } else if lastParts.contains("mnist") { "MNIST" } else {
        folder.standardizedFileURL.lastPathComponent
      }
    let classNames = isFashion ? KnownClasses.fashionMNIST : (0...9).map(String.init)
    let train = try images("train", in: folder, name: "\(name), train", classNames: classNames)
    let test = try images("t10k", in: folder, name: "\(name), test", classNames: classNames)
    let (trainSize, testSize) = (train.size, test.size)
    guard trainSize == testSize else {
      throw DatasetError.sizeMismatch(path: folder.relativePath, train: trainSize, test: testSize)
    }
    return Dataset(
      name: name, train: train, test: test,
      provenance: "\(name), IDX files, \(train.count) + \(test.count) grey images of \(trainSize)", unreadable: [])
  }

  private static func file(_ name: String, in folder: URL) throws -> URL {
    for candidate in [name, name + ".gz"] {
      let url = folder.appending(path: candidate, directoryHint: .notDirectory)
      if FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) { return url }
    }
    throw DatasetError.unreadable(path: folder.appending(path: name + "[.gz]").relativePath)
  }

  private static func images(
    _ part: String, in folder: URL, name: String, classNames: [String]
  ) throws -> StoredImages {
    let imageFile = try file("\(part)-images-idx3-ubyte", in: folder)
    let (shape, pixels) = try IDXFile.read(imageFile, magic: 0x0803, dimensions: 3, kind: "images")
    let labelFile = try file("\(part)-labels-idx1-ubyte", in: folder)
    let (labelShape, labels) = try IDXFile.read(labelFile, magic: 0x0801, dimensions: 1, kind: "labels")
    guard shape.allSatisfy({ $0 > 0 }) else { throw DatasetError.noImages(path: imageFile.relativePath) }
    guard labelShape[0] == shape[0] else {
      throw DatasetError.countMismatch(path: labelFile.relativePath, labels: labelShape[0], images: shape[0])
    }
    if let index = labels.bytes.firstIndex(where: { $0 >= classNames.count }) {
      throw DatasetError.labelOutOfRange(
        path: labelFile.relativePath, index: index, label: Int(labels.bytes[index]), classes: classNames.count)
    }
    return StoredImages(
      name: name, classNames: classNames, height: shape[1], width: shape[2], channels: 1,
      labels: labels.bytes.map(Int32.init), pixels: pixels)
  }
}

extension StoredImages {
  var size: ImageSize { ImageSize(height: height, width: width) }
}
