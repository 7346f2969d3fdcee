import Foundation

/// A rule for the integral of a function over 0…1 from its values at some points.
public enum Quadrature: String, Sendable, CaseIterable {
  /// The points and weights with which n points are exact for polynomials of degree 2n − 1.
  case gaussLegendre = "gauss-legendre"
  /// n stripes of equal width, the function taken at the left or right end or in the middle of each.
  case left = "riemann-left"
  case right = "riemann-right"
  case middle = "riemann-middle"
  /// n points that include both ends, joined by straight lines.
  case trapezoid

  /// How many points it needs at least.
  public var fewest: Int { self == .trapezoid ? 2 : 1 }

  /// - Throws: ``MethodError/tooFew(_:least:)``.
  func check(_ count: Int) throws {
    if count < fewest { throw MethodError.tooFew("steps of \(rawValue)", least: fewest) }
  }

  /// The points, ascending, and their weights, which add up to 1.
  ///
  /// - Precondition: `count` is at least ``fewest``.
  public func rule(_ count: Int) -> (points: [Double], weights: [Double]) {
    precondition(count >= fewest, "\(rawValue) needs at least \(fewest) points")
    let even = Array(repeating: 1 / Double(count), count: count)
    func stripes(_ shift: Double) -> [Double] { (0..<count).map { (Double($0) + shift) / Double(count) } }
    switch self {
    case .gaussLegendre: return Self.gaussLegendre(count)
    case .left: return (stripes(0), even)
    case .right: return (stripes(1), even)
    case .middle: return (stripes(0.5), even)
    case .trapezoid:
      let gap = 1 / Double(count - 1)
      return (
        (0..<count).map { Double($0) * gap }, (0..<count).map { $0 == 0 || $0 == count - 1 ? gap / 2 : gap }
      )
    }
  }

  /// The zeros x of the Legendre polynomial P_n by Newton's method, with the weights 2 / ((1 − x²) P_n′(x)²), brought from
  /// −1…1 to 0…1.
  private static func gaussLegendre(_ count: Int) -> (points: [Double], weights: [Double]) {
    let pairs = (0..<count).map { index in
      var x = -cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
      var slope = 1.0
      // From these first guesses a few steps reach the last bit.
      for _ in 0..<10 {
        var (last, value) = (1.0, x)
        for degree in 2..<max(2, count + 1) {
          (last, value) = (value, (Double(2 * degree - 1) * x * value - Double(degree - 1) * last) / Double(degree))
        }
        slope = Double(count) * (x * value - last) / (x * x - 1)
        x -= value / slope
      }
      return (point: (x + 1) / 2, weight: 1 / ((1 - x * x) * slope * slope))
    }
    return (pairs.map(\.point), pairs.map(\.weight))
  }
}
