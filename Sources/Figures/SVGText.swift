import Foundation

/// What Cairo's SVG lacks.
enum SVGText {
  /// Cairo's SVG with two things put right: identifiers are numbered from 1 (Cairo counts them through the life of the
  /// process, so the same figure would differ from one call to the next), and enlarged pictures keep hard pixel edges
  /// (Cairo 1.16 forgets the filter).
  ///
  /// - Parameter hardSizes: width and height in pixels of the pictures whose pixels are drawn as squares.
  static func finished(_ svg: Data, hardSizes: Set<[Int]>) -> Data {
    var result = Data(capacity: svg.count)
    var names: [Substring: String] = [:]
    for line in svg.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
      // A picture's bytes fill the rest of its line; they are large and hold no identifier.
      let picture = line.range(of: Data("\"data:".utf8))?.lowerBound ?? line.endIndex
      var text = renumbered(String(decoding: line[..<picture], as: UTF8.self), names: &names)
      if hardSizes.contains(where: { text.contains("width=\"\($0[0])\" height=\"\($0[1])\"") }) {
        // The second value is for browsers, which know it; older programs keep the first.
        text.replace("<image ", with: "<image style=\"image-rendering:optimizeSpeed;image-rendering:pixelated\" ")
      }
      result.append(contentsOf: text.utf8)
      result.append(line[picture...])
      result.append(UInt8(ascii: "\n"))
    }
    return result
  }

  private static func renumbered(_ line: String, names: inout [Substring: String]) -> String {
    line.replacing(/(\bid="|href="#|url\(#)([A-Za-z][\w\-]*)/) { match in
      let name = names[match.2] ?? "e\(names.count + 1)"
      names[match.2] = name
      return match.1 + name
    }
  }
}
