#if Explorer
  import Explorer
  import Foundation
  import Hummingbird
  import HummingbirdCore
  import Logging
  import NIOCore
  import Saliency

  /// The explorer: a page on this machine that asks a picture and gets the answer at once, or one that shows finished results.
  ///
  /// It listens on 127.0.0.1 alone, answers nobody who does not know the random token of its address, and bounds whatever a client can
  /// make it spend.
  public struct ExplorerServer: Sendable {
    package struct Limits: Sendable {
      package var connections = 24
      /// For a request to begin, and between its parts.
      package var idleSeconds = 10.0
      /// For all of a request's body.
      package var bodySeconds = 30.0
      /// For a client to take a part of an answer.
      package var sendSeconds = 20.0
      /// Of a picture's file: 40 megapixels that do not compress fit.
      package var pictureBytes = 128 << 20
      /// Of anything else that a page sends.
      package var wishBytes = 8 << 20

      package init() {}
    }

    private let site: any ExplorerSite
    private let limits: Limits
    private let gate: ExplorerGate

    package init(_ site: any ExplorerSite, token: String? = nil, limits: Limits = Limits()) {
      (self.site, self.limits, gate) = (site, limits, ExplorerGate(token: token))
    }

    /// A page that asks about pictures.
    ///
    /// - Parameters:
    ///   - model: the one to begin with, by a name or file that ``ModelChoice`` takes.
    ///   - settings: of that model, where its file does not say.
    ///   - folder: of model files that are offered, too.
    ///   - memory: about how many bytes the program may take as a whole; nil: what is usual.
    ///   - version: what the page says of the program.
    /// - Throws: ``ModelChoiceError``; ``MethodError``; Foundation's error when the folder cannot be read.
    public init(
      model: String, settings: ScriptSettings = ScriptSettings(), modelsFolder folder: URL? = nil,
      device: Device = .cpu, memory: Int? = nil, version: String = ""
    ) async throws {
      let models = try ExplorerModels(model, settings: settings, folder: folder, device: device)
      var limits = ExplorerSession.Limits()
      limits.memory = memory
      let session = ExplorerSession(models, examples: ShippedPictures.all, version: version, limits: limits)
      try await session.use(model)
      self.init(ExplorerService(session, version: version))
    }

    /// A page that shows what benchmarks, reports and reproductions left in a folder.
    ///
    /// - Parameters:
    ///   - dataset: the data set that was measured, by a name or folder, for pictures of runs that kept none; nil: one that was fetched.
    ///   - data: where fetched data sets are.
    ///   - progress: called with the number of images that were read and their total.
    /// - Throws: an error that names the folder or the damaged file; `CancellationError`.
    public init(
      results folder: URL, dataset: String? = nil, in data: DataFolder = .standard,
      progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws {
      let images = ResultImages(dataset: dataset, in: data, progress: progress)
      self.init(
        try ResultsService(
          await ResultFolders.read(folder, images: images), of: folder.standardizedFileURL.lastPathComponent))
    }

    /// Answers requests until the task is cancelled; then nothing that was begun for a request goes on.
    ///
    /// - Parameters:
    ///   - port: 0: any that is free.
    ///   - ready: called with the page's address once requests are answered.
    /// - Throws: `POSIXError`, such as EADDRINUSE; `CancellationError`.
    public func run(port: UInt16 = 0, ready: @escaping @Sendable (URL) -> Void) async throws {
      let silent = Logger(label: "explorer") { _ in SwiftLogNoOpLogHandler() }
      let token = gate.token
      let idle = TimeAmount.nanoseconds(Int64(limits.idleSeconds * 1e9))
      let application = Application(
        router: ExplorerRoutes(site: site, limits: limits).router(behind: gate),
        server: .http1(configuration: .init(additionalChannelHandlers: [LeavingClient()], idleTimeout: idle)),
        configuration: .init(
          address: .hostname("127.0.0.1", port: Int(port)),
          availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: silent)),
        onServerRunning: { channel in
          guard let port = channel.localAddress?.port,
            let address = URL(string: "http://127.0.0.1:\(port)/\(token)/")
          else { return }
          ready(address)
        }, logger: silent)
      do {
        // Nor does other work of the process keep the server waiting.
        try await withTaskExecutorPreference(WorkExecutor.shared) { try await application.run() }
      } catch let error as IOError {
        throw POSIXError(POSIXErrorCode(rawValue: error.errnoCode) ?? .EIO)
      } catch  where !Task.isCancelled { throw error } catch {}
      try Task.checkCancellation()
    }
  }

  /// Ends the connection of a client that has ended its side: it waits for no answer.
  private final class LeavingClient: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
      context.fireUserInboundEventTriggered(event)
    }
  }
#endif
