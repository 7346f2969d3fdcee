import Datasets
import Downloads
import Foundation
import Networks
import Pictures
import TestSupport

extension FuzzTarget {
  static let picture = FuzzTarget(
    name: "picture",
    seeds: {
      let tests = Fixture.url("").deletingLastPathComponent()
      let suffixes = [".jpg", ".png", ".tif", ".webp", ".gif", ".bmp", ".ico"]
      return try files(tests.appending(path: "PicturesTests/Fixtures"), suffixes: suffixes)
    },
    read: { file, _ in _ = try Picture.decode(file, named: "picture", maximumPixels: 1 << 18) })

  /// Two bytes with the length of the file of labels (little-endian), that file, the file of images: each for training and testing.
  static let idx = FuzzTarget(
    name: "idx",
    seeds: {
      let labels = Data([0, 0, 8, 1, 0, 0, 0, 2, 3, 9])
      let images = Data([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + Data(0..<12)
      // The same by gzip.
      let packed = (
        Data(base64Encoded: "H4sIAAAAAAACA2Ng4GBkYGBgYuYEAH5HbccKAAAA") ?? Data(),
        Data(base64Encoded: "H4sIAAAAAAACA2Ng4GBmYGBggmJmBkYmZhZWNnYOTi5uAHgeI4QcAAAA") ?? Data()
      )
      return [(labels, images), packed, (labels, packed.1)].map { Data([UInt8($0.count), 0]) + $0 + $1 }
    },
    read: { file, folder in
      let length = file.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
      let files = file.dropFirst(2)
      try files.prefix(length).write(to: folder.appending(path: "train-labels-idx1-ubyte"))
      try files.dropFirst(length).write(to: folder.appending(path: "train-images-idx3-ubyte"))
      for name in ["labels-idx1-ubyte", "images-idx3-ubyte"] {
        link(folder.appending(path: "t10k-\(name)"), to: "train-\(name)")
      }
      _ = try IDX.open(folder)
    })

  /// One file for all six, of two images.
  static let cifar = FuzzTarget(
    name: "cifar",
    seeds: {
      let record = Data([9]) + Data((0..<3072).map { UInt8(truncatingIfNeeded: $0) })
      return [record + record]
    },
    read: { file, folder in
      try file.write(to: folder.appending(path: "test_batch.bin"))
      for batch in 1...5 { link(folder.appending(path: "data_batch_\(batch).bin"), to: "test_batch.bin") }
      _ = try CIFAR10.open(folder, recordsPerFile: 2)
    })

  /// What `data fetch --from` unpacks.
  static let archive = FuzzTarget(
    name: "archive",
    seeds: {
      let folder = try TemporaryFolder()
      let entries: [TarFile.Entry] = [
        .folder("a"), .file("a/b.txt", "text"), .file("a/c/d.txt", String(repeating: "0123", count: 300)),
      ]
      return try [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip"].map { format in
        let url = folder.file("archive\(format)")
        try TarFile.write(entries, to: url, as: format)
        return try Data(contentsOf: url)
      }
    },
    read: { file, folder in
      let url = folder.appending(path: "archive")
      try file.write(to: url)
      let outcome = folder.appending(path: "unpacked", directoryHint: .isDirectory)
      defer { try? FileManager.default.removeItem(at: outcome) }
      try Archive.unpack(url, to: outcome, limits: Archive.Limits(bytes: 1 << 20, entries: 100))
    })

  /// The JSON beside a model, and a file of class names.
  static let settings = FuzzTarget(
    name: "settings",
    seeds: {
      [
        #"{"labels": ["daisy", "rose"], "size": [224, 96], "channels": 3, "fit": "crop", "mean": [0.4, 0.5, 0.6], "std": 1}"#,
        #"{"labels": "model.json", "size": 8, "fit": "stretch", "mean": 0.5, "std": [0.1, 0.2, 0.3]}"#, "{}",
      ].map { Data($0.utf8) }
    },
    read: { file, folder in
      let url = folder.appending(path: "model.json")
      try file.write(to: url)
      _ = try? ScriptSettings.labels(contentsOf: url)
      _ = try ScriptSettings(contentsOf: url)
    })

  private static func link(_ url: URL, to name: String) {
    // There from the file before.
    _ = symlink(name, url.path)
  }
}
