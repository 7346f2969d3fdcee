import Foundation
import Pictures
import Rasters

/// What is in a data set and what is wrong with it, found by reading every image and every label.
public struct DatasetInspection: Sendable {
  public struct Part: Sendable {
    /// `train` or `test`.
    public let name: String
    /// The number of images of each class that can be read, in the order of the classes.
    public let counts: [Int]
    /// The sizes of the images.
    public let sizes: Set<ImageSize>

    public var count: Int { counts.reduce(0, +) }
  }

  public let classNames: [String]
  public let parts: [Part]
  /// One line for every file that cannot be read, or is not as it was fetched.
  public let problems: [String]
}

extension DatasetInspection {
  /// Reads all of a data set without keeping it.
  ///
  /// A data set that was fetched under its name is also compared with the checksums that were recorded then.
  ///
  /// - Parameters:
  ///   - nameOrPath: as in ``Dataset/open(_:for:size:in:skipGrey:cache:progress:)``.
  ///   - progress: called with the number of files read and their total, once for the checksums and once for the images.
  /// - Throws: ``DatasetError`` for what is no data set, `CancellationError`.
  public init(
    of nameOrPath: String, in data: DataFolder = .standard,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    let folder = try Dataset.locate(nameOrPath, in: data)
    var changes: [String] = []
    let name = nameOrPath.lowercased()
    if folder == data.dataset(name), let manifest = Manifest(contentsOf: data.manifestFile(name)) {
      changes = try manifest.differences(in: folder, progress: progress)
    }
    if ImageFolder.isOne(folder) {
      let (train, test) = try ImageFolder.parts(of: folder)
      try train.checkClasses(equal: test)
      let total = train.files.count + test.files.count
      let trained = try await Self.decode(train.files) { progress($0, total) }
      let tested = try await Self.decode(test.files) { progress(train.files.count + $0, total) }
      classNames = train.classNames
      parts = [Self.part("train", train, trained), Self.part("test", test, tested)]
      problems = changes + (trained + tested).compactMap(\.problem)
    } else {
      let dataset = try await Dataset.open(
        folder.path(percentEncoded: false), in: data, resize: .init("as it is") { pixels, _, _ in pixels },
        progress: progress)
      classNames = dataset.train.classNames
      parts = [("train", dataset.train), ("test", dataset.test)].map { name, images in
        var counts = [Int](repeating: 0, count: images.classNames.count)
        for label in images.labels { counts[Int(label)] += 1 }
        return Part(name: name, counts: counts, sizes: [ImageSize(height: images.height, width: images.width)])
      }
      problems = changes
    }
  }

  /// What came of reading one picture.
  private struct Decoded: Sendable {
    var size: ImageSize?
    var problem: String?
  }

  /// On all processors; in the order of the files.
  private static func decode(_ files: [URL], progress: (Int) -> Void) async throws -> [Decoded] {
    try await inParallel(files.count, progress: progress) { index in
      do {
        let pixels = try Picture.read(files[index]).pixels
        return Decoded(size: ImageSize(height: pixels.height, width: pixels.width))
      } catch let error as PictureError {
        return Decoded(problem: error.localizedDescription)
      }
    }
  }

  private static func part(_ name: String, _ folders: ClassFolders, _ decoded: [Decoded]) -> Part {
    var counts = [Int](repeating: 0, count: folders.classes.count)
    for (label, image) in zip(folders.labels, decoded) where image.size != nil { counts[Int(label)] += 1 }
    return Part(name: name, counts: counts, sizes: Set(decoded.compactMap(\.size)))
  }
}
