import Downloads
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Datasets

@Suite struct FetchTests {
  private let folder: TemporaryFolder
  private let data: DataFolder

  init() throws {
    folder = try TemporaryFolder()
    data = DataFolder(folder.file("store"))
  }

  private func publish(_ url: URL, at address: URL, size: Int? = nil) throws -> PublishedFile {
    let bytes = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize
    return try PublishedFile(addresses: [address], checksum: Checksum.of(url, .md5), size: size ?? bytes ?? 0)
  }

  /// An archive of class folders, as CIFAR-10 may be.
  private func cifarArchive(_ name: String = "cifar.tar.gz") throws -> URL {
    let set = try ClassFolderSet(classes: KnownClasses.cifar10, count: 2, side: 32)
    try TarFile.write(folder: set.url, top: "cifar-10", to: folder.file(name))
    return folder.file(name)
  }

  private func names(_ path: String) -> Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: folder.file("store/\(path)").path)) ?? [])
  }

  @Test("an archive is downloaded, checked, unpacked, recorded, and not fetched twice")
  func archive() async throws {
    let archive = try cifarArchive()
    let server = try LocalServer.serving(["cifar.tar.gz": Data(contentsOf: archive)])
    let file = try publish(archive, at: server.address("cifar.tar.gz"))
    let dataset = KnownDataset("cifar10", "", .archive(file), .cifar10)
    #expect(data.location(of: dataset) == nil)
    let stages = Mutex<[String]>([])
    let url = try await data.fetch(dataset) { stage in
      let name = String("\(stage)".prefix { $0 != "(" })
      stages.withLock { if $0.last != name { $0.append(name) } }
    }
    #expect(stages.withLock { $0 } == ["downloading", "unpacking", "recording"])
    #expect(url == data.dataset("cifar10") && data.location(of: dataset) == url)
    #expect(names("datasets") == ["cifar10", "cifar10.json", "cifar10.sha256"] && names("downloads") == [])
    #expect(names("datasets/cifar10") == ["train", "test"])
    let record = try #require(data.record(of: dataset))
    #expect(record.isOfficial && !record.isLink && record.origin == server.address("cifar.tar.gz").absoluteString)
    #expect(record.checksums == ["cifar.tar.gz": file.checksum])
    #expect(abs(record.date.timeIntervalSinceNow) < 60)
    let opened = try await Dataset.open("cifar10", in: data, resize: refuseToResize)
    #expect(opened.train.count == 20 && opened.name == "CIFAR-10")

    #expect(try await data.fetch(dataset) == url)
    #expect(server.requests.count == 1)
    await #expect(throws: DatasetError.alreadyFetched(name: "cifar10", path: url.relativePath)) {
      try await data.fetch(dataset, from: archive)
    }
  }

  @Test("single files are downloaded as they are")
  func files() async throws {
    let idx = try IDXFolder()
    try idx.makeTiny()
    let names = try FileManager.default.contentsOfDirectory(atPath: idx.url.path)
    let contents = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: idx.url.appending(path: $0))) })
    let server = try LocalServer.serving(contents)
    let files = try names.map { try publish(idx.url.appending(path: $0), at: server.address($0)) }
    let dataset = KnownDataset("mnist", "", .files(files), .mnist)
    let url = try await data.fetch(dataset)
    #expect(self.names("datasets/mnist") == Set(names))
    #expect(data.record(of: dataset)?.checksums.count == 4)
    #expect(try Data(contentsOf: url.appending(path: names[0])) == contents[names[0]])
  }

  @Test("a fetch that was interrupted leaves nothing where the data set would be, and the next one goes on")
  func interrupted() async throws {
    let archive = try cifarArchive()
    let content = try Data(contentsOf: archive)
    let half = content.count / 2
    let server = try LocalServer { request, connection in
      connection.send(rest: content, of: request, limit: request.start == nil ? half : .max)
      if request.start == nil { connection.stall() }
    }
    let dataset = KnownDataset("cifar10", "", .archive(try publish(archive, at: server.address("a.tgz"))), .cifar10)
    let (begun, announce) = AsyncStream.makeStream(of: Void.self)
    let data = data
    let task = Task {
      try await data.fetch(dataset) { if case .downloading(_, half, _) = $0 { announce.yield() } }
    }
    for await _ in begun { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(names("datasets") == [])
    #expect(data.unfinishedBytes(of: dataset) == half)
    _ = try await data.fetch(dataset)
    #expect(server.requests.map(\.start) == [nil, half])
    #expect(names("downloads") == [])
  }

  @Test("an archive that was downloaded by a fetch that was killed is not downloaded again")
  func unpackedLater() async throws {
    let archive = try cifarArchive()
    let server = try LocalServer.serving([:])
    let dataset = KnownDataset("cifar10", "", .archive(try publish(archive, at: server.address("a.tgz"))), .cifar10)
    let work = data.downloads("cifar10")
    try FileManager.default.createDirectory(
      at: work.appending(path: "unpacked/half"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: archive, to: work.appending(path: "a.tgz"))
    _ = try await data.fetch(dataset)
    #expect(server.requests.isEmpty && names("datasets/cifar10") == ["train", "test"])
  }

  @Test("what the server does wrong is told, and nothing appears")
  func badServer() async throws {
    let archive = try cifarArchive()
    let server = try LocalServer.serving(["a.tgz": Data("something else".utf8)])
    for (name, words) in [("a.tgz", "its checksum is md5:"), ("none.tgz", "404")] {
      let dataset = KnownDataset("cifar10", "", .archive(try publish(archive, at: server.address(name))), .cifar10)
      let error = await #expect(throws: DownloadsError.self) { try await data.fetch(dataset) }
      #expect(error?.localizedDescription.contains(words) == true)
      #expect(names("datasets") == [])
    }
  }

  @Test("another archive of the same content is accepted, and the record says so")
  func otherArchive() async throws {
    let dataset = try KnownDataset.named("cifar10")
    let archive = try cifarArchive("cifar-10-binary.tar.gz")
    _ = try await data.fetch(dataset, from: archive)
    let record = try #require(data.record(of: dataset))
    #expect(!record.isOfficial && record.origin == archive.path)
    #expect(FileManager.default.fileExists(atPath: archive.path))
    #expect(try await DatasetInspection(of: "cifar10", in: data).problems == [])
  }

  @Test("a folder is linked to; where it is gone, the data set is not there")
  func linked() async throws {
    let set = try ClassFolderSet(classes: KnownClasses.cifar10, count: 1, side: 32)
    let dataset = try KnownDataset.named("cifar10")
    let url = try await data.fetch(dataset, from: set.url)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: url.path) == set.url.path)
    #expect(data.record(of: dataset)?.isLink == true)
    #expect(try await Dataset.open("cifar10", in: data, resize: refuseToResize).test.count == 10)
    try FileManager.default.removeItem(at: set.url)
    #expect(data.location(of: dataset) == nil)
    _ = try await data.fetch(dataset, from: cifarArchive())
    #expect(names("datasets/cifar10") == ["train", "test"] && data.record(of: dataset)?.isLink == false)
  }

  @Test("what is not recognised does not appear")
  func otherContent() async throws {
    let set = try ClassFolderSet()
    let dataset = try KnownDataset.named("cifar10")
    try TarFile.write(folder: set.url, top: "cifar-10", to: folder.file("a.tgz"))
    for source in [set.url, folder.file("a.tgz")] {
      let error = await #expect(throws: DatasetError.self) { try await data.fetch(dataset, from: source) }
      #expect(
        error?.localizedDescription.hasPrefix(
          "\(source.relativePath) is not recognised as cifar10: its folder train has 2")
          == true)
    }
    // Broken inside: told by the archive's name, for what was unpacked goes away.
    let broken = try ClassFolderSet(classes: KnownClasses.cifar10, count: 1, side: 32)
    try Data("text".utf8).write(to: broken.place("test/cat/0.png"))
    for name in KnownClasses.cifar10 where name != "cat" {
      try FileManager.default.removeItem(at: broken.place("test/\(name)/0.png"))
    }
    try TarFile.write(folder: broken.url, top: "cifar-10", to: folder.file("b.tgz"))
    let error = await #expect(throws: DatasetError.self) { try await data.fetch(dataset, from: folder.file("b.tgz")) }
    let message = try #require(error?.localizedDescription)
    #expect(
      message.hasPrefix("\(folder.file("b.tgz").relativePath) is not recognised") && !message.contains("unpacked"))
    try TarFile.write([.file("../x", "")], to: folder.file("c.tgz"))
    await #expect(throws: DownloadsError.self) { try await data.fetch(dataset, from: folder.file("c.tgz")) }
    #expect(names("datasets") == [] && names("downloads") == [])
  }

  @Test("two programs do not fetch the same at once")
  func busy() async throws {
    let work = data.downloads("cifar10")
    try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
    let lock = open(work.path, O_RDONLY)
    defer { close(lock) }
    #expect(flock(lock, LOCK_EX) == 0)
    await #expect(throws: DatasetError.busy(name: "cifar10")) {
      try await data.fetch(KnownDataset.named("cifar10"), from: cifarArchive())
    }
  }

  @Test("a folder that cannot be made is told")
  func unwritable() async throws {
    try Data().write(to: folder.file("store"))
    await #expect(throws: DatasetError.unwritable(path: data.downloads("cifar10").relativePath)) {
      try await data.fetch(KnownDataset.named("cifar10"), from: cifarArchive())
    }
  }
}
