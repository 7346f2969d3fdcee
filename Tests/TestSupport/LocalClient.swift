import Foundation
import Testing

/// A client of a server on this machine, as rude as a test wants.
public struct LocalClient {
  private let file: Int32

  public init(port: UInt16) throws {
    file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(file >= 0 && status == 0, "the server does not listen")
    var time = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// - Returns: whether the server took all of it.
  @discardableResult public func send(_ bytes: some Sequence<UInt8>) -> Bool {
    let data = Array(bytes)
    var done = 0
    while done < data.count {
      let count = data[done...].withUnsafeBytes { Foundation.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// All that comes until the server ends it, or until it ends with a text.
  public func answer(until end: String? = nil) -> String {
    var data = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(file, &buffer, buffer.count, 0)
      guard count > 0 else { return String(decoding: data, as: UTF8.self) }
      data += buffer[..<count]
      if let end, String(decoding: data.suffix(end.utf8.count), as: UTF8.self) == end {
        return String(decoding: data, as: UTF8.self)
      }
    }
  }

  public func leave() { close(file) }

  /// One request and its answer.
  public static func ask(_ port: UInt16, _ head: String, _ body: Data = Data()) throws -> String {
    let client = try LocalClient(port: port)
    defer { client.leave() }
    client.send(
      Data("\(head)\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8)
        + body)
    return client.answer()
  }
}
