import Foundation

/// Finds keys that a JSON object has twice, which `JSONDecoder` passes over.
enum RepeatedKey {
  /// The first such key, in whichever object; nil if there is none.
  ///
  /// - Parameter json: valid JSON.
  static func first(in json: Data) -> String? {
    // The keys of each open object; nil for an open list.
    var open: [Set<String>?] = []
    var expectsKey = false
    var index = json.startIndex
    while index < json.endIndex {
      switch json[index] {
      case UInt8(ascii: "{"):
        open.append([])
        expectsKey = true
      case UInt8(ascii: "["):
        open.append(nil)
        expectsKey = false
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        _ = open.popLast()
        expectsKey = false
      case UInt8(ascii: ","): expectsKey = open.last.flatMap { $0 } != nil
      case UInt8(ascii: "\""):
        let end = endOfText(json, from: index)
        if expectsKey {
          // "a" and "\u0061" are the same key.
          let key = (try? JSONDecoder().decode(String.self, from: json[index..<end])) ?? ""
          if open[open.count - 1]?.insert(key).inserted == false { return key }
        }
        expectsKey = false
        index = end - 1
      default: break
      }
      index += 1
    }
    return nil
  }

  /// The place after the text that begins at `start` with its quotation mark.
  private static func endOfText(_ json: Data, from start: Int) -> Int {
    var index = start + 1
    while index < json.endIndex, json[index] != UInt8(ascii: "\"") {
      index += json[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, json.endIndex)
  }
}
