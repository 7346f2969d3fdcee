import ArgumentParser
import Foundation
import Saliency

/// Where fetched data sets and decoded images are kept.
struct DataFolderOptions: ParsableArguments {
  @Option(
    help: "Folder of fetched data sets and decoded images (default: $XDG_CACHE_HOME/saliency, or ~/.cache/saliency).")
  var data: String?

  var folder: DataFolder { data.map { DataFolder(URL(filePath: $0, directoryHint: .isDirectory)) } ?? .standard }
}
