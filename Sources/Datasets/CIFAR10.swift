import Files
import Foundation
import Rasters

/// CIFAR-10 in its official binary version: 50,000 images to train on and 10,000 to test on, of 32×32 pixels.
///
/// `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin` hold 10,000 records each: a byte for the class, then the
/// red, the green and the blue values of 32×32 pixels, row by row (https://www.cs.toronto.edu/~kriz/cifar.html).
package enum CIFAR10 {
  private static let side = 32
  private static let recordSize = 1 + 3 * side * side
  private static let recordsPerFile = 10_000

  private static let trainFiles = (1...5).map { "data_batch_\($0).bin" }
  private static let testFiles = ["test_batch.bin"]
  static var files: [String] { trainFiles + testFiles }
  /// In bytes.
  static var fileSize: Int { recordsPerFile * recordSize }

  /// Whether the files, or a folder `cifar-10-batches-bin` with them, are in `folder`.
  package static func isOne(_ folder: URL) -> Bool { self.folder(in: folder) != nil }

  /// Reads the files in `folder` or in the `cifar-10-batches-bin` in it.
  ///
  /// - Throws: ``DatasetError``.
  package static func open(_ folder: URL) throws -> Dataset { try open(folder, recordsPerFile: recordsPerFile) }

  package static func open(_ folder: URL, recordsPerFile: Int) throws -> Dataset {
    let files = self.folder(in: folder) ?? folder
    func images(_ part: String, _ names: [String]) throws -> StoredImages {
      let pixels = PixelMemory(count: names.count * recordsPerFile * (recordSize - 1))
      var labels: [Int32] = []
      for name in names {
        let file = files.appending(path: name, directoryHint: .notDirectory)
        labels += try read(file, recordsPerFile, into: pixels, at: labels.count)
      }
      return StoredImages(
        name: "CIFAR-10, \(part)", classNames: KnownClasses.cifar10, height: side, width: side, channels: 3,
        labels: labels, pixels: pixels)
    }
    let train = try images("train", trainFiles)
    let test = try images("test", testFiles)
    return Dataset(
      name: "CIFAR-10", train: train, test: test,
      provenance: "CIFAR-10, binary files, \(train.count) + \(test.count) images of \(train.size)", unreadable: [])
  }

  /// Where the files are.
  static func folder(in folder: URL) -> URL? {
    [folder, folder.appending(path: "cifar-10-batches-bin", directoryHint: .isDirectory)].first {
      $0.appending(path: "data_batch_1.bin").exists
    }
  }

  /// Interleaves the pixels of a file's records and returns their labels.
  private static func read(
    _ file: URL, _ records: Int, into pixels: PixelMemory, at place: Int
  ) throws -> [Int32] {
    let path = file.relativePath
    let values = try? file.resolvingSymlinksInPath().resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
    guard let values, values.isRegularFile == true, let size = values.fileSize else {
      throw DatasetError.unreadable(path: path)
    }
    guard size == records * recordSize else {
      throw DatasetError.wrongLength(path: path, bytes: size, expected: records * recordSize)
    }
    guard let data = try? Data(contentsOf: file) else { throw DatasetError.unreadable(path: path) }
    guard data.count == size else { throw DatasetError.damaged(path: path) }
    return try data.withUnsafeBytes { bytes in
      try (0..<records).map { index in
        let record = UnsafeRawBufferPointer(rebasing: bytes[index * recordSize..<(index + 1) * recordSize])
        let (label, classes) = (Int(record[0]), KnownClasses.cifar10.count)
        guard label < classes else {
          throw DatasetError.labelOutOfRange(path: path, index: index, label: label, classes: classes)
        }
        let area = side * side
        var position = (place + index) * 3 * area
        for pixel in 0..<area {
          for channel in 0..<3 {
            pixels.bytes[position] = record[1 + channel * area + pixel]
            position += 1
          }
        }
        return Int32(label)
      }
    }
  }
}
