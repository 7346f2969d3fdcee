import ArgumentParser
import Foundation
import Saliency

/// Not `Data`, which is Foundation's.
struct DataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Fetches, checks and exports data sets.",
    discussion: """
      EXAMPLES
        saliency data list
        saliency data fetch cifar10
        saliency data fetch imagenette --from imagenette2.tgz
        saliency data verify cifar10
        saliency data export cifar10 --images 0,17 --output pictures
      """,
    subcommands: [List.self, Fetch.self, Verify.self, Export.self])
}

extension DataCommand {
  struct List: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the data sets that have a name, and where they are.")

    @OptionGroup var data: DataFolderOptions

    func work() throws {
      let folder = data.folder
      let rows = KnownDataset.all.map { [$0.name, $0.summary, megabytes($0.downloadSize), state(of: $0, in: folder)] }
      try Console.result(
        """
        \(Table([["name", "images", "download", "state"]] + rows).text)
        decoded images: \(megabytes(folder.decodedBytes)) in \(folder.url.shown)
        """)
    }

    private func state(of dataset: KnownDataset, in folder: DataFolder) -> String {
      guard let url = folder.location(of: dataset) else {
        let bytes = folder.unfinishedBytes(of: dataset)
        return "not fetched" + (bytes > 0 ? ", \(megabytes(bytes)) of it have come" : "")
      }
      guard url == folder.dataset(dataset.name) else { return "ready at \(url.path), installed by the system" }
      guard let record = folder.record(of: dataset) else { return "ready at \(url.path)" }
      let origin = record.isLink ? "linked to \(record.origin)" : "from \(record.origin)"
      return "ready at \(url.path), \(origin)" + (record.isOfficial ? "" : " (not the published archive)")
    }
  }

  struct Fetch: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract: "Downloads a data set, checks and unpacks it, so that --dataset finds it by its name.",
      discussion: """
        A data set appears only when it is complete. After Ctrl-C or a break the next fetch goes on where this one stopped. \
        With --from nothing is downloaded: an archive is unpacked, a folder is linked to. Either may be another version of \
        the data set, such as one of resized images or of class folders; saliency data list tells.

        EXAMPLES
          saliency data fetch cifar10
          saliency data fetch imagenette-160 --data /srv/saliency
          saliency data fetch imagenette --from imagenette2-224.tar
          saliency data fetch cifar10 --from cifar10-png
        """)

    @Argument(help: "The name of the data set; saliency data list shows them.") var name: String
    @Option(help: "An archive or a folder of this data set that is on disk already.") var from: String?
    @OptionGroup var data: DataFolderOptions

    func work() async throws {
      let dataset = try KnownDataset.named(name)
      let folder = data.folder
      if from == nil, let there = folder.location(of: dataset) {
        Console.note("\(dataset.name) is there already.")
        return try Console.result(there.path)
      }
      if let from, !FileManager.default.fileExists(atPath: from) {
        throw CommandError("--from \(from): no such file or folder")
      }
      let url = try await folder.fetch(dataset, from: from.map { URL(filePath: $0) }) { event in
        switch event {
        case .downloading(let file, let bytes, let total):
          let total = total ?? dataset.downloadSize
          Console.progress(
            Double(bytes) / Double(max(total, 1)),
            "\(file): \(megabytes(bytes)) of \(megabytes(total))")
        case .unpacking(let bytes, let total):
          Console.progress(Double(bytes) / Double(max(total, 1)), "unpacking")
        case .recording(let files, let total):
          Console.progress(Double(files) / Double(total), "\(files)/\(total) files recorded")
        }
      }
      Console.clearProgress()
      if let record = folder.record(of: dataset), !record.isOfficial {
        Console.note("This is not the published archive, but its content is recognised as \(dataset.name).")
      }
      try Console.result(url.path)
    }
  }

  struct Verify: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract: "Reads every image of a data set and reports what is in it and what is wrong with it.",
      discussion: """
        A fetched data set is also compared with the checksums that were recorded when it was fetched. Ends with the code 1 \
        when anything is wrong.

        EXAMPLES
          saliency data verify imagenette
          saliency data verify ~/pictures/flowers
          saliency data verify cifar10 --data /srv/saliency
        """)

    @Argument(help: "The name of a fetched data set, or a folder.") var dataset: String
    @OptionGroup var data: DataFolderOptions

    private static let shown = 20

    func work() async throws {
      let found = try await DatasetInspection(of: dataset, in: data.folder) { done, total in
        Console.progress(Double(done) / Double(total), "\(done)/\(total) files read")
      }
      Console.clearProgress()
      let summary = found.parts.map { part in
        let size = part.sizes.count == 1 ? part.sizes.first?.description ?? "" : "\(part.sizes.count) sizes"
        return "\(part.name): \(part.count) images of \(size)"
      }
      let rows = found.classNames.indices.map { label in
        [found.classNames[label]] + found.parts.map { "\($0.counts[label])" }
      }
      try Console.result(
        summary.joined(separator: "\n") + "\n" + Table([["class"] + found.parts.map(\.name)] + rows).text)
      guard !found.problems.isEmpty else { return }
      for problem in found.problems.prefix(Self.shown) { Console.warn(problem) }
      if found.problems.count > Self.shown { Console.warn("and \(found.problems.count - Self.shown) more") }
      let count = found.problems.count
      throw CommandError("\(dataset) has \(count) \(count == 1 ? "problem" : "problems"), named above")
    }
  }

  struct Export: InterruptibleCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes test images of a data set as PNG files.",
      usage: "saliency data export <dataset> --images <list> --output <output>",
      discussion: """
        A file is named by its image's number in the test set, from 0; the true class is printed beside it.

        EXAMPLES
          saliency data export fashion-mnist --images 0,1,2 --output pictures
          saliency data export cifar10 --images 17 -o .
          saliency data export flowers --images 5 --limit 10 -o pictures
        """)

    @Argument(help: DatasetOptions.help) var dataset: String
    @Option(help: ArgumentHelp("Comma-separated numbers of test images, from 0.", valueName: "list"))
    var images: NameList
    @Option(name: .shortAndLong, help: "Folder for the files.") var output: String
    @OptionGroup var data: DatasetOptions

    private var numbers: [Int] { images.names.compactMap { Int($0) } }

    func validate() throws {
      guard numbers.count == images.names.count, numbers.allSatisfy({ $0 >= 0 }) else {
        throw ValidationError("--images must be numbers from 0, such as 0,17")
      }
    }

    func work() async throws {
      let test = try await data.open(dataset, for: nil).test
      if let beyond = numbers.first(where: { $0 >= test.count }) {
        throw CommandError("--images \(beyond): \(test.name) has the images 0 to \(test.count - 1)")
      }
      let folder = try outputFolder(output)
      var rows: [[String]] = []
      for number in numbers {
        let file = folder.appending(path: "\(number).png")
        try test[number].writePNG(to: file)
        rows.append([file.shown, test.classNames[Int(test.labels[number])]])
      }
      try Console.result(Table(rows).text)
    }
  }
}

private func megabytes(_ bytes: Int) -> String {
  bytes < 1_000_000_000
    ? String(format: "%.1f MB", Double(bytes) / 1e6) : String(format: "%.2f GB", Double(bytes) / 1e9)
}
