import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct DataTests {
  private let command: Command
  private let store = ["--data", "store"]

  init() throws { command = try Command() }

  /// IDX files of 28×28, as those of the two MNISTs.
  private func addMNIST(_ name: String = "files", side: UInt8 = 28) throws {
    let area = Int(side) * Int(side)
    for (part, count) in [("train", 20), ("t10k", 10)] {
      let labels = (0..<count).map { UInt8($0 % 10) }
      try command.add(
        [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, side, 0, 0, 0, side] + [UInt8](repeating: 5, count: count * area),
        as: "\(name)/\(part)-images-idx3-ubyte")
      try command.add([0, 0, 8, 1, 0, 0, 0, UInt8(count)] + labels, as: "\(name)/\(part)-labels-idx1-ubyte")
    }
  }

  private func path(_ name: String) -> String { command.folder.file(name).resolvingSymlinksInPath().path }

  @Test("an archive is fetched, listed, verified and trained on by its name")
  func archive() throws {
    try addMNIST()
    try TarFile.write(
      folder: command.folder.file("files"), top: "mnist", to: command.folder.file("mnist.tar.xz"), as: ".tar.xz")
    let before = try command.run(["data", "list"] + store)
    #expect(before.status == 0 && before.errors == [])
    #expect(before.lines.count == 8 && before.lines.last == "decoded images: 0.0 MB in store")
    #expect(before.lines.contains { $0.hasPrefix("mnist ") && $0.contains("11.6 MB") && $0.hasSuffix("not fetched") })

    let fetched = try command.run(["data", "fetch", "mnist", "--from", "mnist.tar.xz"] + store)
    #expect(fetched.status == 0)
    #expect(fetched.lines == [path("store") + "/datasets/mnist"])
    #expect(fetched.errors.count == 1 && fetched.errors[0].contains("not the published archive"))
    #expect(command.files(in: "store/datasets") == ["mnist", "mnist.json", "mnist.sha256"])

    let again = try command.run(["data", "fetch", "mnist"] + store)
    #expect(again.status == 0 && again.lines == fetched.lines && again.errors == ["mnist is there already."])
    try command.expectFailure(
      ["data", "fetch", "mnist", "--from", "mnist.tar.xz"] + store, ["mnist is there already", "store/datasets/mnist"])

    let list = try command.run(["data", "list"] + store)
    #expect(list.lines.contains { $0.hasPrefix("mnist ") && $0.contains("ready at \(fetched.lines[0]), from ") })
    let verified = try command.run(["data", "verify", "mnist"] + store)
    #expect(verified.status == 0 && verified.errors == [])
    #expect(verified.lines.prefix(2) == ["train: 20 images of 28×28", "test: 10 images of 28×28"])
    #expect(verified.lines.last == "9      2      1")
  }

  @Test("test images are exported as they are, with their classes")
  func export() throws {
    try addMNIST()
    let finished = try command.run(["data", "export", "files", "--images", "3,0", "--output", "out"] + store)
    #expect(finished.status == 0 && finished.lines == ["out/3.png  3", "out/0.png  0"])
    let picture = try Picture.read(command.folder.file("out/3.png")).pixels
    #expect(picture == PixelArray(repeating: 5, height: 28, width: 28))
    try command.expectFailure(
      ["data", "export", "files", "--images", "10", "--output", "bad"] + store, ["--images 10", "0 to 9"])
    #expect(!FileManager.default.fileExists(atPath: command.folder.file("bad").path))
    expectUsageError(["data", "export", "files", "--images", "1,x", "--output", "bad"], ["--images"])
  }

  @Test("a folder is linked to")
  func folder() throws {
    try addMNIST()
    #expect(try command.run(["data", "fetch", "fashion-mnist", "--from", "files"] + store).status == 0)
    let list = try command.run(["data", "list"] + store)
    #expect(list.lines.contains { $0.hasPrefix("fashion-mnist ") && $0.contains("linked to \(path("files"))") })
    #expect(command.files(in: "store/datasets") == ["fashion-mnist", "fashion-mnist.json"])
    let verified = try command.run(["data", "verify", "fashion-mnist"] + store)
    #expect(verified.lines.last?.hasPrefix("Ankle boot") == true)
  }

  @Test("what cannot be fetched is said, and nothing appears")
  func refused() throws {
    try addMNIST("small", side: 6)
    try command.add(Data("text".utf8), as: "text.tgz")
    try TarFile.write([.file("a", ""), .symbolicLink("b", to: "/etc")], to: command.folder.file("link.tgz"))
    let fetch = ["data", "fetch", "mnist"] + store + ["--from"]
    try command.expectFailure(fetch + ["small"], ["small", "not recognised as mnist", "6×6 instead of 28×28"])
    try command.expectFailure(fetch + ["text.tgz"], ["text.tgz is no archive"])
    try command.expectFailure(fetch + ["link.tgz"], ["link.tgz is not unpacked", "“b” in it is a link"])
    try command.expectFailure(fetch + ["none.tgz"], ["--from none.tgz", "no such file"])
    try command.expectFailure(["data", "fetch", "mnits"] + store, ["“mnits”", "known names: cifar10"])
    #expect(command.files(in: "store/datasets") == [] && command.files(in: "store/downloads") == [])
  }

  @Test("what is wrong with a data set is named and counted")
  func verify() throws {
    try command.addDataset()
    let good = try command.run(["data", "verify", "data"] + store)
    #expect(good.status == 0)
    #expect(
      good.lines == [
        "train: 24 images of 8×8", "test: 8 images of 8×8", "class   train  test", "bright  12     4",
        "dark    12     4",
      ])
    try command.add(Data("text".utf8), as: "data/train/dark/3.png")
    let bad = try command.run(["data", "verify", "data"] + store)
    #expect(bad.status == 1)
    #expect(bad.lines.last == "dark    11     4")
    #expect(bad.errors.count == 2 && bad.errors[0].contains("data/train/dark/3.png is not a picture"))
    #expect(bad.errors[1] == "Error: data has 1 problem, named above")
    try command.expectFailure(["data", "verify", "cifar10"] + store, ["run `saliency data fetch cifar10`"])
    try command.expectFailure(["data", "verify", "nothing"] + store, ["no folder “nothing”"])
    try command.addPictures("one/train/a/0.png", "one/test/a/0.png")
    try command.expectFailure(["data", "verify", "one"] + store, ["one/train", "at least two class folders"])
  }
}
