import Foundation
import Rasters
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// A data set of images of 4×4 that are resized when they are decoded, so that decoding can be counted.
struct CachedSet {
  let set: ClassFolderSet
  let cache: TemporaryFolder
  var folder: DataFolder { DataFolder(cache.url) }

  init(_ set: ClassFolderSet? = nil) throws {
    self.set = try set ?? ClassFolderSet()
    cache = try TemporaryFolder()
  }

  /// The data set, and how many images were decoded to open it.
  func open(
    side: Int = 2, skipGrey: Bool = false, resize name: String = "uniform", cache: DataFolder? = nil, url: URL? = nil
  ) async throws -> (dataset: Dataset, decoded: Int) {
    let calls = Counter()
    let dataset = try await ImageFolder.open(
      url ?? set.url, size: ImageSize(height: side, width: side), skipGrey: skipGrey, cache: cache ?? folder,
      resize: .init(name) { pixels, height, width in
        calls.add((pixels.height, pixels.width))
        return resizeUniform(pixels, height, width)
      })
    return (dataset, calls.values.count)
  }

  /// The names of the files that are kept, unfinished ones too.
  var files: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.decoded.path))?.sorted() ?? []
  }

  func file() throws -> URL {
    try #require(files.count == 1)
    return folder.decoded.appending(path: files[0])
  }
}
