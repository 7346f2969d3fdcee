import Foundation
import Saliency

/// The pictures that a command line names: files, folders that are searched for them, and - for standard input.
struct PictureArguments {
  /// Every picture once, in order.
  private(set) var urls: [URL] = []
  /// What came from standard input, by the URL that stands for it.
  private(set) var contents: [URL: Data] = [:]

  /// Its last component is what results are called.
  private static let standardInput = URL(filePath: "stdin", relativeTo: URL(filePath: "/dev/"))

  /// - Parameters:
  ///   - maximumBytes: the most that is read of standard input.
  ///   - failed: told what cannot be read.
  init(_ arguments: [String], maximumBytes: Int, failed: (URL, any Error) throws -> Void) throws {
    var seen: Set<String> = []
    for argument in arguments {
      let url = argument == "-" ? Self.standardInput : URL(filePath: argument)
      var found = [url]
      do {
        if argument == "-" {
          if contents.isEmpty { contents[url] = try Self.input(maximumBytes) }
        } else if url.isFolder {
          found = try Picture.pictures(in: url).filter { !ExplanationFiles.isFigure($0) }
          guard !found.isEmpty else { throw PictureError.noPictures(folder: url.relativePath) }
        }
      } catch {
        try failed(url, error)
        continue
      }
      urls += found.filter { seen.insert($0.standardizedFileURL.path).inserted }
    }
  }

  private static func input(_ maximumBytes: Int) throws -> Data {
    var content = Data()
    while let part = try FileHandle.standardInput.read(upToCount: 1 << 20), !part.isEmpty {
      content += part
      guard content.count <= maximumBytes else {
        throw CommandError("holds more than \(maximumBytes >> 20) MB, which is no picture")
      }
    }
    return content
  }
}
