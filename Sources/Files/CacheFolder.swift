import Foundation

/// Where fetched data sets, fetched models and decoded images are kept.
public enum CacheFolder {
  /// `$XDG_CACHE_HOME/saliency`, or `~/.cache/saliency` where that variable is unset or no absolute path
  /// (https://specifications.freedesktop.org/basedir-spec/latest/).
  public static var url: URL { url(in: ProcessInfo.processInfo.environment) }

  package static func url(in environment: [String: String]) -> URL {
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return URL(filePath: cache, directoryHint: .isDirectory).appending(path: "saliency")
    }
    let home = environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) } ?? .homeDirectory
    return home.appending(path: ".cache/saliency")
  }
}
