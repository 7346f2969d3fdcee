import Foundation
import Maps
import Testing

@Suite struct QuadratureTests {
  @Test(arguments: Quadrature.allCases, [1, 2, 3, 17, 50, 300])
  func weightsAddUpAndPointsAscend(_ quadrature: Quadrature, count: Int) {
    guard count >= quadrature.fewest else { return }
    let (points, weights) = quadrature.rule(count)
    #expect(points.count == count && weights.count == count)
    #expect(abs(weights.reduce(0, +) - 1) < 1e-13)
    #expect(zip(points, points.dropFirst()).allSatisfy(<))
    #expect(points.allSatisfy { (0...1).contains($0) })
  }

  /// ∫₀¹ xᵈ dx = 1 / (d + 1), exact up to degree 2n − 1 and not beyond.
  @Test(arguments: 1...12) func gaussLegendreIsExactForPolynomials(_ count: Int) {
    let (points, weights) = Quadrature.gaussLegendre.rule(count)
    func error(_ degree: Int) -> Double {
      abs(zip(points, weights).reduce(0) { $0 + $1.1 * pow($1.0, Double(degree)) } - 1 / Double(degree + 1))
    }
    for degree in 0..<2 * count { #expect(error(degree) < 1e-15 * 10) }
    if count < 8 { #expect(error(2 * count) > 1e-10) }
  }

  /// Published to 15 digits: M. Abramowitz, I. A. Stegun, *Handbook of Mathematical Functions*, table 25.4, n = 3.
  @Test func gaussLegendreEqualsTheTable() {
    let (points, weights) = Quadrature.gaussLegendre.rule(3)
    for (point, x) in zip(points, [-0.774596669241483, 0, 0.774596669241483]) {
      #expect(abs(2 * point - 1 - x) < 1e-14)
    }
    for (weight, w) in zip(weights, [0.555555555555556, 0.888888888888889, 0.555555555555556]) {
      #expect(abs(2 * weight - w) < 1e-14)
    }
  }

  @Test func simpleRules() {
    #expect(Quadrature.left.rule(2).points == [0, 0.5])
    #expect(Quadrature.right.rule(2).points == [0.5, 1])
    #expect(Quadrature.middle.rule(2).points == [0.25, 0.75])
    #expect(Quadrature.trapezoid.rule(3).points == [0, 0.5, 1])
    #expect(Quadrature.trapezoid.rule(3).weights == [0.25, 0.5, 0.25])
  }
}
