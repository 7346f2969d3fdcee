import Foundation
import Testing

/// HTTP to chromedriver (https://www.w3.org/TR/webdriver2/) over a plain socket: FoundationNetworking refuses its answers, whose
/// headers have no blank after the colon.
struct WebDriver {
  let port: UInt16

  /// The answer's `value`.
  @discardableResult func call(_ method: String, _ path: String, _ body: [String: Any] = [:]) throws -> Any? {
    let content = method == "POST" ? try JSONSerialization.data(withJSONObject: body) : Data()
    let head =
      "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(content.count)\r\nConnection: close\r\n\r\n"
    let socket = FileHandle(fileDescriptor: try connected(), closeOnDealloc: true)
    try socket.write(contentsOf: Data(head.utf8) + content)
    var answer = Data()
    while true {
      if let end = answer.range(of: Data("\r\n\r\n".utf8))?.upperBound {
        let head = String(decoding: answer[..<end], as: UTF8.self).lowercased()
        let length = try #require(head.firstMatch(of: #/content-length: *(\d+)/#).flatMap { Int($0.1) })
        if answer.count >= end + length { return try Self.value(answer[end..<end + length], path) }
      }
      let part = socket.availableData
      try #require(!part.isEmpty, "chromedriver gives no answer to \(path)")
      answer += part
    }
  }

  private static func value(_ body: Data, _ path: String) throws -> Any? {
    let value = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])["value"]
    if let error = value as? [String: Any], error["error"] != nil {
      throw WebDriverError(description: "\(path): \(error["message"] ?? "")")
    }
    return value
  }

  private func connected() throws -> Int32 {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(file >= 0 && status == 0, "chromedriver does not listen")
    return file
  }
}

struct WebDriverError: Error, CustomStringConvertible {
  let description: String
}
