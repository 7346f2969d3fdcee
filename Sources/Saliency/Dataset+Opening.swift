import Datasets
import Foundation
import Maps
import Pictures
import Rasters
import Tensors

extension Dataset {
  /// Opens the data set that a user names as a classifier wants it: images of class folders are brought to its input size as every
  /// picture is; or, without a classifier, as it is trained on: they are stretched to a size. IDX and binary files are not resized
  /// as they are read.
  ///
  /// - Parameters:
  ///   - nameOrPath: a name of ``KnownDataset``, or a folder.
  ///   - preprocessing: the classifier's; nil: the data set is opened as it is trained on.
  ///   - size: what is trained on, of no account with a classifier; nil: the size that the images have, but 224×224 for Imagenette
  ///     in sizes of its own.
  ///   - data: where fetched data sets are.
  ///   - skipGrey: leaves grey images of class folders out, instead of expanding them to three channels; nil: those of
  ///     Imagenette alone, as the paper's authors did.
  ///   - cache: where the decoded images of class folders are kept; nil: in memory only.
  ///   - progress: called with the number of images done and their total.
  /// - Throws: ``DatasetError``, `CancellationError`, `TorchError`.
  public static func open(
    _ nameOrPath: String, for preprocessing: Preprocessing? = nil, size: ImageSize? = nil,
    in data: DataFolder = .standard, skipGrey: Bool? = nil, cache: DataFolder? = .standard,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    try await open(
      nameOrPath, in: data, size: preprocessing.map { ImageSize(height: $0.height, width: $0.width) } ?? size,
      isSizeRequired: preprocessing == nil, skipGrey: skipGrey, cache: cache,
      resize: preprocessing?.resize ?? .stretch, progress: progress)
  }

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

extension ImageFolder.Resize {
  fileprivate static let stretch = ImageFolder.Resize("stretch") { pixels, height, width in
    try await pixels.resized(height: height, width: width)
  }
}

extension Preprocessing {
  /// As a picture is brought to the input size, in colours.
  fileprivate var resize: ImageFolder.Resize {
    // As in training, so that the decoded images are the same.
    guard fit != .stretch else { return .stretch }
    return ImageFolder.Resize(fit.rawValue) { pixels, height, width in
      try await Preprocessing(height: height, width: width, fit: fit).fitted(pixels)
    }
  }
}
