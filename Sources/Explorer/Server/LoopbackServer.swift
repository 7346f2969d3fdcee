import Foundation
import Synchronization

/// A small HTTP server for a page on the same machine: it listens on 127.0.0.1 alone, answers one request a connection, and bounds
/// whatever a client can make it spend.
///
/// Every connection has a thread, of which there are no more than ``Limits/connections``; others wait. A client that leaves, or takes
/// too long, is left, and the handler's task is cancelled.
package final class LoopbackServer: Sendable {
  package struct Limits: Sendable {
    package var connections = 24
    /// Of a request's head.
    package var headBytes = 16 << 10
    package var bodyBytes = 64 << 20
    /// Bodies larger than this are read two at a time.
    package var smallBodyBytes = 1 << 20
    package var headSeconds = 5.0
    package var bodySeconds = 30.0
    /// For a client to take what is sent.
    package var sendSeconds = 20

    package init() {}
  }

  package typealias Handler = @Sendable (HTTPRequest, HTTPResponse) async -> Void

  package let port: UInt16
  private let socket: Int32
  private let limits: Limits
  private let room: DispatchSemaphore
  private let executor = HandlerExecutor()
  private let running = Mutex((next: 0, tasks: [Int: Task<Void, Never>](), isStopped: false))
  private let uploads = DispatchSemaphore(value: 2)

  /// - Parameter port: 0: any that is free.
  /// - Throws: `POSIXError`, such as EADDRINUSE.
  package init(port: UInt16 = 0, limits: Limits = Limits()) throws {
    self.limits = limits
    room = DispatchSemaphore(value: limits.connections)
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let socket = socket
    // Restarted at once, it finds its port free.
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        socket >= 0 && bind(socket, $0, length) == 0 && listen(socket, 128) == 0
          && getsockname(socket, $0, &length) == 0
      }
    }
    guard isOpen else {
      let error = POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      if socket >= 0 { close(socket) }
      throw error
    }
    self.port = UInt16(bigEndian: address.sin_port)
  }

  /// Answers requests until ``stop()``.
  package func start(_ handler: @escaping Handler) {
    Thread.detachNewThread { [self] in
      while true {
        room.wait()
        let client = accept(socket, nil, nil)
        guard client >= 0 else {
          room.signal()
          // A client that left before it was looked at, or no file left for it.
          if [ECONNABORTED, EINTR].contains(errno) { continue }
          guard [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) else { return }
          Thread.sleep(forTimeInterval: 0.05)
          continue
        }
        // Programs that are started meanwhile do not inherit it.
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread { [self] in
          serve(ClientConnection(client, sendSeconds: limits.sendSeconds), handler)
          room.signal()
        }
      }
    }
  }

  /// Answers nothing more.
  package func stop() {
    let wasStopped = running.withLock { running in
      defer { running.isStopped = true }
      return running.isStopped
    }
    guard !wasStopped else { return }
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  /// Answers nothing more, gives up what is being done, and waits until it has ended.
  package func end() async {
    stop()
    let tasks = running.withLock { Array($0.tasks.values) }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }

  private func serve(_ client: ClientConnection, _ handler: @escaping Handler) {
    let response = HTTPResponse()
    var holdsUpload = false
    defer {
      if holdsUpload { uploads.signal() }
      client.close()
    }
    do {
      let (head, rest) = try client.readHead(most: limits.headBytes, seconds: limits.headSeconds)
      guard var request = HTTPRequest(head: head) else {
        throw ClientProblem.status(400, "this is no request of HTTP/1.1")
      }
      guard let length = request.length else { throw ClientProblem.status(411, "the request does not say its length") }
      guard length <= limits.bodyBytes else {
        throw ClientProblem.status(
          413, "the file has \(length >> 20) MB, more than the limit of \(limits.bodyBytes >> 20) MB")
      }
      if length > limits.smallBodyBytes {
        uploads.wait()
        holdsUpload = true
      }
      request.body = try client.readBody(length, after: rest, seconds: limits.bodySeconds)
      run(handler, request, response, client)
    } catch ClientProblem.status(let status, let message) {
      response.fail(status, message)
      response.finish()
      while case .piece(let data) = response.next(within: 0) { _ = client.send(data) }
      // Who still sends would not read the answer.
      client.drain(most: 4 * limits.bodyBytes)
    } catch {}
  }

  private func run(
    _ handler: @escaping Handler, _ request: HTTPRequest, _ response: HTTPResponse, _ client: ClientConnection
  ) {
    // Known until it has ended, which may be after the client has left.
    let begun = running.withLock { running -> Task<Void, Never>? in
      guard !running.isStopped else { return nil }
      let number = running.next
      let task = Task(executorPreference: executor) { [self] in
        await handler(request, response)
        response.finish()
        self.running.withLock { _ = $0.tasks.removeValue(forKey: number) }
      }
      running.next += 1
      running.tasks[number] = task
      return task
    }
    guard let task = begun else { return }
    while true {
      switch response.next(within: 0.1) {
      case .piece(let data):
        if !client.send(data) { return task.cancel() }
      case .nothing:
        if client.isGone { return task.cancel() }
      case .end:
        return client.drain(most: 0)
      }
    }
  }
}

/// Runs handlers on threads of their own, so that no other work of the process keeps a client waiting.
private final class HandlerExecutor: TaskExecutor {
  private let queue = DispatchQueue(label: "explorer", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
