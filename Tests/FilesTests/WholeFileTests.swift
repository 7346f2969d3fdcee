import Files
import Foundation
import TestSupport
import Testing

@Suite struct WholeFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var names: Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)) ?? [])
  }

  @Test("a file appears when it is whole, under a name of its own before")
  func whole() throws {
    try Data("old".utf8).write(to: folder.file("a"))
    let file = try WholeFile(folder.file("a"))
    try file.write(Data("ne".utf8))
    try file.write(Data("w".utf8))
    let temporary = try #require(names.subtracting(["a"]).first)
    #expect(temporary.wholeMatch(of: #/\.saliency-.+\.tmp/#) != nil)
    #expect(try Data(contentsOf: folder.file("a")) == Data("old".utf8))
    try file.keep()
    #expect(names == ["a"])
    #expect(try Data(contentsOf: folder.file("a")) == Data("new".utf8))
  }

  @Test("what is not kept vanishes")
  func dropped() throws {
    do { try WholeFile(folder.file("a")).write(Data("x".utf8)) }
    #expect(names.isEmpty)
  }

  @Test("what a killed program has left is removed, but not what another one is writing")
  func abandoned() throws {
    let mine = ".saliency-1.tmp"
    for name in [mine, ".saliency-2.tmp", "other.tmp"] { try Data("x".utf8).write(to: folder.file(name)) }
    let file = open(folder.file(mine).path, O_RDONLY)
    #expect(flock(file, LOCK_EX) == 0)
    defer { close(file) }
    try Data().writeWhole(to: folder.file("a"))
    #expect(names == ["a", mine, "other.tmp"])
  }

  @Test("a file that cannot be written is named", arguments: ["missing/a", "file/a"])
  func unwritable(name: String) throws {
    try Data().write(to: folder.file("file"))
    let error = #expect(throws: FileError.self) { try Data().writeWhole(to: folder.file(name)) }
    #expect(error?.path == folder.file(name).relativePath)
    #expect(
      error?.localizedDescription.hasSuffix(
        name == "file/a" ? ": not a directory" : ": no such file or directory") == true)
  }
}

@Suite struct FolderLockTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("one at a time, and nothing is left")
  func exclusive() throws {
    do {
      let lock = try FolderLock(folder.url)
      #expect(throws: FolderLock.Busy.self) { try FolderLock(folder.url) }
      withExtendedLifetime(lock) {}
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
    // Of a program that was killed.
    try Data().write(to: folder.file(".lock"))
    _ = try FolderLock(folder.url)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }

  @Test("many at once: never two of them")
  func race() async {
    let (folder, holders) = (folder, Counter())
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          var got = 0
          for _ in 0..<200 {
            guard let lock = try? FolderLock(folder.url) else { continue }
            #expect(holders.add(1) == 1)
            got += 1
            _ = holders.add(-1)
            withExtendedLifetime(lock) {}
          }
          return got
        }
      }
      #expect(await group.reduce(0, +) > 0)
    }
  }

  @Test("several share it and keep others out; the last one leaves nothing")
  func shared() throws {
    func isBusy(isShared: Bool = false) throws -> Bool {
      do { _ = try FolderLock(folder.url, isShared: isShared) } catch is FolderLock.Busy { return true }
      return false
    }
    var first: FolderLock? = try FolderLock(folder.url)
    #expect(try isBusy(isShared: true))
    first?.share()
    var second: FolderLock? = try FolderLock(folder.url, isShared: true)
    #expect(try isBusy())
    first = nil
    #expect(try isBusy() && !isBusy(isShared: true))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [".lock"])
    second = nil
    #expect(try !isBusy())
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
    _ = (first, second)
  }

  @Test("whoever waits gets it, or is told after a while")
  func waited() throws {
    var lock: FolderLock? = try FolderLock(folder.url, name: ".turn")
    #expect(throws: FolderLock.Busy.self) { try FolderLock.waited(folder.url, name: ".turn", seconds: 0.05) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) { [held = lock] in
      withExtendedLifetime(held) {}
    }
    lock = nil
    _ = try FolderLock.waited(folder.url, name: ".turn", seconds: 20)
    _ = lock
  }

  @Test("a folder that cannot be written to is named")
  func unwritable() {
    // Not even root may make files there.
    let error = #expect(throws: FileError.self) { try FolderLock(URL(filePath: "/proc/self")) }
    #expect(error?.path == "/proc/self/.lock")
  }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  func add(_ number: Int) -> Int {
    lock.withLock {
      value += number
      return value
    }
  }
}
