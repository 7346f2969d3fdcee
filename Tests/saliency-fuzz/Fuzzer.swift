// Tries one reader with files that libFuzzer makes: saliency-fuzz READER FOLDER [FILE] [libFuzzer's flags]. See Scripts/fuzz.
import Foundation
import Fuzzing
import TestSupport

@_silgen_name("LLVMFuzzerMutate") private func mutate(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int
) -> Int

/// The reader that is tried, and the folder that it may use.
private struct Trial {
  static let target: FuzzTarget? = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }
  static let folder = URL(filePath: NSTemporaryDirectory()).appending(
    path: "saliency-fuzz-\(getpid())", directoryHint: .isDirectory)
}

/// Waits for what runs elsewhere.
private func wait<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
  let outcome = Outcome<Result>()
  Task {
    do { outcome.result = .success(try await body()) } catch { outcome.result = .failure(error) }
    outcome.done.signal()
  }
  outcome.done.wait()
  return try outcome.result.get()
}

/// Written before `done` and read after it.
private final class Outcome<Result>: @unchecked Sendable {
  let done = DispatchSemaphore(value: 0)
  var result: Swift.Result<Result, any Error> = .failure(CancellationError())
}

@_cdecl("LLVMFuzzerTestOneInput") func tryFile(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let file = Data(UnsafeBufferPointer(start: bytes, count: count))
  guard let target = Trial.target else { return -1 }
  do { try wait { try await target.read(file, Trial.folder) } } catch {
    if let mistake = FuzzTarget.mistake(error) { fatalError(mistake) }
  }
  return 0
}

/// Changes one part of a file that has several, three times of four.
@_cdecl("LLVMFuzzerCustomMutator") func change(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  var random = SeededGenerator(seed: UInt64(seed))
  guard let structure = Trial.target?.structure, structure != .bytes, Int.random(in: 0..<4, using: &random) > 0,
    let changed = Mutation.changed(Data(bytes: bytes, count: count), structure, using: &random, changePart),
    changed.count <= limit
  else { return mutate(bytes, count, limit) }
  changed.copyBytes(to: bytes, count: changed.count)
  return changed.count
}

private func changePart(_ part: Data) -> Data {
  let limit = part.count + 64
  var bytes = [UInt8](part) + [UInt8](repeating: 0, count: 64)
  return Data(bytes.prefix(mutate(&bytes, part.count, limit)))
}

/// Called by libFuzzer's `main` before anything else: takes the reader out of the arguments, and writes the seeds.
@_cdecl("LLVMFuzzerInitialize") func begin(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
  func end(_ words: String, _ status: Int32) -> Never {
    FileHandle.standardError.write(Data("saliency-fuzz: \(words)\n".utf8))
    exit(status)
  }
  let words = CommandLine.arguments
  if words.dropFirst() == ["list"] {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
  }
  guard words.count > 2, let target = Trial.target else { end("give a reader of saliency-fuzz list, and a folder", 64) }
  let corpus = URL(filePath: words[2], directoryHint: .isDirectory)
  do {
    for folder in [corpus, Trial.folder] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    for (index, seed) in try wait(target.seeds).enumerated() {
      try seed.write(to: corpus.appending(path: "seed-\(index)"))
    }
  } catch { end(error.localizedDescription, 1) }
  // A file that is named is tried alone, and nothing made of the folder's.
  let taken = words.dropFirst(3).contains { !$0.hasPrefix("-") } ? 2 : 1
  let name = arguments.pointee[0]
  arguments.pointee += taken
  arguments.pointee[0] = name
  count.pointee -= Int32(taken)
  return 0
}
