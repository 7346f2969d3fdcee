import ArgumentParser
import Explorer
import Foundation
import Saliency

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
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func work() async throws {
    let server: LoopbackServer
    do { server = try LoopbackServer(port: port) } catch {
      throw CommandError("--port \(port): \(error.localizedDescription); choose another or leave --port out")
    }
    defer { server.stop() }
    let gate = ExplorerGate(port: server.port)
    if let results {
      let found = try ResultFolders.read(URL(filePath: results))
      server.start(try ResultsService(found, of: results, gate: gate).handle)
    } else {
      server.start(try await service(gate).handle)
    }
    let address = gate.address(port: server.port)
    try Console.result(address)
    Console.note("The page is under this address, on this machine alone. Ctrl-C ends it.")
    if open { show(address) }
    do {
      while true { try await Task.sleep(for: .seconds(3600)) }
    } catch {
      // The program must not end under a computation.
      await server.end()
      throw error
    }
  }

  private func service(_ gate: ExplorerGate) async throws -> ExplorerService {
    let device = try await device.apply()
    let name = model.named ?? Explain.usualModel
    let models = try models(name, device)
    let version = SaliencyCommand.configuration.version
    let session = ExplorerSession(models, examples: ShippedPictures.all, version: version)
    try await session.use(name)
    return ExplorerService(session, gate: gate, version: version)
  }

  private func models(_ name: String, _ device: Device) throws -> ExplorerModels {
    let folder = modelsFolder.map { URL(filePath: $0, directoryHint: .isDirectory) }
    do {
      return try ExplorerModels(name, settings: model.input.settings, folder: folder, device: device)
    } catch let error as CocoaError {
      throw CommandError("--models-folder \(modelsFolder ?? ""): \(error.reason)")
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
}
