import Tensors

/// What the time of a deletion benchmark goes to. On a GPU, which works on while the program goes ahead, it says where the
/// program waited.
@TorchActor public final class DeletionClock {
  /// Seconds.
  public struct Phases: Sendable, Equatable, Codable {
    /// The maps: a forward pass and a backward pass per class.
    public var maps = 0.0
    /// Putting the maps' pixels in order.
    public var ranking = 0.0
    /// Making the images whose pixels are deleted.
    public var deleting = 0.0
    /// The classifier's answers for them and for the untouched images.
    public var answers = 0.0
  }

  public private(set) var seconds = Phases()
  /// What each attribution of the explainer took of the maps' seconds.
  private(set) var attributions: [Double] = []

  public init() {}

  /// Adds what one of `count` workers took that work side by side, so that all phases together are the time that passes.
  public func add(_ other: Phases, sharedBy count: Int) {
    for phase in [\Phases.maps, \.ranking, \.deleting, \.answers] {
      seconds[keyPath: phase] += other[keyPath: phase] / Double(count)
    }
  }

  func add(_ seconds: Double, toAttribution index: Int) {
    while attributions.count <= index { attributions.append(0) }
    attributions[index] += seconds
  }

  /// Adds the time that `body` takes to a phase's.
  func time<Result>(_ phase: WritableKeyPath<Phases, Double>, _ body: () throws -> Result) rethrows -> Result {
    let begin = ContinuousClock.now
    defer { seconds[keyPath: phase] += (ContinuousClock.now - begin) / .seconds(1) }
    return try body()
  }
}
