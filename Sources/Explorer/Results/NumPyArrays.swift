import Foundation
import Rasters

/// A NumPy file of int32, checked against the shape that it must have.
struct IntegerArray {
  private let values: Data

  /// - Throws: ``ResultsError`` where it has another type, shape or length.
  init(_ file: Data, shape: [Int], path: String) throws {
    guard let (header, content) = NumPyHeader.split(file),
      header.contains("'descr': '<i4'"), header.contains("'fortran_order': False"), NumPyHeader.shape(header) == shape,
      content.count == 4 * shape.reduce(1, *)
    else {
      throw ResultsError.damaged(path, what: "is no array of int32 of the shape \(shape), as settings.json has it")
    }
    values = content
  }

  subscript(index: Int) -> Int {
    let start = values.startIndex + 4 * index
    return Int(Int32(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(values[start + $1]) << (8 * UInt32($1)) }))
  }
}

/// Images, uint8 [N, H, W, C].
struct ImageArray {
  private let content: Data
  private let height, width, channels: Int

  /// Nil where the file is not that.
  init?(_ file: Data, count: Int, pixels: Int) {
    guard let (header, content) = NumPyHeader.split(file), header.contains("'descr': '|u1'"),
      let shape = NumPyHeader.shape(header), shape.count == 4, shape[0] == count, [1, 3].contains(shape[3]),
      shape[1].multipliedReportingOverflow(by: shape[2]) == (pixels, false),
      content.count == count * pixels * shape[3]
    else { return nil }
    (height, width, channels) = (shape[1], shape[2], shape[3])
    self.content = content
  }

  subscript(index: Int) -> PixelArray {
    let size = height * width * channels
    let start = content.startIndex + index * size
    return PixelArray(height: height, width: width, channels: channels, values: Array(content[start..<start + size]))
  }
}

private enum NumPyHeader {
  /// The header's text and what follows it; nil where it is no such file of version 1.0.
  static func split(_ file: Data) -> (String, Data)? {
    guard file.count > 10, file.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]) else { return nil }
    let first = file.startIndex
    let start = first + 10 + Int(file[first + 8]) + Int(file[first + 9]) << 8
    guard start <= file.endIndex else { return nil }
    return (String(decoding: file[first + 10..<start], as: UTF8.self), file[start...])
  }

  static func shape(_ header: String) -> [Int]? {
    header.firstMatch(of: #/'shape': \(([0-9, ]*)\)/#).map {
      $0.1.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }
  }
}
