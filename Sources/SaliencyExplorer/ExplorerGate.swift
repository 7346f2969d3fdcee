#if Explorer
  import Explorer
  import Foundation
  import Hummingbird
  import NIOCore

  /// What is known of a request beside itself.
  struct ExplorerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
      (coreContext, channel) = (CoreRequestContextStorage(source: source), source.channel)
    }
  }

  /// Who may ask: a page that came from this server, under the address that was printed where the program was started.
  ///
  /// Other pages in the same browser know neither the token nor may they read an answer; a name that somebody makes point to this
  /// machine (DNS rebinding) is not this server's; other users of the machine know no token.
  struct ExplorerGate: RouterMiddleware {
    /// 128 random bits.
    let token: String

    init(token: String? = nil) {
      var random = SystemRandomNumberGenerator()
      self.token = token ?? (0..<2).map { _ in String(format: "%016lx", random.next() as UInt64) }.joined()
    }

    func handle(
      _ request: Request, context: ExplorerContext, next: (Request, ExplorerContext) async throws -> Response
    ) async throws -> Response {
      var response: Response
      if let reason = refusal(of: request, port: context.channel.localAddress?.port ?? 0) {
        response = .refused(.forbidden, reason)
      } else {
        do { response = try await next(request, context) } catch let error as HTTPError {
          response = .refused(error.status, error.body ?? "there is no such page")
        }
      }
      if response.status != .ok {
        // Who still sends would not read the answer: for a while it is taken and thrown away.
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
      }
      for field in Self.protection where response.headers[field.name] == nil { response.headers.append(field) }
      return response
    }

    /// Why a request is not answered; nil: it is.
    func refusal(of request: Request, port: Int) -> String? {
      let hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
      // A second host would stand among the other fields.
      guard let host = request.head.authority?.lowercased(), hosts.contains(host),
        request.headers[values: .init("Host")!].isEmpty
      else { return "this server answers under 127.0.0.1 alone" }
      let origins = request.headers[values: .origin].map { $0.lowercased() }
      guard origins.allSatisfy({ origin in hosts.contains { "http://\($0)" == origin } }) else {
        return "pages of other origins may not ask"
      }
      let sites = request.headers[values: .init("Sec-Fetch-Site")!]
      guard sites.allSatisfy({ ["same-origin", "none"].contains($0) }) else {
        return "pages of other sites may not ask"
      }
      let parts = request.uri.string.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard request.uri.string.first == "/", parts.count == 2, isToken(parts[0]) else {
        return "the address lacks the token; take the one that saliency explore printed"
      }
      return nil
    }

    /// In the same time, however much of it is right.
    private func isToken(_ text: Substring) -> Bool {
      let (given, own) = (Array(text.utf8), Array(token.utf8))
      guard given.count == own.count else { return false }
      return zip(given, own).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// What every answer says: nothing else may be loaded, nobody may frame or keep it; a connection bears one request.
    private static let protection: HTTPFields = [
      .cacheControl: "no-store",
      .contentSecurityPolicy:
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
      .init("Cross-Origin-Opener-Policy")!: "same-origin",
      .crossOriginResourcePolicy: "same-origin",
      .init("Referrer-Policy")!: "no-referrer",
      .xContentTypeOptions: "nosniff",
      .init("X-Frame-Options")!: "DENY",
      .connection: "close",
    ]
  }

  extension Response {
    /// What is wrong, as the page is told everything else.
    static func refused(_ status: HTTPResponse.Status, _ reason: String) -> Response {
      let line = (try? ErrorMessage(message: reason).line()) ?? Data()
      return Response(
        status: status, headers: [.contentType: ExplorerRoutes.lines], body: .init(byteBuffer: ByteBuffer(bytes: line)))
    }
  }
#endif
