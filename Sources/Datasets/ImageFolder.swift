import Files
import Foundation
import Pictures
import Rasters

/// Data sets that are folders of images, one folder for each class: `train/<class>/…` and `test/<class>/…` (or
/// `val/<class>/…`).
///
/// Classes are numbered in the order of their folders' names; images are ordered by path. They are kept with three channels,
/// in memory or, with a cache, in a file that is mapped into memory.
package enum ImageFolder {
  /// How images of another size are resized.
  package struct Resize: Sendable {
    let name: String
    let body: @Sendable (_ pixels: PixelArray, _ height: Int, _ width: Int) async throws -> PixelArray

    /// - Parameters:
    ///   - name: stands for the way of resizing; decoded images are found again under the same name only.
    ///   - body: makes an image of the given height and width, with 1 or 3 channels.
    package init(
      _ name: String,
      _ body: @escaping @Sendable (_ pixels: PixelArray, _ height: Int, _ width: Int) async throws -> PixelArray
    ) {
      self.name = name
      self.body = body
    }
  }

  /// The size of the paper's Imagenette.
  static let imagenetteSize = ImageSize(height: 224, width: 224)

  /// Whether a folder is laid out like that, as far as its folder `train` tells.
  package static func isOne(_ folder: URL) -> Bool { folder.appending(path: "train").isFolder }

  /// Decodes all images with all processors, or finds them decoded.
  ///
  /// Images that cannot be read are left out and named in ``Dataset/unreadable``, unless they are more than 1% of all.
  ///
  /// Decoded images are kept in one file in `cache`, which is as large as they are and is mapped into memory. It is found
  /// again while the content of the image files, their paths in the data set, and all that is done to them are the same, which
  /// takes reading and hashing them: a second or two for 60,000 small ones on two processors. Where the file cannot be
  /// written the images stay in memory and ``Dataset/warnings`` says why.
  ///
  /// - Parameters:
  ///   - size: the size that all images shall have; nil: the size that they have, which must be one, but 224×224 for
  ///     Imagenette in sizes of its own.
  ///   - skipGrey: leaves grey images out, instead of expanding them to three channels; nil: of Imagenette alone, as the
  ///     paper's authors did.
  ///   - cache: where decoded images are kept; nil: in memory only.
  ///   - resize: called, several times at once, for images that have another size.
  ///   - progress: called with the number of images done and their total, never twice at once. With a cache the images are
  ///     first hashed and then, if need be, decoded, and the number begins anew.
  /// - Throws: ``DatasetError``, `CancellationError`, and what `resize` throws.
  package static func open(
    _ folder: URL, size: ImageSize? = nil, skipGrey: Bool? = nil, cache: DataFolder? = nil, resize: Resize,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    let (train, test) = try parts(of: folder)
    try train.checkClasses(equal: test)
    let files = train.files + test.files
    let skipGrey = skipGrey ?? train.isImagenette
    let fixed = size ?? (train.isImagenette && train.differsInSize() ? imagenetteSize : nil)
    let wanted = try fixed ?? train.sizeOfFirstImage()
    let loader = FolderLoader(
      size: wanted, mayResize: fixed != nil, skipGrey: skipGrey, resize: resize, path: folder.relativePath)
    let loaded = try await loader.load(files, names: train.names + test.names, cache: cache?.decoded) {
      progress($0, files.count)
    }

    let name = name(of: folder, train)
    let classNames = train.classNames
    let labels = train.labels + test.labels
    let trainCount = loaded.kept.prefix { $0 < train.files.count }.count
    func images(_ part: String, _ range: Range<Int>, _ from: ClassFolders) throws -> StoredImages {
      guard !range.isEmpty else { throw DatasetError.onlyGrey(path: from.url.relativePath) }
      let imageSize = wanted.height * wanted.width * 3
      return StoredImages(
        name: "\(name), \(part)", classNames: classNames, height: wanted.height, width: wanted.width, channels: 3,
        labels: loaded.kept[range].map { labels[$0] },
        pixels: PixelMemory(loaded.pixels, range.lowerBound * imageSize..<range.upperBound * imageSize))
    }
    let testCount = loaded.kept.count - trainCount
    var provenance = "\(name), class folders, \(trainCount) + \(testCount) images of \(wanted)"
    let details = [
      (loaded.summary.resized, "resized"), (loaded.summary.grey, skipGrey ? "grey left out" : "grey"),
      (loaded.unreadable.count, "unreadable left out"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !details.isEmpty { provenance += " (\(details.joined(separator: ", ")))" }
    return try Dataset(
      name: name, train: images("train", 0..<trainCount, train),
      test: images("test", trainCount..<loaded.kept.count, test), provenance: provenance,
      unreadable: loaded.unreadable, warnings: loaded.warnings)
  }

  static func parts(of folder: URL) throws -> (train: ClassFolders, test: ClassFolders) {
    (try ClassFolders(part(["train"], of: folder)), try ClassFolders(part(["test", "val"], of: folder)))
  }

  private static func part(_ names: [String], of folder: URL) throws -> URL {
    for name in names {
      let url = folder.appending(path: name, directoryHint: .isDirectory)
      if url.isFolder { return url }
    }
    throw DatasetError.missingPart(path: folder.relativePath, looked: names)
  }

  /// Recognises the data sets of the paper by their classes, so that a record does not depend on a folder's name.
  private static func name(of folder: URL, _ train: ClassFolders) -> String {
    if train.isImagenette { return "Imagenette" }
    if train.classes == KnownClasses.cifar10 {
      let isLossy = ["jpg", "jpeg"].contains(train.files[0].pathExtension.lowercased())
      return isLossy ? "CIFAR-10 (JPEG re-encoding)" : "CIFAR-10"
    }
    return folder.standardizedFileURL.lastPathComponent
  }
}

/// The image files of one part of a data set.
struct ClassFolders {
  let url: URL
  let classes: [String]
  var files: [URL] = []
  var labels: [Int32] = []

  var isImagenette: Bool { classes == KnownClasses.imagenette.keys.sorted() }

  /// The files' paths from the data set's folder on.
  var names: [String] {
    let start = url.path(percentEncoded: false).utf8.count
    return files.map {
      url.lastPathComponent + "/"
        + String(decoding: $0.path(percentEncoded: false).utf8.dropFirst(start), as: UTF8.self)
    }
  }

  init(_ url: URL) throws {
    self.url = url
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)) else {
      throw DatasetError.unreadable(path: url.relativePath)
    }
    classes = entries.filter { !$0.hasPrefix(".") && url.appending(path: $0).isFolder }.sorted()
    guard classes.count > 1 else { throw DatasetError.tooFewClasses(path: url.relativePath, found: classes) }
    // A link from one class to another, or to its own folder, brings no image in twice.
    var entered: Set<FolderIdentity> = []
    for name in classes {
      guard let identity = FolderIdentity(url.appending(path: name)), entered.insert(identity).inserted else {
        throw DatasetError.sameFolder(path: url.appending(path: name).relativePath)
      }
    }
    for (label, name) in classes.enumerated() {
      let folder = url.appending(path: name, directoryHint: .isDirectory)
      do {
        let found = try Picture.pictures(in: folder, entered: &entered)
        files += found
        labels += Array(repeating: Int32(label), count: found.count)
      } catch PictureError.noPictures {
        throw DatasetError.emptyClass(path: folder.relativePath)
      }
    }
  }

  /// The classes' names for people.
  var classNames: [String] { classes.map { KnownClasses.imagenette[$0] ?? $0 } }

  func checkClasses(equal other: ClassFolders) throws {
    guard classes != other.classes else { return }
    throw DatasetError.differentClasses(
      path: url.relativePath, other: other.url.relativePath, onlyThere: classes.filter { !other.classes.contains($0) },
      onlyInOther: other.classes.filter { !classes.contains($0) })
  }

  /// The size of the first image that can be read.
  func sizeOfFirstImage() throws -> ImageSize {
    for file in files { if let size = Self.size(of: file) { return size } }
    throw DatasetError.noImages(path: url.relativePath)
  }

  /// Whether the first images of the classes are of several sizes.
  func differsInSize() -> Bool {
    let first = classes.indices.compactMap { label in labels.firstIndex(of: Int32(label)) }
    return Set(first.compactMap { Self.size(of: files[$0]) }).count > 1
  }

  private static func size(of file: URL) -> ImageSize? {
    (try? Picture.read(file).pixels).map { ImageSize(height: $0.height, width: $0.width) }
  }
}
