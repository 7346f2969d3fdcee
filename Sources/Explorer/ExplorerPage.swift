import Foundation
import Reports

/// The explorer's page: one file of HTML, style and script, which asks no other host. With a server it starts with what the server says
/// of itself; without one it holds everything that it shows.
package enum ExplorerPage {
  /// - Parameters:
  ///   - messages: what the page is told at its start.
  ///   - title: the window's.
  ///   - isServed: whether the page may ask the server that it came from.
  package static func html(_ messages: [any ExplorerMessage], title: String, isServed: Bool = false) throws -> Data {
    try filled(PackageResources.page_html, messages, title: title, policy: policy(isServed: isServed), script: script)
  }

  /// The page of finished results, which holds all of them.
  static func results(_ results: [ResultMessage], title: String) throws -> Data {
    try filled(PackageResources.results_html, results, title: title, policy: resultsPolicy, script: resultsScript)
  }

  private static func filled(
    _ body: [UInt8], _ messages: [any ExplorerMessage], title: String, policy: String, script: String
  ) throws -> Data {
    let data = try "[" + messages.map { try $0.scriptText() }.joined(separator: ",\n") + "]"
    // Each place is there once, and what is put there is not looked through again.
    var page = text(PackageResources.frame_html)[...]
    var result = ""
    for (place, content) in [
      ("{{policy}}", policy), ("{{title}}", escaped(title)), ("{{style}}", style), ("{{body}}", text(body)),
      ("{{data}}", data), ("{{script}}", script),
    ] {
      guard let range = page.range(of: place) else { preconditionFailure("the page has no \(place)") }
      result += page[..<range.lowerBound] + content
      page = page[range.upperBound...]
    }
    return Data((result + page).utf8)
  }

  /// What the page may do: what its own style and script do, and ask its own server, if there is one.
  package static func policy(isServed: Bool) -> String { policy(script, isServed ? "connect-src 'self'; " : "") }

  static let resultsPolicy = policy(resultsScript)

  private static func policy(_ script: String, _ more: String = "") -> String {
    "default-src 'none'; img-src data: blob:; style-src '\(style.policyHash)'; script-src '\(script.policyHash)'; \(more)"
      + "base-uri 'none'; form-action 'none'"
  }

  private static let resultsScript = text(PackageResources.results_js)

  /// The parts of the page share names, which nobody else needs.
  private static let script: String = {
    let shared = [PackageResources.maps_js, PackageResources.store_js].map(text).joined()
    let parts = [
      PackageResources.asking_js, PackageResources.drawing_js, PackageResources.deletion_js,
      PackageResources.keeping_js, PackageResources.page_js,
    ].map(text).joined(separator: "\n")
    return shared + "(() => {\n" + parts + "})();\n"
  }()
  private static let style = text(PackageResources.page_css)

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\0", with: "\u{FFFD}")
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
