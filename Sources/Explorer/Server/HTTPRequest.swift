import Foundation

/// A request of HTTP/1.1, as far as a browser's page makes them of its own server.
package struct HTTPRequest: Sendable {
  package let method: String
  /// Without the query; not decoded.
  package let path: String
  package let query: String
  /// By lower-case name; of a name that is there twice, nothing but the first.
  package let headers: [String: String]
  package var body = Data()

  /// - Parameter head: all lines before the empty one.
  /// - Returns: nil: it is no HTTP.
  init?(head: Data) {
    guard let text = String(data: head, encoding: .ascii) else { return nil }
    let lines = text.components(separatedBy: "\r\n")
    let words = lines[0].components(separatedBy: " ")
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0", words[1].hasPrefix("/") else {
      return nil
    }
    method = words[0]
    let parts = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    (path, query) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let name = line[..<colon].lowercased()
      guard !name.isEmpty, !name.contains(" ") else { return nil }
      // Two lengths or two hosts are somebody's trick.
      guard headers[name] == nil || !["content-length", "host", "origin"].contains(name) else { return nil }
      headers[name] = headers[name] ?? line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    self.headers = headers
  }

  /// How many bytes of body follow; nil: it does not say so in a way that is understood here.
  var length: Int? {
    guard headers["transfer-encoding"] == nil else { return nil }
    guard let text = headers["content-length"] else { return 0 }
    return text.allSatisfy(\.isNumber) ? Int(text) : nil
  }

  /// A value of the query, decoded.
  package func value(_ name: String) -> String? {
    let start = name + "="
    let part = query.split(separator: "&").first { $0.hasPrefix(start) }
    return part.flatMap { String($0.dropFirst(start.count)).removingPercentEncoding }
  }
}
