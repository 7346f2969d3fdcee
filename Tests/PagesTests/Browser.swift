import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A headless Chromium, driven by chromedriver over WebDriver (https://www.w3.org/TR/webdriver2/).
final class Browser {
  static let isInstalled = ["chromium", "chromedriver"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
  }

  private let driver = Process()
  private let profile: URL
  private var address = ""
  private let network = URLSession(configuration: .ephemeral)

  /// - Parameter dark: whether the reader prefers dark pages.
  init(width: Int, height: Int = 900, dark: Bool = false) async throws {
    profile = FileManager.default.temporaryDirectory.appending(path: "saliency-tests-\(UUID().uuidString)")
    driver.executableURL = URL(filePath: "/usr/bin/chromedriver")
    driver.arguments = ["--port=0"]
    let output = Pipe()
    driver.standardOutput = output
    driver.standardError = FileHandle.nullDevice
    try driver.run()
    var text = ""
    while address.isEmpty {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "chromedriver ended: \(text)")
      text += String(decoding: data, as: UTF8.self)
      if let port = text.firstMatch(of: #/on port (\d+)/#)?.1 { address = "http://127.0.0.1:\(port)" }
    }
    let arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(profile.path)",
      "--window-size=\(width),\(height)", "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    let session = try await call(
      "POST", "/session",
      [
        "capabilities": [
          "alwaysMatch": [
            "browserName": "chrome", "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
            "goog:chromeOptions": ["binary": "/usr/bin/chromium", "args": arguments] as [String: Any],
          ] as [String: Any]
        ]
      ])
    let identifier = try #require((session as? [String: Any])?["sessionId"] as? String)
    address += "/session/\(identifier)"
    try await chrome(
      "Emulation.setEmulatedMedia",
      ["features": [["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]]])
    try await chrome(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
  }

  func close() async throws {
    _ = try await call("DELETE", "")
    driver.terminate()
    driver.waitUntilExit()
    try? FileManager.default.removeItem(at: profile)
  }

  @discardableResult private func call(_ method: String, _ path: String, _ body: [String: Any] = [:]) async throws
    -> Any?
  {
    var request = URLRequest(url: try #require(URL(string: address + path)))
    request.httpMethod = method
    request.timeoutInterval = 240
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    if method == "POST" { request.httpBody = try JSONSerialization.data(withJSONObject: body) }
    let (data, _) = try await network.data(for: request)
    let value = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])["value"]
    if let error = (value as? [String: Any])?["error"] {
      throw BrowserError(description: "\(path): \(error) \(String(decoding: data.prefix(300), as: UTF8.self))")
    }
    return value
  }

  private func chrome(_ command: String, _ parameters: [String: Any]) async throws {
    try await call("POST", "/goog/cdp/execute", ["cmd": command, "params": parameters])
  }

  func open(_ page: URL) async throws { try await call("POST", "/url", ["url": page.absoluteString]) }

  /// The value of JavaScript's `return …`.
  func run<Value>(_ script: String, as _: Value.Type = Value.self) async throws -> Value {
    let value = try await call("POST", "/execute/sync", ["script": script, "args": [String]()])
    return try #require(value as? Value, "\(script) gives \(String(describing: value))")
  }

  private func element(_ selector: String) async throws -> String {
    let found = try await call("POST", "/element", ["using": "css selector", "value": selector])
    return try #require((found as? [String: String])?.values.first)
  }

  func click(_ selector: String) async throws {
    try await call("POST", "/element/\(element(selector))/click")
  }

  func type(_ keys: String, into selector: String) async throws {
    try await call("POST", "/element/\(element(selector))/value", ["text": keys])
  }

  /// Moves the pointer to a place of an element, counted from its centre.
  func hover(_ selector: String, x: Int) async throws {
    let origin = ["element-6066-11e4-a52e-4f735466cecf": try await element(selector)]
    let move: [String: Any] = ["type": "pointerMove", "duration": 0, "origin": origin, "x": x, "y": 0]
    try await call(
      "POST", "/actions", ["actions": [["type": "pointer", "id": "mouse", "actions": [move]] as [String: Any]]])
  }

  /// What the console says, errors of pages included.
  func console() async throws -> [String] {
    let entries = try await call("POST", "/se/log", ["type": "browser"]) as? [[String: Any]]
    return try #require(entries).compactMap { $0["message"] as? String }
  }

  /// The addresses that pages asked for since the last call.
  func requests() async throws -> [String] {
    let entries = try #require(try await call("POST", "/se/log", ["type": "performance"]) as? [[String: Any]])
    return try entries.compactMap { entry in
      let text = try #require(entry["message"] as? String)
      let outer = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      let message = outer?["message"] as? [String: Any]
      guard message?["method"] as? String == "Network.requestWillBeSent" else { return nil }
      let request = (message?["params"] as? [String: Any])?["request"] as? [String: Any]
      return request?["url"] as? String
    }
  }
}

struct BrowserError: Error, CustomStringConvertible {
  let description: String
}

/// WebDriver's names for keys.
enum Key {
  static let enter = "\u{E007}", escape = "\u{E00C}", left = "\u{E012}", right = "\u{E014}", end = "\u{E010}"
}
