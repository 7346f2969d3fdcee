import Foundation
import Testing

/// A headless Chromium, driven by chromedriver.
final class Browser {
  static let isInstalled = ["chromium", "chromedriver"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
  }

  private let process: Process
  private let profile = FileManager.default.temporaryDirectory.appending(path: "saliency-tests-\(UUID().uuidString)")
  private let driver: WebDriver
  private var session = ""

  /// - Parameter dark: whether the reader prefers dark pages.
  init(width: Int, height: Int = 900, dark: Bool = false) throws {
    let started = try Self.startDriver()
    process = started.process
    driver = WebDriver(port: started.port)
    let arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(profile.path)",
      "--window-size=\(width),\(height)", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    let wishes: [String: Any] = [
      "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
      "goog:chromeOptions": ["binary": "/usr/bin/chromium", "args": arguments] as [String: Any],
    ]
    let begun = try driver.call("POST", "/session", ["capabilities": ["alwaysMatch": wishes]])
    session = "/session/\(try #require((begun as? [String: Any])?["sessionId"] as? String))"
    try chrome(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]]])
    try chrome(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
  }

  /// Where many are started at once, a driver may find the port that it chose taken, and end; another one is started then.
  private static func startDriver() throws -> (process: Process, port: UInt16) {
    var text = ""
    for _ in 0..<5 {
      let (process, output) = (Process(), Pipe())
      process.executableURL = URL(filePath: "/usr/bin/chromedriver")
      process.arguments = ["--port=0"]
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      text = ""
      while true {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { break }
        text += String(decoding: data, as: UTF8.self)
        if let port = text.firstMatch(of: #/successfully on port (\d+)/#).flatMap({ UInt16($0.1) }) {
          return (process, port)
        }
      }
      process.waitUntilExit()
    }
    throw WebDriverError(description: "chromedriver ended: \(text)")
  }

  deinit {
    // Ends the browser, too.
    _ = try? driver.call("DELETE", session)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: profile)
  }

  private func chrome(_ command: String, _ parameters: [String: Any]) throws {
    try post("/goog/cdp/execute", ["cmd": command, "params": parameters])
  }

  @discardableResult private func post(_ path: String, _ body: [String: Any] = [:]) throws -> Any? {
    try driver.call("POST", session + path, body)
  }

  func open(_ page: URL) throws { try post("/url", ["url": page.absoluteString]) }

  /// The value of JavaScript's `return …`.
  func run<Value>(_ script: String, as _: Value.Type = Value.self) throws -> Value {
    let value = try post("/execute/sync", ["script": script, "args": [String]()])
    return try #require(value as? Value, "\(script) gives \(String(describing: value))")
  }

  private func element(_ selector: String) throws -> String {
    let found = try post("/element", ["using": "css selector", "value": selector])
    return try #require((found as? [String: String])?.values.first)
  }

  func click(_ selector: String) throws { try post("/element/\(element(selector))/click") }

  func type(_ keys: String, into selector: String) throws {
    try post("/element/\(element(selector))/value", ["text": keys])
  }

  /// Moves the pointer to the middle of an element.
  func hover(_ selector: String) throws {
    let origin = ["element-6066-11e4-a52e-4f735466cecf": try element(selector)]
    let move: [String: Any] = ["type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0]
    try post("/actions", ["actions": [["type": "pointer", "id": "mouse", "actions": [move]] as [String: Any]]])
  }

  /// What the console says, errors of pages included.
  func console() throws -> [String] {
    try #require(try post("/se/log", ["type": "browser"]) as? [[String: Any]]).compactMap { $0["message"] as? String }
  }

  /// The addresses that pages asked for since the last call, but for the browser's own and those that hold their content.
  func requests() throws -> [String] {
    try #require(try post("/se/log", ["type": "performance"]) as? [[String: Any]]).compactMap { entry in
      let text = try #require(entry["message"] as? String)
      let outer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      let message = outer?["message"] as? [String: Any]
      guard message?["method"] as? String == "Network.requestWillBeSent" else { return nil }
      let request = (message?["params"] as? [String: Any])?["request"] as? [String: Any]
      guard let url = request?["url"] as? String else { return nil }
      return ["chrome:", "data:"].contains { url.hasPrefix($0) } ? nil : url
    }
  }
}

/// WebDriver's names for keys.
enum Key {
  static let enter = "\u{E007}", escape = "\u{E00C}", left = "\u{E012}", right = "\u{E014}", end = "\u{E010}"
}
