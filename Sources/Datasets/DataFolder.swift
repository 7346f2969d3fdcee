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
