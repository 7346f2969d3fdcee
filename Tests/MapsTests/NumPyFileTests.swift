import Foundation
import Rasters
import Testing

@testable import Maps

@Suite struct NumPyFileTests {
  /// What `numpy.save` writes for the same array, byte for byte.
  @Test func bytesAreNumPys() {
    let map = Raster<Float>(height: 2, width: 3, values: [0, 1, -2, 0.5, .infinity, 1e-3])
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    var expected: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
    expected += Array(repeating: 0x20, count: 128 - 1 - expected.count) + [0x0A]
    expected += [0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F, 0, 0, 0x80, 0x7F, 0x6F, 0x12, 0x83, 0x3A]
    #expect(Array(NumPyFile.encoded(map)) == expected)
  }

  @Test("the data begin at a multiple of 64 and the header's length says where", arguments: [1, 9, 10, 224, 12345])
  func alignment(side: Int) {
    let file = NumPyFile.encoded(Raster(repeating: 7, height: 1, width: side))
    let length = Int(file[8]) + Int(file[9]) << 8
    #expect((10 + length) % 64 == 0)
    #expect(file.count == 10 + length + 4 * side)
    #expect(file[9 + length] == 0x0A)
    #expect(file.suffix(4) == Data([0, 0, 0xE0, 0x40]))
  }
}
