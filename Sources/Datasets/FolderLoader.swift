import Downloads
import Foundation
import Pictures
import Rasters

/// Decodes many image files into one block of memory, on all processors, or finds them decoded.
struct FolderLoader: Sendable {
  let size: ImageSize
  let mayResize: Bool
  let skipGrey: Bool
  let resize: ImageFolder.Resize
  /// The data set's folder, for errors.
  let path: String

  struct Loaded: Sendable {
    var summary = DecodedSummary()
    /// The images of `kept`, in their order.
    let pixels: PixelMemory
    /// The indices of the files that have not been left out.
    let kept: [Int]
    /// What is wrong with the files of `summary.unreadable`.
    let unreadable: [PictureError]
    var warnings: [String] = []
  }

  private enum Outcome: Sendable {
    case kept(isGrey: Bool, isResized: Bool)
    case skippedGrey
    case unreadable(PictureError)
  }

  private var imageSize: Int { size.height * size.width * 3 }

  /// - Parameters:
  ///   - names: the files' paths in the data set.
  ///   - cache: where decoded images are looked for and kept; nil: nowhere.
  func load(
    _ files: [URL], names: [String], cache: URL?, progress: (Int) -> Void
  ) async throws -> Loaded {
    // In floating point: a size that a user names may be beyond all integers.
    let bytes = Double(files.count) * 3 * Double(size.height) * Double(size.width)
    guard let count = Int(exactly: bytes) else { throw DatasetError.exceedsMemory(path: path, bytes: bytes) }
    guard let cache else { return try await decode(files, into: ownMemory(count), progress) }

    let fingerprints = try await inParallel(files.count, progress: progress) { try FileFingerprint(files[$0]) }
    let decoded = DecodedCache(folder: cache, key: key(names, fingerprints))
    if let found = try await find(files, in: decoded) { return found }

    func warning(_ error: any Error) -> String {
      let reason = (error as? CocoaError)?.reason ?? error.localizedDescription
      return "the decoded images cannot be kept in \(cache.relativePath): \(reason); they will have to be decoded again"
    }
    let unfinished: DecodedCache.Unfinished
    do { unfinished = try decoded.begin(count: count) } catch {
      var loaded = try await decode(files, into: ownMemory(count), progress)
      loaded.warnings.append(warning(error))
      return loaded
    }
    var loaded = try await decode(files, into: unfinished.pixels, progress)
    guard zip(files, fingerprints).allSatisfy({ FileStamp($0) == $1.stamp }) else {
      loaded.warnings.append("image files in \(path) have changed while they were read")
      return loaded
    }
    do { try await decoded.keep(unfinished, loaded.summary, pixelCount: loaded.kept.count * imageSize) } catch {
      if error is CancellationError { throw error }
      loaded.warnings.append(warning(error))
    }
    return loaded
  }

  /// Of everything that the pixels depend on. The first field names the way of decoding: another way needs another name.
  private func key(_ names: [String], _ fingerprints: [FileFingerprint]) -> [UInt8] {
    let sum = Digest.sha256()
    for text in ["decoded images 1", "\(size)", skipGrey ? "skip grey" : "expand grey", resize.name] {
      sum.update(field: text.utf8)
    }
    for (name, fingerprint) in zip(names, fingerprints) {
      sum.update(field: name.utf8)
      sum.update(field: fingerprint.digest)
    }
    return sum.finish()
  }

  private func find(_ files: [URL], in cache: DecodedCache) async throws -> Loaded? {
    guard let (summary, pixels) = try await cache.read(files: files.count, imageSize: imageSize),
      mayResize || summary.resized == 0
    else { return nil }
    // There are few, and they are damaged still; if not, something else was wrong and they are read anew.
    let errors = summary.unreadable.compactMap { Self.error(of: files[$0]) }
    guard errors.count == summary.unreadable.count else { return nil }
    let leftOut = summary.leftOut
    return Loaded(
      summary: summary, pixels: pixels, kept: files.indices.filter { !leftOut.contains($0) }, unreadable: errors)
  }

  private static func error(of file: URL) -> PictureError? {
    do { _ = try Picture.read(file) } catch { return error as? PictureError }
    return nil
  }

  private func ownMemory(_ count: Int) throws -> PixelMemory {
    guard count <= ProcessInfo.processInfo.physicalMemory else {
      throw DatasetError.exceedsMemory(path: path, bytes: Double(count))
    }
    return PixelMemory(count: count)
  }

  private func decode(_ files: [URL], into pixels: PixelMemory, _ progress: (Int) -> Void) async throws -> Loaded {
    let imageSize = imageSize
    let outcomes = try await inParallel(files.count, progress: progress) { index in
      let place = UnsafeMutableBufferPointer(rebasing: pixels.bytes[index * imageSize..<(index + 1) * imageSize])
      let outcome = try await load(files[index], into: place)
      pixels.letGo(index * imageSize..<(index + 1) * imageSize)
      return outcome
    }
    var summary = DecodedSummary()
    var kept: [Int] = []
    var unreadable: [PictureError] = []
    for (index, outcome) in outcomes.enumerated() {
      switch outcome {
      case .kept(let isGrey, let isResized):
        // Close the gaps that images left out have made.
        let place = kept.count
        if place < index, let start = pixels.bytes.baseAddress {
          (start + place * imageSize).update(from: start + index * imageSize, count: imageSize)
          pixels.letGo(index * imageSize..<(index + 1) * imageSize)
        }
        kept.append(index)
        summary.grey += isGrey ? 1 : 0
        summary.resized += isResized ? 1 : 0
      case .skippedGrey:
        summary.grey += 1
        summary.skippedGrey.append(index)
      case .unreadable(let error):
        summary.unreadable.append(index)
        unreadable.append(error)
      }
    }
    guard unreadable.count * 100 <= files.count else {
      throw DatasetError.tooManyUnreadable(path: path, errors: unreadable, total: files.count)
    }
    return Loaded(summary: summary, pixels: pixels, kept: kept, unreadable: unreadable)
  }

  private func load(_ file: URL, into place: UnsafeMutableBufferPointer<UInt8>) async throws -> Outcome {
    var pixels: PixelArray
    do {
      pixels = try Picture.read(file).pixels
    } catch let error as PictureError {
      return .unreadable(error)
    }
    let isGrey = pixels.channels == 1
    if isGrey && skipGrey { return .skippedGrey }
    let own = ImageSize(height: pixels.height, width: pixels.width)
    if own != size {
      guard mayResize else { throw DatasetError.differentSizes(path: file.relativePath, size: own, first: size) }
      pixels = try await resize.body(pixels, size.height, size.width)
      precondition(
        pixels.height == size.height && pixels.width == size.width && [1, 3].contains(pixels.channels),
        "resizing gave an image of another size")
    }
    if pixels.channels == 1 {
      for (index, value) in pixels.values.enumerated() {
        for channel in 0..<3 { place[3 * index + channel] = value }
      }
    } else {
      _ = place.update(fromContentsOf: pixels.values)
    }
    return .kept(isGrey: isGrey, isResized: own != size)
  }
}
