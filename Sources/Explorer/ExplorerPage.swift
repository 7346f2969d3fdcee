import Downloads
import Foundation

/// The explorer's page: one file of HTML, style and script, which asks no other host. With a server it starts with what the server says
/// of itself; without one it holds everything that it shows.
package enum ExplorerPage {
  /// - Parameters:
  ///   - messages: what the page is told at its start.
  ///   - title: the window's.
  ///   - isServed: whether the page may ask the server that it came from.
  package static func html(_ messages: [any ExplorerMessage], title: String, isServed: Bool = false) throws -> Data {
    let data = try "[" + messages.map { try scriptText(json($0)) }.joined(separator: ",\n") + "]"
    // Each place is there once, and what is put there is not looked through again.
    var page = text(PackageResources.page_html)[...]
    var result = ""
    for (place, content) in [
      ("{{policy}}", policy(isServed: isServed)), ("{{title}}", escaped(title)), ("{{style}}", style),
      ("{{data}}", data),
      ("{{script}}", script),
    ] {
      guard let range = page.range(of: place) else { preconditionFailure("the page has no \(place)") }
      result += page[..<range.lowerBound] + content
      page = page[range.upperBound...]
    }
    return Data((result + page).utf8)
  }

  /// What the page may do: what its own style and script do, and ask its own server, if there is one.
  package static func policy(isServed: Bool) -> String {
    let policy = "default-src 'none'; img-src data: blob:; style-src '\(hash(style))'; script-src '\(hash(script))'; "
    return policy + (isServed ? "connect-src 'self'; " : "") + "base-uri 'none'; form-action 'none'"
  }

  private static let script = [PackageResources.maps_js, PackageResources.store_js, PackageResources.page_js]
    .map(text).joined()
  private static let style = text(PackageResources.page_css)

  /// One line.
  package static func json(_ message: any ExplorerMessage) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(message), as: UTF8.self)
  }

  /// JSON that can stand in a script element: no `</script>` or `<!--` can end or change it.
  private static func scriptText(_ json: String) -> String {
    json.replacing("<", with: "\\u003c").replacing(">", with: "\\u003e").replacing("&", with: "\\u0026")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\0", with: "\u{FFFD}")
  }

  /// What a content security policy calls a script or style by.
  private static func hash(_ text: String) -> String {
    let digest = Digest.sha256()
    Array(text.utf8).withUnsafeBytes { digest.update($0) }
    return "sha256-\(Data(digest.finish()).base64EncodedString())"
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
