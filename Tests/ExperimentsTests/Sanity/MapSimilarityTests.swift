import Foundation
import Rasters
import TestSupport
import Testing

@testable import Experiments

/// What SciPy and scikit-image say of two maps.
private struct Reference: Decodable, CustomStringConvertible {
  let pair: String
  let height, width: Int
  let spearman, ssim: Double
  let hog: [Double]
  let hogCorrelation: Double

  var description: String { "\(pair) \(height)×\(width)" }

  static func all() throws -> [Reference] {
    try JSONDecoder().decode([Reference].self, from: Data(contentsOf: Fixture.url("similarity/similarity.json")))
  }

  /// The two maps, by the formulas of the script beside the file.
  var maps: (Raster<Float>, Raster<Float>) {
    let (u, v) = (numbers(3000), numbers(3001))
    let half = zip(u, v).map { ($0 + $1) / 2 }
    func raster(_ values: [Float]) -> Raster<Float> { Raster(height: height, width: width, values: values) }
    return switch pair {
    case "smooth": (raster(u), raster(half))
    case "ties": (raster(u.map { (4 * $0).rounded(.down) / 4 }), raster(half.map { (4 * $0).rounded(.down) / 4 }))
    default: (raster(u.map { max($0 - 0.7, 0) }), raster(v.map { max($0 - 0.7, 0) }))
    }
  }

  private func numbers(_ stream: Int) -> [Float] { (0..<height * width).map { Float(Formula.unit(stream, $0)) } }
}

@Suite struct MapSimilarityTests {
  @Test("the measures are those of SciPy and scikit-image", arguments: try Reference.all())
  private func reference(_ reference: Reference) throws {
    let (a, b) = reference.maps
    expectClose([Correlation.spearman(a.values, b.values)], [reference.spearman], absolute: 1e-9)
    expectClose([try #require(StructuralSimilarity.between(a, b))], [reference.ssim], absolute: 1e-9)
    let (own, other) = (OrientedGradients.descriptor(of: a), OrientedGradients.descriptor(of: b))
    // scikit-image adds up the cells in float32.
    expectClose(own, reference.hog, absolute: 1e-7)
    expectClose([Correlation.pearson(own, other) ?? 0], [reference.hogCorrelation], absolute: 1e-6)
  }

  @Test("a map is like itself by every measure, and like a scaled copy", arguments: [false, true])
  func same(isSigned: Bool) {
    var random = SeededGenerator(seed: 1)
    let values = random.floats(20 * 24, in: isSigned ? -1...1 : 0...1)
    let map = Raster(height: 20, width: 24, values: values)
    for other in [map, map.map { $0 * 8 }] {
      let similarity = MapSimilarity(map, other)
      let all = MapSimilarity.measures.compactMap { $0.value(similarity) }
      expectClose(all, [1, 1, 1, 1], absolute: 1e-12)
    }
  }

  @Test("the other sign: the magnitudes are the same and the values the reverse")
  func negated() {
    var random = SeededGenerator(seed: 2)
    let map = Raster(height: 16, width: 16, values: random.floats(256))
    let similarity = MapSimilarity(map, map.map { -$0 })
    expectClose([similarity.spearman, similarity.spearmanOfMagnitudes], [-1, 1], absolute: 1e-12)
  }

  @Test("a constant map is like none; small maps have no windows")
  func degenerate() {
    var random = SeededGenerator(seed: 3)
    let map = Raster(height: 12, width: 10, values: random.floats(120, in: 0...1))
    let constant = Raster<Float>(repeating: 0.5, height: 12, width: 10)
    let similarity = MapSimilarity(map, constant)
    #expect(similarity.spearman == 0 && similarity.structural == nil && similarity.gradients == nil)
    #expect(MapSimilarity(constant, constant).spearman == 0)
  }

  @Test("ranks are what counting gives", arguments: [3, 1000])
  func ranks(levels: Int) {
    var random = SeededGenerator(seed: 5)
    let values = (0..<80).map { _ in Float(Int.random(in: 0..<levels, using: &random)) }
    // The mean of the first and the last rank that the value could have.
    let expected = values.map { value in
      Double(values.count { $0 < value } + 1 + values.count { $0 <= value }) / 2
    }
    #expect(Correlation.ranks(values) == expected)
  }

  @Test("structural similarity is what a window moved over the pictures gives")
  func windows() throws {
    var random = SeededGenerator(seed: 6)
    let (a, b) = (
      Raster(height: 13, width: 15, values: random.floats(195, in: 0...1)),
      Raster(height: 13, width: 15, values: random.floats(195, in: 0...1))
    )
    var (total, places) = (0.0, 0.0)
    for row in 0...2 {
      for column in 0...4 {
        var sums = [Double](repeating: 0, count: 6)
        for y in 0..<11 {
          for x in 0..<11 {
            let weight = exp(-Double((y - 5) * (y - 5) + (x - 5) * (x - 5)) / 4.5)
            let (p, q) = (Double(a[row + y, column + x]), Double(b[row + y, column + x]))
            for (place, value) in [1, p, q, p * p, q * q, p * q].enumerated() { sums[place] += weight * value }
          }
        }
        let means = sums.map { $0 / sums[0] }
        let (p, q) = (means[1], means[2])
        let (vp, vq, vpq) = (means[3] - p * p, means[4] - q * q, means[5] - p * q)
        total += (2 * p * q + 1e-4) * (2 * vpq + 9e-4) / ((p * p + q * q + 1e-4) * (vp + vq + 9e-4))
        places += 1
      }
    }
    expectClose([try #require(StructuralSimilarity.between(a, b))], [total / places], absolute: 1e-12)
  }

  @Test("upright edges are in the first bin")
  func edges() {
    var picture = Raster<Float>(repeating: 0, height: 16, width: 16)
    for row in 0..<16 { for column in 4..<16 { picture[row, column] = 1 } }
    let descriptor = OrientedGradients.descriptor(of: picture)
    // Of four cells, the two at the left have an edge; both alike, cut off at 0.2 and divided by their length.
    #expect(descriptor.count == 36)
    for (place, value) in descriptor.enumerated() {
      expectClose([value], [place == 0 || place == 18 ? 0.5.squareRoot() : 0], absolute: 1e-6, "\(place)")
    }
  }
}
