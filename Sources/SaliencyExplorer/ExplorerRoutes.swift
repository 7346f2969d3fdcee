#if Explorer
  import Explorer
  import Foundation
  import Hummingbird
  import NIOCore
  import Saliency

  /// The page, its questions and their answers, as requests.
  struct ExplorerRoutes: Sendable {
    /// One JSON object a line.
    static let lines = "application/x-ndjson"

    let site: any ExplorerSite
    let limits: ExplorerServer.Limits
    /// Pictures are read, and looked at for the first time, two at a time.
    private let uploads = SharedRoom(2)

    init(site: any ExplorerSite, limits: ExplorerServer.Limits) { (self.site, self.limits) = (site, limits) }

    func router(behind gate: ExplorerGate) -> Router<ExplorerContext> {
      let router = Router(context: ExplorerContext.self)
      router.add(middleware: gate)
      let visit = router.group("\(gate.token)")
      visit.get("") { _, context -> Response in
        let page = try await whileThere(context.channel) { try await site.page() }
        return Response(
          status: .ok,
          headers: [
            .contentType: "text/html; charset=utf-8",
            .contentSecurityPolicy: "\(site.policy); frame-ancestors 'none'",
          ], body: whole(page, context.channel))
      }
      visit.post("pictures") { request, context -> Response in
        guard try length(of: request) <= limits.pictureBytes else { throw tooLarge(limits.pictureBytes) }
        return told(context.channel) { tell in
          try await uploads.with(1) {
            let picture = try await body(of: request, upTo: limits.pictureBytes, context.channel)
            let name = request.uri.queryParameters["name"].map(String.init)
            try await site.answer("pictures", named: name, picture, tell)
          }
        }
      }
      visit.post("export") { request, context -> Response in
        let wish = try await body(of: request, upTo: limits.wishBytes, context.channel)
        do {
          let (type, content) = try await whileThere(context.channel) { try await site.file(wish) }
          return Response(status: .ok, headers: [.contentType: type], body: whole(content, context.channel))
        } catch is CancellationError { throw CancellationError() } catch {
          return told(context.channel) { _ in throw error }
        }
      }
      visit.post(":question") { request, context -> Response in
        let question = try context.parameters.require("question")
        let wish = try await body(of: request, upTo: limits.wishBytes, context.channel)
        return told(context.channel) { tell in try await site.answer(question, named: nil, wish, tell) }
      }
      return router
    }

    // MARK: Requests

    /// What the request says of its body's length; 0 where it does not.
    private func length(of request: Request) throws -> Int { request.headers[.contentLength].flatMap(Int.init) ?? 0 }

    private func tooLarge(_ most: Int) -> HTTPError {
      HTTPError(.contentTooLarge, message: "the file is larger than the limit of \(most >> 20) MB")
    }

    /// - Throws: `HTTPError` as soon as there is more than `most`.
    private func body(of request: Request, upTo most: Int, _ channel: any Channel) async throws -> Data {
      guard try length(of: request) <= most else { throw tooLarge(most) }
      return try await within(limits.bodySeconds, channel) {
        var data = Data()
        for try await part in request.body {
          guard data.count + part.readableBytes <= most else { throw tooLarge(most) }
          data.append(contentsOf: part.readableBytesView)
        }
        return data
      }
    }

    // MARK: Answers

    /// A content, in parts: how long the client may take for each is bounded.
    private func whole(_ content: Data, _ channel: any Channel) -> ResponseBody {
      ResponseBody(contentLength: content.count) { writer in
        for start in stride(from: 0, to: content.count, by: 1 << 18) {
          let part = ByteBuffer(bytes: content[start..<min(start + 1 << 18, content.count)])
          try await within(limits.sendSeconds, channel) { try await writer.write(part) }
        }
        try await within(limits.sendSeconds, channel) { try await writer.finish(nil) }
      }
    }

    /// Messages as they are told, and what went wrong as the last one.
    private func told(
      _ channel: any Channel, _ work: @escaping @Sendable (@escaping ExplorerSession.Tell) async throws -> Void
    ) -> Response {
      let body = ResponseBody { writer in
        let (lines, source) = AsyncStream<Data>.makeStream()
        async let done: Void = whileThere(channel) {
          defer { source.finish() }
          let tell: ExplorerSession.Tell = { source.yield(try $0.line()) }
          do { try await work(tell) } catch is CancellationError {} catch {
            let reason = (error as? HTTPError)?.body
            try tell(reason.map { ErrorMessage(message: $0) } ?? ErrorMessage(error))
          }
        }
        for await line in lines {
          try await within(limits.sendSeconds, channel) { try await writer.write(ByteBuffer(bytes: line)) }
        }
        try await done
        try await within(limits.sendSeconds, channel) { try await writer.finish(nil) }
      }
      return Response(status: .ok, headers: [.contentType: Self.lines], body: body)
    }
  }

  /// Does work for a client, and gives it up when the client leaves.
  private func whileThere<Value: Sendable>(
    _ channel: any Channel, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task(executorPreference: WorkExecutor.shared) { try await work() }
    channel.closeFuture.whenComplete { _ in task.cancel() }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Ends a client's connection if something takes longer.
  private func within<Value>(
    _ seconds: Double, _ channel: any Channel, _ work: () async throws -> Value
  ) async throws -> Value {
    let end = channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) { channel.close(promise: nil) }
    defer { end.cancel() }
    return try await work()
  }

  /// Threads of the server's own, so that no other work of the process keeps a client waiting.
  final class WorkExecutor: TaskExecutor {
    static let shared = WorkExecutor()
    private let queue = DispatchQueue(label: "explorer", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }
#endif
