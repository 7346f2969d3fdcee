import Foundation

/// Files under `Tests/Fixtures`.
public enum Fixture {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  public static func url(_ path: String) -> URL { folder.appending(path: path) }
}
