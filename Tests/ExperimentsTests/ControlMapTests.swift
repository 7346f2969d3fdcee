import Experiments
import Rasters
import Testing

@Suite struct ControlMapTests {
  @Test("the edges of a step and of a slope")
  func sobel() {
    // Every row is the same: the step is 4 high, (1 + 2 + 1) · 1, on both sides of it.
    let row: [Float] = [0, 0, 0, 1, 1]
    let step = Raster<Float>(height: 2, width: 5, values: row + row)
    let edges: [Float] = [0, 0, 4, 4, 0]
    #expect(ControlMap.sobel.map(of: step, index: 0, seed: 0).values == edges + edges)
    // A slope of 1 a column and 2 a row: 8 and 16 in the middle, √320; the second of two channels is steeper.
    var slope = Raster<Float>(repeating: 0.5, height: 3, width: 3, channels: 2)
    for place in 0..<9 { slope[place / 3, place % 3, 1] = Float(place % 3 + 2 * (place / 3)) }
    #expect(ControlMap.sobel.map(of: slope, index: 0, seed: 0)[1, 1] == Float(320).squareRoot())
  }

  @Test("random maps depend on seed and index alone")
  func random() {
    let (dark, bright) = (
      Raster<Float>(repeating: 0, height: 9, width: 8), Raster<Float>(repeating: 1, height: 9, width: 8)
    )
    let map = ControlMap.random.map(of: dark, index: 3, seed: 1)
    #expect(map == ControlMap.random.map(of: bright, index: 3, seed: 1))
    #expect(map != ControlMap.random.map(of: dark, index: 4, seed: 1))
    #expect(map != ControlMap.random.map(of: dark, index: 3, seed: 2))
    #expect(Set(map.values).count == 72 && map.values.allSatisfy { (0..<1).contains($0) })
  }
}
