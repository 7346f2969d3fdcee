/// How a number differs over trained networks, and where one of another network lies among them.
public struct Spread: Sendable, Equatable, Codable {
  public private(set) var mean: Double
  /// The sample standard deviation; 0 for one network.
  public let deviation: Double
  /// How many networks.
  public let count: Int

  /// Its raw value says it in words, everywhere the same.
  public enum Place: String, Sendable, Codable {
    /// At most two standard deviations from the mean.
    case within = "within the spread"
    /// More than two, at most three.
    case tail = "in its tail"
    /// More than three.
    case outside = "outside the spread"
  }

  /// - Precondition: there is at least one value.
  public init(_ values: [Double]) {
    let (mean, count) = (values.reduce(0, +) / Double(values.count), values.count)
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    self.mean = mean
    self.count = count
    deviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : 0
  }

  /// The same around another mean.
  package func moved(by shift: Double) -> Spread {
    var moved = self
    moved.mean += shift
    return moved
  }

  /// How many standard deviations a number lies above the mean.
  public func distance(of value: Double) -> Double { (value - mean) / deviation }

  /// Where another network's number lies; nil for fewer than six networks, whose deviation says too little.
  public func place(of value: Double) -> Place? {
    guard count >= 6, deviation > 0 else { return nil }
    let distance = abs(distance(of: value))
    return distance <= 2 ? .within : distance <= 3 ? .tail : .outside
  }
}
