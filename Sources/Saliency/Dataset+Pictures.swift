import Datasets
import Foundation
import Maps
import Pictures
import Rasters
import Tensors

extension Dataset {
  /// The pictures in a folder, each of the class that a classifier takes it for, so that its accuracy on them is 1 by definition and
  /// that on changed pictures is the agreement with the untouched ones. Training and test images are the same.
  ///
  /// - Parameters:
  ///   - folder: and those in it.
  ///   - classifier: whose input they become.
  ///   - maximumPixels: pictures with more are refused.
  ///   - progress: called with the number of pictures read and their total.
  /// - Throws: `PictureError`, `TorchError`, `CancellationError`.
  @TorchActor public static func pictures(
    in folder: URL, for classifier: any Classifier, maximumPixels: Int = 100_000_000,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    let urls = try Picture.pictures(in: folder)
    var pictures: [PixelArray] = []
    var labels: [Int32] = []
    for url in urls {
      try Task.checkCancellation()
      let picture = try Picture.read(url, maximumPixels: maximumPixels)
      pictures.append(try await classifier.preprocessing.fitted(picture.pixels))
      let logits = try Torch.withoutGradient {
        try classifier.logits(classifier.preprocessing.image(from: pictures[pictures.count - 1]).to(classifier.device))
      }
      labels += try logits.max(axis: 1).indices.integers().map(Int32.init)
      progress(pictures.count, urls.count)
    }
    let name = folder.standardizedFileURL.lastPathComponent
    let images = FolderPictures(
      name: "\(name), pictures", classNames: classifier.labels.names, labels: labels, pictures: pictures)
    return Dataset(
      name: name, train: images, test: images,
      provenance: "\(pictures.count) pictures, each of the class that the model takes it for")
  }
}

/// Pictures of one size.
private struct FolderPictures: LabelledImages {
  let name: String
  let classNames: [String]
  let labels: [Int32]
  let pictures: [PixelArray]

  var height: Int { pictures[0].height }
  var width: Int { pictures[0].width }
  var channels: Int { pictures[0].channels }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() {
      _ = UnsafeMutableBufferPointer(rebasing: buffer[place * imageSize..<(place + 1) * imageSize])
        .update(fromContentsOf: pictures[index].values)
    }
  }
}
