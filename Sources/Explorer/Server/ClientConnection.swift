import Foundation

/// Why a request is not answered as it wishes.
enum ClientProblem: Error {
  case status(Int, String)
  /// It went away.
  case gone
}

/// A connection to a client, from its side of the socket.
struct ClientConnection {
  private let socket: Int32

  init(_ socket: Int32, sendSeconds: Int) {
    self.socket = socket
    var time = timeval(tv_sec: sendSeconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var yes: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  func close() { _ = Foundation.close(socket) }

  /// The request's lines, and what has come of the body.
  func readHead(most: Int, seconds: Double) throws -> (head: Data, rest: Data) {
    let end = Date.now.addingTimeInterval(seconds)
    var data = Data()
    while true {
      if let blank = data.range(of: Data("\r\n\r\n".utf8)) {
        return (data[..<blank.lowerBound], Data(data[blank.upperBound...]))
      }
      guard data.count < most else { throw ClientProblem.status(431, "the request's head is too long") }
      data += try read(most: 4096, until: end)
    }
  }

  func readBody(_ length: Int, after rest: Data, seconds: Double) throws -> Data {
    let end = Date.now.addingTimeInterval(seconds)
    var data = rest.prefix(length)
    while data.count < length { data += try read(most: min(length - data.count, 1 << 18), until: end) }
    return Data(data)
  }

  private func read(most: Int, until end: Date) throws -> Data {
    guard wait(until: end) else { throw ClientProblem.status(408, "the request does not come to its end") }
    var buffer = [UInt8](repeating: 0, count: most)
    let count = recv(socket, &buffer, most, 0)
    guard count > 0 else { throw ClientProblem.gone }
    return Data(buffer[..<count])
  }

  private func wait(until end: Date) -> Bool {
    var file = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    return poll(&file, 1, Int32(max(0, end.timeIntervalSinceNow * 1000))) > 0
  }

  /// - Returns: whether the client took all of it.
  func send(_ data: Data) -> Bool {
    data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = Foundation.send(socket, bytes.baseAddress! + done, bytes.count - done, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  /// Whether the client has closed its side.
  var isGone: Bool {
    var file = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&file, 1, 0) > 0 else { return false }
    var byte: UInt8 = 0
    return recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) <= 0
  }

  /// Ends the answer, and reads what the client still sends, for a while: closed at once, it might not get the answer.
  func drain(most: Int) {
    shutdown(socket, Int32(SHUT_WR))
    let end = Date.now.addingTimeInterval(2)
    var left = max(most, 1)
    while left > 0, let data = try? read(most: 1 << 16, until: end) { left -= data.count }
  }
}
