import Datasets
import Maps
import Rasters

extension Dataset {
  /// Opens the data set that a user names as a classifier wants it: images of class folders are brought to its input size as every
  /// picture is. IDX and binary files are not resized as they are read.
  ///
  /// - Parameters:
  ///   - nameOrPath: a name of ``KnownDataset``, or a folder.
  ///   - preprocessing: the classifier's.
  ///   - data: where fetched data sets are.
  ///   - skipGrey: leaves grey images of class folders out, instead of expanding them to three channels; nil: those of
  ///     Imagenette alone, as the paper's authors did.
  ///   - cache: where the decoded images of class folders are kept; nil: in memory only.
  ///   - progress: called with the number of images done and their total.
  /// - Throws: ``DatasetError``, `CancellationError`, `TorchError`.
  public static func open(
    _ nameOrPath: String, for preprocessing: Preprocessing, in data: DataFolder = .standard, skipGrey: Bool? = nil,
    cache: DataFolder? = .standard, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    try await open(
      nameOrPath, in: data, size: ImageSize(height: preprocessing.height, width: preprocessing.width),
      isSizeRequired: false, skipGrey: skipGrey, cache: cache, resize: preprocessing.resize, progress: progress)
  }

  /// Opens the data set that a user names as it is trained on: images of class folders are stretched to a size.
  ///
  /// - Parameters:
  ///   - nameOrPath: a name of ``KnownDataset``, or a folder.
  ///   - size: nil: the size that the images have, but 224×224 for Imagenette in sizes of its own.
  ///   - data: where fetched data sets are.
  ///   - skipGrey: leaves grey images of class folders out, instead of expanding them to three channels; nil: those of
  ///     Imagenette alone, as the paper's authors did.
  ///   - cache: where the decoded images of class folders are kept; nil: in memory only.
  ///   - progress: called with the number of images done and their total.
  /// - Throws: ``DatasetError``, `CancellationError`, `TorchError`.
  public static func open(
    _ nameOrPath: String, size: ImageSize? = nil, in data: DataFolder = .standard, skipGrey: Bool? = nil,
    cache: DataFolder? = .standard, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    try await open(
      nameOrPath, in: data, size: size, isSizeRequired: true, skipGrey: skipGrey, cache: cache, resize: .stretch,
      progress: progress)
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
