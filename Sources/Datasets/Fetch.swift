import Downloads
import Files
import Foundation

/// One fetch of a data set. Everything is made ready in a folder beside, and then renamed.
struct Fetch: Sendable {
  private let dataset: KnownDataset
  private let data: DataFolder
  private let progress: @Sendable (DataFolder.FetchProgress) -> Void
  /// What is not complete yet.
  private let work: URL

  init(
    _ dataset: KnownDataset, into data: DataFolder, progress: @escaping @Sendable (DataFolder.FetchProgress) -> Void
  ) {
    (self.dataset, self.data, self.progress) = (dataset, data, progress)
    work = data.downloads(dataset.name)
  }

  func run(from source: URL?) async throws {
    for folder in [work, data.dataset(dataset.name).deletingLastPathComponent()] { try make(folder) }
    let lock = open(work.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(lock) }
    // Where nothing has come that could be gone on with.
    defer { rmdir(work.path) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw DatasetError.busy(name: dataset.name) }
    if let source {
      if source.isFolder { try link(to: source) } else { try unpack(source, isDownload: false) }
    } else {
      try await download()
    }
    try? FileManager.default.removeItem(at: work)
  }

  private func make(_ folder: URL) throws {
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw DatasetError.unwritable(path: folder.relativePath)
    }
  }

  private func download() async throws {
    switch dataset.source {
    case .archive(let file): try await unpack(get(file, into: work), isDownload: true)
    case .files(let files):
      let folder = work.appending(path: "files", directoryHint: .isDirectory)
      try make(folder)
      for file in files { _ = try await get(file, into: folder) }
      try dataset.content.check(folder, name: dataset.name)
      try finish(
        folder,
        record(
          origin: files[0].addresses[0].deletingLastPathComponent().absoluteString, isOfficial: true,
          checksums: Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.checksum) })))
    }
  }

  /// A published file, downloaded unless an earlier fetch has done that.
  private func get(_ file: PublishedFile, into folder: URL) async throws -> URL {
    let url = folder.appending(path: file.name, directoryHint: .notDirectory)
    if url.exists, try Checksum.of(url, file.checksum.algorithm) == file.checksum { return url }
    try await file.download.fetch(to: url) { [progress] bytes, total in
      progress(.downloading(file: file.name, bytes: bytes, total: total))
    }
    return url
  }

  private func unpack(_ archive: URL, isDownload: Bool) throws {
    let checksum = try Checksum.of(archive, .md5)
    if let other = KnownDataset.all.first(where: { $0.publishes(checksum) }), other.name != dataset.name {
      throw DatasetError.otherContent(
        path: archive.relativePath, name: dataset.name, reason: "it is the published archive of \(other.name)")
    }
    let folder = work.appending(path: "unpacked", directoryHint: .isDirectory)
    // Left behind by a program that was killed.
    try? FileManager.default.removeItem(at: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Archive.unpack(archive, to: folder, limits: dataset.content.limits) {
      progress(.unpacking(bytes: $0, total: $1))
    }
    do { try dataset.content.check(folder, name: dataset.name) } catch let error as DatasetError {
      // The folder that the error names goes away.
      throw DatasetError.otherContent(
        path: archive.relativePath, name: dataset.name, reason: reason(error, in: folder))
    }
    try finish(
      folder,
      record(
        origin: isDownload ? dataset.files[0].addresses[0].absoluteString : archive.standardizedFileURL.relativePath,
        isOfficial: dataset.publishes(checksum), checksums: [archive.lastPathComponent: checksum]))
  }

  private func reason(_ error: DatasetError, in folder: URL) -> String {
    if case .otherContent(_, _, let reason) = error { return reason }
    return error.localizedDescription.replacing(folder.relativePath, with: "")
  }

  private func link(to source: URL) throws {
    try dataset.content.check(source, name: dataset.name)
    let link = work.appending(path: "link", directoryHint: .notDirectory)
    let origin = source.absoluteURL.standardizedFileURL.path(percentEncoded: false)
    unlink(link.path(percentEncoded: false))
    guard symlink(origin, link.path(percentEncoded: false)) == 0 else {
      throw DatasetError.unwritable(path: link.relativePath)
    }
    try? FileManager.default.removeItem(at: data.manifestFile(dataset.name))
    try appear(link, DatasetRecord(name: dataset.name, origin: origin, isOfficial: false, isLink: true, checksums: [:]))
  }

  private func record(origin: String, isOfficial: Bool, checksums: [String: Checksum]) -> DatasetRecord {
    DatasetRecord(name: dataset.name, origin: origin, isOfficial: isOfficial, isLink: false, checksums: checksums)
  }

  private func finish(_ folder: URL, _ record: DatasetRecord) throws {
    let manifest = try Manifest(of: folder) { progress(.recording(files: $0, total: $1)) }
    try manifest.write(to: data.manifestFile(dataset.name))
    try appear(folder, record)
  }

  /// The last step: whoever finds the data set finds its record, too.
  private func appear(_ url: URL, _ record: DatasetRecord) throws {
    try Task.checkCancellation()
    try record.write(to: data.recordFile(dataset.name))
    let target = data.dataset(dataset.name).path
    // A link to a folder that is no more is in nobody's way.
    if (try? FileManager.default.destinationOfSymbolicLink(atPath: target)) != nil { unlink(target) }
    guard rename(url.path, target) == 0 else {
      throw DatasetError.unwritable(path: target)
    }
  }
}

extension KnownDataset {
  fileprivate func publishes(_ checksum: Checksum) -> Bool {
    if case .archive(let file) = source { file.checksum == checksum } else { false }
  }
}
