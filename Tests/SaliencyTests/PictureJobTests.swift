import Foundation
import Rasters
import Synchronization
import TestSupport
import Testing

@testable import Saliency

/// Refuses every batch with a white image in it, as a model whose answer is NaN there.
@TorchActor private final class AfraidOfWhite: Classifier {
  nonisolated let labels = LabelSet(unnamed: 3)
  nonisolated let preprocessing = Preprocessing(height: 4, width: 4)
  nonisolated let device = Device.cpu
  nonisolated let bytesPerImage: Int
  let batches = Mutex<[Int]>([])
  private let linear: LinearClassifier

  init(bytesPerImage: Int = 1000) throws {
    self.bytesPerImage = bytesPerImage
    linear = try randomLinear(classes: 3, height: 4, width: 4)
  }

  func logits(_ images: Tensor) throws -> Tensor {
    batches.withLock { $0.append(images.shape[0]) }
    let pixels = try images.floats()
    for start in stride(from: 0, to: pixels.count, by: 48) where pixels[start..<start + 48].allSatisfy({ $0 > 0.999 }) {
      throw ClassifierError.notFinite(what: "logits")
    }
    return try linear.logits(images)
  }
}

@Suite struct PictureJobTests {
  /// Plain pictures of the given grey levels; a negative level is a file that is no picture.
  private func pictures(_ levels: [Int], in folder: TemporaryFolder) throws -> [URL] {
    try levels.enumerated().map { index, level in
      let url = folder.file("\(index).png")
      if level < 0 {
        try Data("no picture".utf8).write(to: url)
      } else {
        try PixelArray(repeating: UInt8(level), height: 6, width: 5, channels: 3).writePNG(to: url)
      }
      return url
    }
  }

  private func outcomes(_ job: PictureJob, _ urls: [URL]) async throws -> [PictureJob.Outcome] {
    let seen = Mutex<[PictureJob.Outcome]>([])
    try await job.run(urls) { outcome in seen.withLock { $0.append(outcome) } }
    return seen.withLock(\.self)
  }

  @Test("the memory allowed decides the batch, and one image must fit")
  func memory() async throws {
    let explainer = try await Explainer(AfraidOfWhite())
    #expect(try PictureJob(explainer, memory: 1000).batchSize == 1)
    #expect(try PictureJob(explainer, memory: 7999).batchSize == 7)
    #expect(try PictureJob(explainer, memory: 1 << 40).batchSize == 32)
    let error = #expect(throws: MethodError.self) { try PictureJob(explainer, memory: 999) }
    #expect(error == .tooLittleMemory(needed: 1000, given: 999))
  }

  @Test("outcomes come in order, bad pictures among them, whatever the batch", arguments: [1, 2, 3, 32])
  func order(batch: Int) async throws {
    let folder = try TemporaryFolder()
    let levels = [10, -1, 30, 255, 50, 60, -1, 80, 90]
    let urls = try pictures(levels, in: folder)
    let classifier = try await AfraidOfWhite()
    let job = try PictureJob(Explainer(classifier), memory: batch * 1000)
    let outcomes = try await outcomes(job, urls)
    #expect(outcomes.map(\.url) == urls)
    for (level, outcome) in zip(levels, outcomes) {
      switch (level, outcome.result) {
      case (-1, .failure(let error)): #expect(error is PictureError)
      case (255, .failure(let error)): #expect(error as? ClassifierError == .notFinite(what: "logits"))
      case (0..<255, .success(let explained)):
        expectClose(explained.image.values, Array(repeating: Float(level) / 255, count: 48), absolute: 1e-6)
        #expect(explained.explanation.maps.map(\.view) == Views.paper.map(\.name))
      default: Issue.record("picture of level \(level): \(outcome.result)")
      }
    }
    #expect((classifier.batches.withLock(\.self).max() ?? 0) <= batch)
  }

  @Test("the explanation of a picture is the explainer's")
  func explanation() async throws {
    let folder = try TemporaryFolder()
    let urls = try pictures([10, 200], in: folder)
    let explainer = try await Explainer(AfraidOfWhite(), includesRivalry: true)
    let outcomes = try await outcomes(PictureJob(explainer, explainedClass: 2), urls)
    let expected = try await TorchActor.run {
      let images = try [10, 200].map { try Tensor(repeating: Double($0) / 255, shape: [1, 3, 4, 4]) }
      return try explainer.explain(.concatenate(images), classes: [2, 2])
    }
    for (outcome, expected) in zip(outcomes, expected) {
      let explanation = try outcome.result.get().explanation
      #expect(explanation.explainedClass == 2)
      #expect(explanation.rivalries == expected.rivalries)
      #expect(explanation.maps == expected.maps)
    }
  }

  @Test("a picture with more pixels than allowed is refused")
  func pixels() async throws {
    let folder = try TemporaryFolder()
    let urls = try pictures([10], in: folder)
    let explainer = try await Explainer(AfraidOfWhite())
    let refused = try await outcomes(PictureJob(explainer, maximumPixels: 29), urls)
    #expect(throws: PictureError.self) { try refused[0].result.get() }
    let taken = try await outcomes(PictureJob(explainer, maximumPixels: 30), urls)
    #expect(throws: Never.self) { try taken[0].result.get() }
  }

  /// Wide or tall without end it has few pixels, but rows of floats at their new width without end.
  @Test("a picture that takes more memory than allowed is refused before it is decoded")
  func unaffordable() async throws {
    let folder = try TemporaryFolder()
    let url = folder.file("tall.png")
    try PixelArray(repeating: 9, height: 900_000, width: 1).writePNG(to: url)
    let explainer = try await TorchActor.run {
      try Explainer(randomLinear(classes: 2, height: 128, width: 128), views: [Original()])
    }
    let refused = try await outcomes(PictureJob(explainer, memory: 1 << 30), [url])[0]
    let error = #expect(throws: PictureError.self) { try refused.result.get() }
    #expect(error?.localizedDescription.hasPrefix("\(url.relativePath) needs about 27") == true)
    let taken = try await outcomes(PictureJob(explainer, memory: 3 << 30), [url])[0]
    #expect(try taken.result.get().image.values.allSatisfy { abs($0 - 9.0 / 255) < 1e-6 })
  }

  @Test("pictures that take long are reported as soon as each thread has done one, others together")
  func together() async throws {
    let folder = try TemporaryFolder()
    let urls = try pictures(Array(repeating: 10, count: 12), in: folder)
    let threads = await TorchActor.run { Torch.threads }
    for (bytes, expected) in [(1000, 12), (400_000_000, min(12, threads))] {
      let classifier = try await AfraidOfWhite(bytesPerImage: bytes)
      let images = Mutex<Int?>(nil)
      try await PictureJob(Explainer(classifier), memory: 1 << 40).run(urls) { _ in
        images.withLock { $0 = $0 ?? classifier.batches.withLock { $0.reduce(0, +) } }
      }
      #expect(images.withLock(\.self) == expected, "images explained when the first was reported")
    }
  }

  @Test("a picture's content may be given instead of a file")
  func contents() async throws {
    let folder = try TemporaryFolder()
    let file = try pictures([70], in: folder)[0]
    let explainer = try await Explainer(AfraidOfWhite())
    let url = URL(filePath: "nowhere")
    let found = try await outcomes(PictureJob(explainer, contents: [url: Data(contentsOf: file)]), [url, file])
    #expect(try found[0].result.get().image == found[1].result.get().image)
    let refused = try await outcomes(PictureJob(explainer, contents: [url: Data("no picture".utf8)]), [url])
    #expect(throws: PictureError.notAPicture(path: "nowhere")) { try refused[0].result.get() }
  }

  @Test("no pictures, no outcome")
  func none() async throws {
    #expect(try await outcomes(PictureJob(Explainer(AfraidOfWhite())), []).isEmpty)
  }

  @Test("cancelling ends the work before the next batch")
  func cancellation() async throws {
    let folder = try TemporaryFolder()
    let urls = try pictures(Array(repeating: 10, count: 12), in: folder)
    let classifier = try await AfraidOfWhite()
    let job = try PictureJob(Explainer(classifier), memory: 2000)
    let reported = Mutex(0)
    let task = Task {
      try await job.run(urls) { _ in
        reported.withLock { $0 += 1 }
        withUnsafeCurrentTask { $0?.cancel() }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(reported.withLock(\.self) <= 2)
    #expect(classifier.batches.withLock(\.count) == 1)
  }

  @Test("what the report throws ends the work")
  func refusal() async throws {
    struct Enough: Error {}
    let folder = try TemporaryFolder()
    let urls = try pictures([1, 2, 3, 4], in: folder)
    let job = try await PictureJob(Explainer(AfraidOfWhite()), memory: 1000)
    await #expect(throws: Enough.self) { try await job.run(urls) { _ in throw Enough() } }
  }
}
