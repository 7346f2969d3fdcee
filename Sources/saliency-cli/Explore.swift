import ArgumentParser
import Foundation
import Saliency

#if Explorer
  import SaliencyExplorer
#endif

struct Explore: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Opens a page on this machine that asks a picture and gets the answer at once.",
    discussion: """
      Drop a picture into the page, click a class to see which pixels should get brighter or darker for it, a second one to see \
      them against this rival; delete pixels with a slider or a brush and watch the answer change. The page is under the \
      address that is printed, on this machine alone, until Ctrl-C. Pictures stay in memory and are written nowhere.

      With a folder of benchmark, report or reproduce the page shows its curves, examples and the images on which a map failed.

      EXAMPLES
        saliency explore --open
        saliency explore --model cifar10-resnet18 --port 8080
        saliency explore --models-folder models --model models/flowers.pt2
        saliency explore results
      """)

  @Argument(help: ArgumentHelp("Finished results to look at instead of pictures.", valueName: "folder"))
  var results: String?

  @Option(help: "The port to listen on (default: one that is free).") var port: UInt16 = 0
  @Flag(help: "Open the page in the browser.") var open = false
  @Option(help: ArgumentHelp("Offer the model files of this folder, too.", valueName: "folder"))
  var modelsFolder: String?
  @Option(
    help: ArgumentHelp(
      "The data set that results are of, for their pictures; one that was fetched is found.", valueName: "name|folder"))
  var dataset: String?
  @OptionGroup(title: "Data") var data: DataFolderOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func work() async throws {
    #if Explorer
      let server = try await server()
      let opens = open
      do {
        try await server.run(port: port) { address in
          do { try Console.result(address.absoluteString) } catch { Console.error(error.told) }
          Console.note("The page is under this address, on this machine alone. Ctrl-C ends it.")
          if opens { show(address.absoluteString) }
        }
      } catch let error as POSIXError {
        throw CommandError(
          "--port \(port): \(String(cString: strerror(error.code.rawValue))); choose another or leave --port out")
      }
    #else
      throw CommandError(
        "this build of saliency is without the explorer; build it with the package's trait Explorer, which is on by default"
      )
    #endif
  }
}

#if Explorer
  extension Explore {
    private func server() async throws -> ExplorerServer {
      if let results {
        defer { Console.clearProgress() }
        return try await ExplorerServer(results: URL(filePath: results), dataset: dataset, in: data.folder) {
          Console.progress(Double($0) / Double($1), "\($0)/\($1) images read")
        }
      }
      let chosen = try await device.apply()
      let folder = modelsFolder.map { URL(filePath: $0, directoryHint: .isDirectory) }
      do {
        return try await ExplorerServer(
          model: model.named ?? Explain.usualModel, settings: model.input.settings, modelsFolder: folder,
          device: chosen, memory: device.memory?.bytes,
          version: SaliencyCommand.configuration.version)
      } catch let error as CocoaError {
        throw CommandError("--models-folder \(modelsFolder ?? ""): \(error.reason)")
      }
    }
  }

  private func show(_ address: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["xdg-open", address]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else {
      return Console.note("No browser could be opened; open the address by hand.")
    }
  }
#endif
