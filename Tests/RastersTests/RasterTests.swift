import Rasters
import Testing

@Suite struct RasterTests {
  @Test func subscriptIsRowMajorWithInterleavedChannels() {
    let raster = Raster(height: 2, width: 3, channels: 2, values: Array(0..<12))
    #expect(raster[0, 0, 1] == 1)
    #expect(raster[0, 2, 0] == 4)
    #expect(raster[1, 0, 0] == 6)
    #expect(raster[1, 2, 1] == 11)
  }

  @Test func mapKeepsTheShape() {
    let halved = Raster(height: 1, width: 2, values: [2, 4]).map { Double($0) / 2 }
    #expect(halved == Raster(height: 1, width: 2, values: [1, 2]))
  }
}
