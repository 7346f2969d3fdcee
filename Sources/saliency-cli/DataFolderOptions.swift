import ArgumentParser
import Foundation
import Saliency

/// Where data sets are kept.
struct DataFolderOptions: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "Folder of fetched data sets and decoded images (default: $XDG_CACHE_HOME/saliency or ~/.cache/saliency).",
      valueName: "folder"))
  var path: String?

  var folder: DataFolder {
    path.map { DataFolder(URL(filePath: $0, directoryHint: .isDirectory)) } ?? .standard
  }
}
