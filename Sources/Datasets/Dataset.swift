import Foundation
import Pictures
import Rasters

/// An image classification data set: images to train on and images to test on, of the same size and classes.
public struct Dataset: Sendable {
  /// The name for people and for the record of a training, e.g. `CIFAR-10 (JPEG re-encoding)`.
  public let name: String
  public let train: any LabelledImages
  public let test: any LabelledImages
  /// What the images are and what was done to them, in one sentence without any path, for the record of a training.
  public let provenance: String
  /// The image files that were left out because they cannot be read.
  public let unreadable: [PictureError]
  /// What else its user should know, a line each.
  public var warnings: [String] = []
  var digests = Digests()

  /// - Precondition: both parts have the same classes.
  public init(
    name: String, train: any LabelledImages, test: any LabelledImages, provenance: String,
    unreadable: [PictureError] = [], warnings: [String] = []
  ) {
    precondition(train.classNames == test.classNames, "the parts of a data set have the same classes")
    self.name = name
    self.train = train
    self.test = test
    self.provenance = provenance
    self.unreadable = unreadable
    self.warnings = warnings
  }

  /// The same with at most `count` images in each part, spread evenly; see `LabelledImages/limited(to:)`.
  public func limited(to count: Int) -> Dataset {
    guard count < max(train.count, test.count) else { return self }
    let parts = [train, test].map { "\(min(count, $0.count)) of \($0.count)" }.joined(separator: " + ")
    return Dataset(
      name: name, train: train.limited(to: count), test: test.limited(to: count),
      provenance: "\(provenance), limited to \(parts) images", unreadable: unreadable, warnings: warnings)
  }
}

extension Dataset {
  /// Opens the data set that a user names: one that has been fetched (``KnownDataset``), or a folder of IDX files (`IDX`),
  /// CIFAR-10's binary files (`CIFAR10`) or class folders (`ImageFolder`). A folder goes before a name.
  ///
  /// - Parameters:
  ///   - data: where fetched data sets are.
  ///   - size: the size that all images shall have; nil: the size that they have, but see `ImageFolder`.
  ///   - isSizeRequired: whether data sets whose images are not resized are refused if they have another size.
  ///   - skipGrey: leaves grey images of class folders out, instead of expanding them to three channels; nil: those of
  ///     Imagenette alone, as the paper's authors did.
  ///   - cache: where the decoded images of class folders are kept; nil: in memory only.
  ///   - resize: how images of class folders that have another size are resized.
  ///   - progress: called with the number of images done and their total, as by `ImageFolder`.
  /// - Throws: ``DatasetError``, `CancellationError`, and what `resize` throws.
  package static func open(
    _ nameOrPath: String, in data: DataFolder = .standard, size: ImageSize? = nil, isSizeRequired: Bool = true,
    skipGrey: Bool? = nil, cache: DataFolder? = nil, resize: ImageFolder.Resize,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    let folder = try locate(nameOrPath, in: data)
    if ImageFolder.isOne(folder) {
      return try await ImageFolder.open(
        folder, size: size, skipGrey: skipGrey, cache: cache, resize: resize, progress: progress)
    }
    guard IDX.isOne(folder) || CIFAR10.isOne(folder) else {
      throw DatasetError.notADataset(path: folder.relativePath)
    }
    let dataset = try IDX.isOne(folder) ? IDX.open(folder) : CIFAR10.open(folder)
    let own = ImageSize(height: dataset.train.height, width: dataset.train.width)
    guard !isSizeRequired || size == nil || size == own else {
      throw DatasetError.fixedSize(name: dataset.name, size: own)
    }
    progress(dataset.train.count + dataset.test.count, dataset.train.count + dataset.test.count)
    return dataset
  }

  /// The folder of the data set that a user names; see ``open(_:in:size:skipGrey:resize:progress:)``.
  static func locate(_ nameOrPath: String, in data: DataFolder) throws -> URL {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: nameOrPath, isDirectory: &isFolder) {
      guard isFolder.boolValue else { throw DatasetError.notAFolder(path: nameOrPath) }
      return URL(filePath: nameOrPath, directoryHint: .isDirectory)
    }
    guard let known = try? KnownDataset.named(nameOrPath) else { throw DatasetError.unknown(name: nameOrPath) }
    guard let folder = data.location(of: known) else { throw DatasetError.notFetched(name: known.name) }
    return folder
  }
}

/// The height and width of an image in pixels.
public struct ImageSize: Sendable, Hashable {
  public let height: Int
  public let width: Int

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
}

extension ImageSize: CustomStringConvertible {
  public var description: String { "\(height)×\(width)" }
}
