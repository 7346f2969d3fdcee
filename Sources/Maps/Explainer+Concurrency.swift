import Synchronization
import Tensors

extension Explainer {
  /// As ``explain(_:classes:indices:progress:)``, with the images shared among libtorch's threads, each of which explains its
  /// own, and the memory among them.
  ///
  /// Faster on a processor for more images than one, see ``TorchActor/concurrently(_:threads:_:)``; on a GPU, and where the
  /// memory does not suffice for several, one piece. The values do not depend on it but for rounding.
  ///
  /// - Parameters: as there; `progress` is never called twice at once.
  @TorchActor public func explainConcurrently(
    _ images: Tensor, classes: [Int?]? = nil, indices: [Int]? = nil,
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> [Explanation] {
    let (count, threads) = (images.shape[0], Torch.threads)
    // An attribution's pass takes a few times the memory of the classifier's.
    let room = memory / max(1, 8 * classifier.bytesPerImage)
    let workers = classifier.device == .cpu ? max(1, min(threads, count, room)) : 1
    guard workers > 1 else { return try explain(images, classes: classes, indices: indices, progress: progress) }
    let shared = sharingMemory(among: workers)
    let parts = (0..<workers).map { count * $0 / workers..<count * ($0 + 1) / workers }
    let found = Mutex(
      (explanations: [[Explanation]](repeating: [], count: workers), shares: [Double](repeating: 0, count: workers)))
    try await TorchActor.concurrently(workers, threads: max(1, threads / workers)) { worker in
      let part = parts[worker]
      let explanations = try shared.explain(
        images[part], classes: classes.map { Array($0[part]) }, indices: indices.map { Array($0[part]) }
      ) { share in
        found.withLock {
          $0.shares[worker] = share * Double(part.count) / Double(count)
          progress($0.shares.reduce(0, +))
        }
      }
      found.withLock { $0.explanations[worker] = explanations }
    }
    return found.withLock { $0.explanations.flatMap(\.self) }
  }

  /// How many images a processor does well to explain together: more share the work on the weights, but make the first wait
  /// for the last. As many as all threads do in a second or two, by the memory that their passes go through, and one for each
  /// thread at least.
  @TorchActor public var imagesAtOnce: Int {
    let classes = comparesClasses ? rivals.count(classes: classifier.labels.count) + 1 : 1
    let passes = classes * (attributions.map(\.passes).max() ?? 1)
    return Torch.threads * max(1, 1_000_000_000 / max(1, classifier.bytesPerImage * passes))
  }

  private func sharingMemory(among count: Int) -> Explainer {
    var explainer = self
    explainer.memory /= count
    return explainer
  }
}
