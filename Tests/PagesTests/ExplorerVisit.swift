#if Explorer
  import Foundation
  import Networks
  import Testing

  @testable import Explorer
  @testable import SaliencyExplorer

  /// Serves the explorer's page, and looks at it in a browser.
  func exploring(
    width: Int = 1280, _ body: @escaping @Sendable (Browser, ExplorerSession) async throws -> Void
  ) async throws {
    let models = try ExplorerModels(ExplorerSample.model, settings: ScriptSettings(), folder: nil, device: .cpu)
    let session = ExplorerSession(models, examples: ShippedPictures.all, version: "1.2.3")
    try await session.use(ExplorerSample.model)
    let server = ExplorerServer(ExplorerService(session, version: "1.2.3"))
    let (addresses, source) = AsyncStream<URL>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { source.finish() }
        do { try await server.run { source.yield($0) } } catch is CancellationError {}
      }
      for await address in addresses {
        let browser = try Browser(width: width)
        try browser.open(address)
        try browser.wait(for: "window.saliency")
        try await body(browser, session)
        let (console, requests) = (try browser.console(), try browser.requests())
        let isOwn = requests.allSatisfy { $0.hasPrefix(address.absoluteString) || $0.hasPrefix("blob:") }
        #expect(console == [] && isOwn, "\(console) \(requests)")
        group.cancelAll()
      }
      try await group.waitForAll()
    }
  }

  extension Browser {
    /// Drops a file on the page as a hand does.
    func drop(_ content: Data, named name: String) throws {
      _ = try run(
        """
        const transfer = new DataTransfer();
        transfer.items.add(new File([Maps.bytes("\(content.base64EncodedString())")], "\(name)"));
        window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
        return 1;
        """, as: Int.self)
    }

    /// Waits until all that the page shows has come.
    func settled() throws {
      try wait(
        for: "!document.getElementById('centre').hidden && document.getElementById('status').textContent === ''")
    }
  }
#endif
