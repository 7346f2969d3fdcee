import Downloads
import Files
import Foundation

/// The folder where fetched data sets and decoded images are kept.
public struct DataFolder: Sendable, Equatable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  /// `CacheFolder`'s.
  public static var standard: DataFolder { DataFolder(CacheFolder.url) }

  /// Where the data set of that name is once it has been fetched.
  public func dataset(_ name: String) -> URL { url.appending(path: "datasets/\(name)", directoryHint: .isDirectory) }

  /// Where decoded images are kept.
  var decoded: URL { url.appending(path: "decoded", directoryHint: .isDirectory) }
}

extension DataFolder {
  /// What a fetch is at.
  public enum FetchProgress: Sendable {
    case downloading(file: String, bytes: Int, total: Int?)
    case unpacking(bytes: Int, total: Int)
    /// Computing the checksums of the data set's files.
    case recording(files: Int, total: Int)
  }

  /// Where a data set is: in this folder, or where a package of the system puts it; nil: it has to be fetched.
  public func location(of dataset: KnownDataset) -> URL? {
    let folders = [self.dataset(dataset.name)] + (dataset.installed.map { [URL(filePath: $0.folder)] } ?? [])
    return folders.first(where: \.isFolder)
  }

  /// Where the data set that is in this folder came from; nil where that is not known.
  public func record(of dataset: KnownDataset) -> DatasetRecord? { DatasetRecord(contentsOf: recordFile(dataset.name)) }

  /// The bytes of a download that has been broken off.
  package func unfinishedBytes(of dataset: KnownDataset) -> Int { Self.size(of: downloads(dataset.name)) }

  /// The bytes of the decoded images that are kept.
  package var decodedBytes: Int { Self.size(of: decoded) }

  /// Brings a data set into this folder, where it appears only when it is complete and its content is recognised.
  ///
  /// Without `source` it is downloaded from where it is published, and its checksum is checked. The next fetch goes on with a
  /// download that was broken off or cancelled. `source` is an archive that is on disk already, the published one or any other
  /// of the same content, or a folder of such content, to which a link is made. What is there already is not fetched again.
  ///
  /// - Returns: the data set's folder.
  /// - Throws: ``DatasetError``, `DownloadsError`, `CancellationError`.
  public func fetch(
    _ dataset: KnownDataset, from source: URL? = nil,
    progress: @escaping @Sendable (FetchProgress) -> Void = { _ in }
  ) async throws -> URL {
    let target = self.dataset(dataset.name)
    if let there = location(of: dataset) {
      if source == nil { return there }
      // A package of the system gives way to what the user wants.
      guard there != target else { throw DatasetError.alreadyFetched(name: dataset.name, path: target.relativePath) }
    }
    try await Fetch(dataset, into: self, progress: progress).run(from: source)
    return target
  }

  /// Where what is not complete yet lies.
  func downloads(_ name: String) -> URL { url.appending(path: "downloads/\(name)", directoryHint: .isDirectory) }

  func recordFile(_ name: String) -> URL { url.appending(path: "datasets/\(name).json", directoryHint: .notDirectory) }

  func manifestFile(_ name: String) -> URL {
    url.appending(path: "datasets/\(name).sha256", directoryHint: .notDirectory)
  }

  private static func size(of folder: URL) -> Int {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
    return files?.reduce(0) { $0 + ((try? ($1 as? URL)?.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0) } ?? 0
  }
}
