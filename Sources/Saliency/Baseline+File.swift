import Datasets
import Downloads
import Foundation
import Maps
import Pictures
import Rasters

extension Baseline {
  /// `black`, `white`, `mean`, or the picture in a file, brought to the classifier's input as every picture is.
  ///
  /// - Throws: `PictureError` when the file is no picture that can be read.
  public static func open(
    _ nameOrPath: String, for preprocessing: Preprocessing, maximumPixels: Int = 100_000_000
  ) async throws -> Baseline {
    if let baseline = named[nameOrPath] { return baseline }
    let url = URL(filePath: nameOrPath)
    let picture = try Picture.read(url, maximumPixels: maximumPixels)
    let sum = try Checksum.of(url, .sha256).hex
    return .picture(
      try await preprocessing.seen(picture.pixels), name: "\(url.lastPathComponent), SHA-256 \(sum.prefix(16))")
  }
}

extension BaselineImages {
  /// The training images of a data set, or the pictures in a folder, brought to the classifier's input as every picture is.
  ///
  /// Of a folder at most 1,000 pictures and 500 MB at the input's size are taken, spread evenly.
  ///
  /// - Parameters:
  ///   - nameOrFolder: a data set, whose training images are taken, or a folder of pictures.
  ///   - preprocessing: the classifier's.
  ///   - data: where fetched data sets are.
  ///   - maximumPixels: pictures with more are refused.
  ///   - progress: called with the number of images read and their total.
  /// - Throws: `DatasetError`, `PictureError`, `CancellationError`.
  public static func open(
    _ nameOrFolder: String, for preprocessing: Preprocessing, in data: DataFolder = .standard,
    maximumPixels: Int = 100_000_000,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> BaselineImages {
    do {
      let dataset = try await Dataset.open(nameOrFolder, for: preprocessing, in: data, progress: progress)
      return BaselineImages(
        dataset.train, name: "\(dataset.train.name), SHA-256 \(try dataset.digest(of: .train).prefix(16))")
    } catch DatasetError.notADataset {
      let folder = URL(filePath: nameOrFolder, directoryHint: .isDirectory)
      let urls = try Picture.pictures(in: folder)
      let size = preprocessing.height * preprocessing.width * preprocessing.channels
      let count = min(urls.count, 1000, max(1, 500_000_000 / max(1, size)))
      var pictures: [PixelArray] = []
      let digest = Digest.sha256()
      for index in 0..<count {
        try Task.checkCancellation()
        let picture = try Picture.read(urls[index * urls.count / count], maximumPixels: maximumPixels)
        pictures.append(try await preprocessing.fitted(picture.pixels))
        digest.update(field: pictures[index].values)
        progress(index + 1, count)
      }
      return BaselineImages(
        pictures,
        name: "\(count) pictures of \(folder.lastPathComponent), SHA-256 \(digest.finish().hex.prefix(16))")
    }
  }
}
