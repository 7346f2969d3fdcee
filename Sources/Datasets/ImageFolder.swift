import Foundation
import Pictures
import Rasters

/// Data sets that are folders of images, one folder for each class: `train/<class>/…` and `test/<class>/…` (or
/// `val/<class>/…`).
///
/// Classes are numbered in the order of their folders' names; images are ordered by path. They are kept in memory with three
/// channels.
public enum ImageFolder {
  /// Makes an image of the given height and width.
  public typealias Resize =
    @Sendable (_ pixels: PixelArray, _ height: Int, _ width: Int) async throws -> PixelArray

  /// Whether a folder is laid out like that, as far as its folder `train` tells.
  public static func isOne(_ folder: URL) -> Bool { isFolder(folder.appending(path: "train")) }

  /// Decodes all images with all processors.
  ///
  /// Images that cannot be read are left out and named in ``Dataset/unreadable``, unless they are more than 1% of all.
  ///
  /// - Parameters:
  ///   - size: the size that all images shall have; nil: the size that they have, which must be one.
  ///   - skipGrey: leaves grey images out, instead of expanding them to three channels.
  ///   - resize: called, several times at once, for images that have another size.
  ///   - progress: called with the number of images done and their total, never twice at once.
  /// - Throws: ``DatasetError``, `CancellationError`, and what `resize` throws.
  public static func open(
    _ folder: URL, size: ImageSize? = nil, skipGrey: Bool = false, resize: @escaping Resize,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws -> Dataset {
    let train = try ClassFolders(part(["train"], of: folder))
    let test = try ClassFolders(part(["test", "val"], of: folder))
    guard train.classes == test.classes else {
      throw DatasetError.differentClasses(
        path: train.url.relativePath, other: test.url.relativePath,
        onlyThere: train.classes.filter { !test.classes.contains($0) },
        onlyInOther: test.classes.filter { !train.classes.contains($0) })
    }
    let total = train.files.count + test.files.count
    let wanted = try size ?? train.sizeOfFirstImage()
    let loader = FolderLoader(
      size: wanted, mayResize: size != nil, skipGrey: skipGrey, resize: resize, path: folder.relativePath)
    let trained = try await loader.load(train.files) { progress($0, total) }
    let tested = try await loader.load(test.files) { progress(train.files.count + $0, total) }

    let unreadable = trained.unreadable + tested.unreadable
    guard unreadable.count * 100 <= total else {
      throw DatasetError.tooManyUnreadable(path: folder.relativePath, errors: unreadable, total: total)
    }
    let name = name(of: folder, train)
    let classNames = train.classes.map { KnownClasses.imagenette[$0] ?? $0 }
    func images(_ part: String, _ loaded: FolderLoader.Loaded, _ files: ClassFolders) throws -> StoredImages {
      guard !loaded.kept.isEmpty else { throw DatasetError.onlyGrey(path: files.url.relativePath) }
      return StoredImages(
        name: "\(name), \(part)", classNames: classNames, height: wanted.height, width: wanted.width, channels: 3,
        labels: loaded.kept.map { files.labels[$0] }, pixels: loaded.pixels)
    }
    var provenance =
      "\(name), class folders, \(trained.kept.count) + \(tested.kept.count) images of \(wanted)"
    let details = [
      (trained.resized + tested.resized, "resized"), (trained.grey + tested.grey, skipGrey ? "grey left out" : "grey"),
      (unreadable.count, "unreadable left out"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if !details.isEmpty { provenance += " (\(details.joined(separator: ", ")))" }
    return try Dataset(
      name: name, train: images("train", trained, train), test: images("test", tested, test), provenance: provenance,
      unreadable: unreadable)
  }

  private static func part(_ names: [String], of folder: URL) throws -> URL {
    for name in names {
      let url = folder.appending(path: name, directoryHint: .isDirectory)
      if isFolder(url) { return url }
    }
    throw DatasetError.missingPart(path: folder.relativePath, looked: names)
  }

  /// Recognises the data sets of the paper by their classes, so that a record does not depend on a folder's name.
  private static func name(of folder: URL, _ train: ClassFolders) -> String {
    if train.classes == KnownClasses.imagenette.keys.sorted() { return "Imagenette" }
    if train.classes == KnownClasses.cifar10 {
      let isLossy = ["jpg", "jpeg"].contains(train.files[0].pathExtension.lowercased())
      return isLossy ? "CIFAR-10 (JPEG re-encoding)" : "CIFAR-10"
    }
    return folder.standardizedFileURL.lastPathComponent
  }

  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
      && isFolder.boolValue
  }
}

/// The image files of one part of a data set.
private struct ClassFolders {
  let url: URL
  let classes: [String]
  var files: [URL] = []
  var labels: [Int32] = []

  init(_ url: URL) throws {
    self.url = url
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false)) else {
      throw DatasetError.unreadable(path: url.relativePath)
    }
    classes = entries.filter { !$0.hasPrefix(".") && ImageFolder.isFolder(url.appending(path: $0)) }.sorted()
    guard classes.count > 1 else { throw DatasetError.tooFewClasses(path: url.relativePath, found: classes) }
    for (label, name) in classes.enumerated() {
      let folder = url.appending(path: name, directoryHint: .isDirectory)
      do {
        let found = try Picture.pictures(in: folder)
        files += found
        labels += Array(repeating: Int32(label), count: found.count)
      } catch PictureError.noPictures {
        throw DatasetError.emptyClass(path: folder.relativePath)
      }
    }
  }

  /// The size of the first image that can be read.
  func sizeOfFirstImage() throws -> ImageSize {
    for file in files {
      if let pixels = try? Picture.read(file).pixels { return ImageSize(height: pixels.height, width: pixels.width) }
    }
    throw DatasetError.noImages(path: url.relativePath)
  }
}
