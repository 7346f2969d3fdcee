import Foundation

/// The folder where fetched data sets and decoded images are kept.
public struct DataFolder: Sendable, Equatable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  /// `$XDG_CACHE_HOME/saliency`, or `~/.cache/saliency` where that variable is unset or no absolute path
  /// (https://specifications.freedesktop.org/basedir-spec/latest/).
  public static var standard: DataFolder { standard(in: ProcessInfo.processInfo.environment) }

  static func standard(in environment: [String: String]) -> DataFolder {
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return DataFolder(URL(filePath: cache, directoryHint: .isDirectory).appending(path: "saliency"))
    }
    let home = environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) } ?? .homeDirectory
    return DataFolder(home.appending(path: ".cache/saliency"))
  }

  /// Where the data set of that name is once it has been fetched.
  public func dataset(_ name: String) -> URL { url.appending(path: "datasets/\(name)", directoryHint: .isDirectory) }

  /// Where decoded images are kept.
  var decoded: URL { url.appending(path: "decoded", directoryHint: .isDirectory) }
}
