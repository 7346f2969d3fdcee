import Foundation
import Rasters

/// A NumPy file of int32, checked against the shape that it must have.
struct IntegerArray {
  private let values: Data

  /// - Throws: ``ResultsError`` where it has another type, shape or length.
  init(_ file: Data, shape: [Int], path: String) throws {
    guard let found = NumPyContent(file, of: "<i4"), found.shape == shape, found.bytes.count == 4 * shape.reduce(1, *)
    else {
      throw ResultsError.damaged(path, what: "is no array of int32 of the shape \(shape), as settings.json has it")
    }
    values = found.bytes
  }

  subscript(index: Int) -> Int {
    let start = values.startIndex + 4 * index
    return Int(Int32(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(values[start + $1]) << (8 * UInt32($1)) }))
  }
}

/// Images, uint8 [N, H, W, C].
struct ImageArray {
  private let content: NumPyContent

  /// Nil where the file is not that.
  init?(_ file: Data, count: Int, pixels: Int) {
    guard let found = NumPyContent(file, of: "|u1"), found.shape.count == 4, found.shape[0] == count,
      [1, 3].contains(found.shape[3]),
      found.shape[1].multipliedReportingOverflow(by: found.shape[2]) == (pixels, false),
      found.bytes.count == count * pixels * found.shape[3]
    else { return nil }
    content = found
  }

  subscript(index: Int) -> PixelArray {
    let (shape, size) = (content.shape, content.shape.dropFirst().reduce(1, *))
    let start = content.bytes.startIndex + index * size
    return PixelArray(
      height: shape[1], width: shape[2], channels: shape[3], values: Array(content.bytes[start..<start + size]))
  }
}

/// What a NumPy file of version 1.0 holds, row-major.
private struct NumPyContent {
  let shape: [Int]
  let bytes: Data

  /// Nil where the file is none or of another type than `type`.
  init?(_ file: Data, of type: String) {
    guard file.count > 10, file.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]) else { return nil }
    let first = file.startIndex
    let start = first + 10 + Int(file[first + 8]) + Int(file[first + 9]) << 8
    guard start <= file.endIndex else { return nil }
    let header = String(decoding: file[first + 10..<start], as: UTF8.self)
    guard header.contains("'descr': '\(type)'"), header.contains("'fortran_order': False"),
      let lengths = header.firstMatch(of: #/'shape': \(([0-9, ]*)\)/#)?.1
    else { return nil }
    shape = lengths.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    bytes = file[start...]
  }
}
