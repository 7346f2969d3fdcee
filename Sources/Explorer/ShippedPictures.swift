import Foundation
import Pictures

/// The photographs that ship with this package.
package enum ShippedPictures {
  /// None if the program was moved and its sources are gone.
  package static let all: [URL] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Examples")
    return (try? Picture.pictures(in: folder)) ?? []
  }()
}
