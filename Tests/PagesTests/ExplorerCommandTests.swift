#if Explorer
  import Foundation
  import Pictures
  import Rasters
  import TestSupport
  import Testing

  /// The command line that the explorer's page shows is run, and its files are those that the page saves.
  @Suite(
    .serialized, .slow,
    .enabled(if: Browser.isInstalled, "Debian's packages chromium and chromium-driver are not installed"))
  struct ExplorerCommandTests {
    /// A shell must not take it apart.
    private static let name = "it's $my cat.png"
    private static let panel = "#stage .panel:nth-child(2)"

    private func exploringPicture(
      _ body: @escaping @Sendable (Browser, TemporaryFolder) async throws -> Void
    ) async throws {
      let folder = try TemporaryFolder()
      try FileManager.default.copyItem(at: ExplorerSample.photograph, to: folder.file(Self.name))
      try await exploring { (browser, _) in
        try browser.drop(Data(contentsOf: ExplorerSample.photograph), named: Self.name)
        try browser.settled()
        try browser.keepSaved()
        try await body(browser, folder)
      }
    }

    private func saved(_ kind: String, _ browser: Browser) throws -> (name: String, content: Data) {
      try browser.click("[data-file=\(kind)]")
      return try browser.saved()
    }

    /// Runs the page's command line as a shell does; the program stands beside the test bundle.
    private func run(_ browser: Browser, in folder: TemporaryFolder, adding more: String = "") throws -> [String: Any] {
      let line: String = try browser.run("return document.getElementById('command').value")
      let program = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
      let (process, output) = (Process(), folder.file("output.json"))
      try Data().write(to: output)
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "PATH=\(program.path):$PATH; \(line) \(more)"]
      process.currentDirectoryURL = folder.url
      process.standardOutput = try FileHandle(forWritingTo: output)
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(line)")
      return try #require(JSONSerialization.jsonObject(with: Data(contentsOf: output)) as? [String: Any], "\(line)")
    }

    /// Whether all that the page says is said by the command, too: numbers to float32's precision.
    private func expectSame(_ page: Any?, _ command: Any?, _ path: String = "") {
      if let page = page as? [String: Any] {
        for (name, value) in page { expectSame(value, (command as? [String: Any])?[name], "\(path).\(name)") }
      } else if let page = page as? [Any] {
        let other = command as? [Any] ?? []
        #expect(page.count == other.count)
        for (index, pair) in zip(page, other).enumerated() { expectSame(pair.0, pair.1, "\(path)[\(index)]") }
      } else if let page = page as? Double {
        let other = command as? Double ?? .nan
        #expect(abs(page - other) <= 1e-6 * max(1, abs(page)), "\(path): \(page), \(other)")
      } else {
        #expect(page as? String == command as? String, "\(path)")
      }
    }

    @Test(
      "figures, maps and answers of the page are the command's, byte for byte",
      arguments: [
        ("gradient.signed", []),
        (
          "gradient-x-input.positive",
          [
            "click #bars li:nth-child(2) button", "set \(panel) .show=positive", "set \(panel) .by=gradient-x-input",
            "click #style label:has([value=heat])", "set #clip=98", "set #sigma=1.5",
          ]
        ),
        (
          "gradient.active",
          ["set \(panel) .show=active", "click #style label:has([value=heat])", "click #over", "set #opacity=0.5"]
        ),
      ])
    func files(map: String, steps: [String]) async throws {
      try await exploringPicture { (browser, folder) in
        for step in steps {
          if let selector = step.firstMatch(of: #/^click (.+)$/#)?.1 { try browser.click(String(selector)) }
          if let (_, selector, value) = step.firstMatch(of: #/^set (.+)=([^=]+)$/#)?.output {
            try browser.set(String(selector), String(value))
          }
          try browser.settled()
        }
        let kept = try ["numpy", "png", "pdf", "json"].map { try saved($0, browser) }
        let told = try run(browser, in: folder)
        _ = try run(browser, in: folder, adding: "--format pdf --force")
        #expect(kept[0].name.hasSuffix(".\(map).npy"))
        for file in kept[..<3] {
          let own = try? Data(contentsOf: folder.file(file.name))
          #expect(own == file.content, "\(file.name) \(own?.count ?? -1) \(file.content.count)")
        }
        var page = try #require(JSONSerialization.jsonObject(with: kept[3].content) as? [String: Any])
        // Of the command, the names of its files say them.
        let (attribution, views) = (page.removeValue(forKey: "attribution"), page.removeValue(forKey: "views"))
        expectSame(page, told)
        let maps = try #require(told["maps"] as? [[String: Any]])
        #expect(maps.compactMap { $0["view"] as? String } == views as? [String])
        #expect(maps.allSatisfy { $0["attribution"] as? String == attribution as? String })
      }
    }

    @Test("a map over the photograph is the command's, pixel by pixel")
    func overlay() async throws {
      try await exploringPicture { (browser, folder) in
        try browser.set("\(Self.panel) .show", "negative")
        try browser.click("#over")
        try browser.settled()
        let (shown, numpy) = (try saved("shown", browser), try saved("numpy", browser))
        let told = try run(browser, in: folder)
        #expect(try Data(contentsOf: folder.file(numpy.name)) == numpy.content)
        let overlays = try #require(told["overlays"] as? [[String: Any]])
        let file = try #require(overlays.first { $0["view"] as? String == "negative" }?["file"] as? String)
        let own = try Picture.decode(Data(contentsOf: folder.file(file)), named: file).pixels
        let difference = try largestDifference(Picture.decode(shown.content, named: "shown.png").pixels, own)
        #expect(difference.map { $0 <= 1 } == true, "\(difference ?? -1)")
      }
    }
  }
#endif
