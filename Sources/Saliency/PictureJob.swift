import Foundation
import Maps
import Pictures
import Rasters
import Tensors

/// Explains picture files, many at a time: while a batch is computed, the next one is decoded.
public struct PictureJob: Sendable {
  /// What became of one picture.
  public struct Outcome: Sendable {
    public let url: URL
    public let result: Result<Explained, any Error>
  }

  /// A picture and its explanation.
  public struct Explained: Sendable {
    /// What the classifier saw: [H, W], 1 or 3 channels, in 0…1.
    public let image: Raster<Float>
    /// Whether the picture was laid over white because parts of it were transparent.
    public let hadTransparency: Bool
    public let explanation: Explanation
    /// How long the explanation took, in seconds: an equal share of what its batch took.
    public var seconds = 0.0
    /// The whole photograph's sides, upright.
    package var photograph = (height: 0, width: 0)
  }

  public let explainer: Explainer
  /// The class to explain; nil for each picture's predicted one.
  private let explainedClass: Int?
  /// Pictures with more pixels are refused.
  private let maximumPixels: Int
  /// The most pictures that are computed with at once; on a processor there are fewer where more would only make the first wait
  /// for the last, see `Explainer.imagesAtOnce`.
  public let batchSize: Int
  /// The content of pictures that are not files, such as what came from standard input, by the URL that stands for them.
  private let contents: [URL: Data]
  /// What the pictures that are being decoded share: what a batch leaves, or a quarter.
  private let room: SharedRoom
  private let memory: Int

  /// Pictures that need less are decoded even where less is allowed.
  private static let leastMemory = 1 << 28

  /// - Parameters:
  ///   - explainer: what to find out, of which classifier.
  ///   - explainedClass: the class to explain; nil for each picture's predicted one.
  ///   - memory: about how many bytes a batch and the pictures that are decoded meanwhile may take.
  ///   - maximumPixels: pictures with more are refused.
  ///   - contents: of pictures that are not files, such as what came from standard input, by the URL that stands for them.
  /// - Throws: ``MethodError/tooLittleMemory(needed:given:)`` when not even one image fits.
  public init(
    _ explainer: Explainer, explainedClass: Int? = nil, memory: Int = 2 << 30, maximumPixels: Int = 100_000_000,
    contents: [URL: Data] = [:]
  ) throws {
    let needed = explainer.classifier.bytesPerImage
    guard memory >= needed else { throw MethodError.tooLittleMemory(needed: needed, given: memory) }
    var explainer = explainer
    explainer.memory = memory
    self.explainer = explainer
    self.explainedClass = explainedClass
    self.maximumPixels = maximumPixels
    self.contents = contents
    // Beyond some dozens larger batches gain nothing and delay the first result.
    batchSize = min(32, memory / max(1, needed))
    self.memory = max(memory, Self.leastMemory)
    room = SharedRoom(max(self.memory - batchSize * needed, self.memory / 4))
  }

  /// Explains the pictures and hands each one's outcome to `report`, in the order of `urls`.
  ///
  /// A picture that cannot be read or explained is reported and the others go on. What `report` throws ends the work, as does
  /// cancelling the task, which does not wait for all classes of a batch.
  ///
  /// - Parameters:
  ///   - urls: the pictures' files.
  ///   - progress: called with the number of pictures done, parts of a picture included, up to `urls.count`.
  ///   - report: takes each picture's outcome.
  public func run(
    _ urls: [URL], progress: @Sendable @escaping (Double) -> Void = { _ in },
    report: @Sendable (Outcome) async throws -> Void
  ) async throws {
    let most = batchSize
    let size = await TorchActor.run { [explainer] in
      explainer.classifier.device == .cpu ? min(most, explainer.imagesAtOnce) : most
    }
    let batches = stride(from: 0, to: urls.count, by: size).map { Array(urls[$0..<min($0 + size, urls.count)]) }
    guard let first = batches.first else { return }
    var current = await prepare(first)
    for index in batches.indices {
      try Task.checkCancellation()
      let following = index + 1 < batches.count ? batches[index + 1] : []
      async let next = prepare(following)
      let outcomes = try await explain(current, batches[index]) { share in
        progress(Double(index * size) + share * Double(batches[index].count))
      }
      for outcome in outcomes { try await report(outcome) }
      current = await next
    }
  }

  /// Explains one picture.
  ///
  /// - Throws: `PictureError`, ``ClassifierError``, `TorchError`, `CancellationError`.
  package func explained(_ url: URL) async throws -> Explained {
    try await explain([result(url)], [url]) { _ in }[0].result.get()
  }

  /// A picture at the classifier's input size.
  private struct Prepared: Sendable {
    let image: Raster<Float>
    let hadTransparency: Bool
    let photograph: (height: Int, width: Int)
  }

  /// Reads pictures on all processors and brings each to the input size at once, so that only as many whole photographs as
  /// there are processors, and as there is room for, are in memory.
  private func prepare(_ urls: [URL]) async -> [Result<Prepared, any Error>] {
    await withTaskGroup(of: (index: Int, result: Result<Prepared, any Error>).self) { group in
      var results = [Result<Prepared, any Error>?](repeating: nil, count: urls.count)
      var waiting = urls.enumerated().makeIterator()
      func start() {
        guard let (index, url) = waiting.next() else { return }
        group.addTask { (index, await self.result(url)) }
      }
      for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { start() }
      while let done = await group.next() {
        results[done.index] = done.result
        start()
      }
      return results.compactMap(\.self)
    }
  }

  private func result(_ url: URL) async -> Result<Prepared, any Error> {
    do { return .success(try await prepare(url)) } catch { return .failure(error) }
  }

  private func prepare(_ url: URL) async throws -> Prepared {
    try Task.checkCancellation()
    let preprocessing = explainer.classifier.preprocessing
    let needed = try Self.bytes(for: size(url), preprocessing)
    guard needed <= memory else {
      throw PictureError.exceedsMemory(path: url.relativePath, needed: needed, allowed: memory)
    }
    return try await room.with(needed) {
      let picture = try picture(url)
      return Prepared(
        image: try await preprocessing.seen(picture.pixels), hadTransparency: picture.hadTransparency,
        photograph: (picture.pixels.height, picture.pixels.width))
    }
  }

  /// About what decoding takes and bringing the picture to the input size: three bytes a pixel, as many again where it must be
  /// turned or its decoder does not go line by line, and floats for its rows at their new width and for the result, twice each.
  private static func bytes(for picture: (height: Int, width: Int), _ preprocessing: Preprocessing) -> Int {
    let (height, width) = (Double(picture.height), Double(picture.width))
    // The higher of both, because it may be turned.
    let scaled =
      [(picture.height, picture.width), (picture.width, picture.height)].map { height, width in
        let size = preprocessing.scaledSize(height: height, width: width)
        return Double(size.width) * Double(max(size.height, height))
      }.max() ?? 0
    return Int(min(6 * height * width + 24 * scaled + 1e6, 1e18))
  }

  /// As stored, before anything is decoded.
  private func size(_ url: URL) throws -> (height: Int, width: Int) {
    if let content = contents[url] {
      return try Picture.size(of: content, named: url.relativePath, maximumPixels: maximumPixels)
    }
    let file = try PictureFile(url, maximumPixels: maximumPixels)
    return (file.height, file.width)
  }

  /// The whole photograph that an outcome's `url` stands for, read once more: it may be too large to be kept until then.
  ///
  /// - Throws: `PictureError`.
  public func photograph(_ url: URL) throws -> Photograph {
    Photograph(try picture(url).pixels, for: explainer.classifier.preprocessing)
  }

  private func picture(_ url: URL) throws -> Picture {
    guard let content = contents[url] else { return try Picture.read(url, maximumPixels: maximumPixels) }
    return try Picture.decode(content, named: url.relativePath, maximumPixels: maximumPixels)
  }

  @TorchActor private func explain(
    _ pictures: [Result<Prepared, any Error>], _ urls: [URL], progress: @escaping @Sendable (Double) -> Void
  ) async throws -> [Outcome] {
    let begin = ContinuousClock.now
    let images = pictures.compactMap { try? $0.get().image }
    var explanations = try await explanations(of: images, progress: progress)[...]
    let seconds = (ContinuousClock.now - begin) / .seconds(1) / Double(max(1, images.count))
    return zip(urls, pictures).map { url, picture in
      Outcome(
        url: url,
        result: picture.flatMap { prepared in
          explanations.removeFirst().map {
            Explained(
              image: prepared.image, hadTransparency: prepared.hadTransparency, explanation: $0, seconds: seconds,
              photograph: prepared.photograph)
          }
        })
    }
  }

  /// All images at once; if that fails, one by one, so that an image that cannot be explained spoils no other's.
  @TorchActor private func explanations(
    of images: [Raster<Float>], progress: @escaping @Sendable (Double) -> Void
  ) async throws -> [Result<Explanation, any Error>] {
    if images.isEmpty { return [] }
    do {
      let classes = images.map { _ in explainedClass }
      let batch = try Tensor.concatenate(images.map(Preprocessing.image(from:)))
      return try await explainer.explainConcurrently(batch, classes: classes, progress: progress).map { .success($0) }
    } catch let error where !(error is CancellationError) {
      if images.count == 1 { return [.failure(error)] }
      var results: [Result<Explanation, any Error>] = []
      for (index, image) in images.enumerated() {
        results += try await explanations(of: [image]) { progress((Double(index) + $0) / Double(images.count)) }
      }
      return results
    }
  }
}
