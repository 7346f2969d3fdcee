import Foundation

/// A page and what it may ask of the server that it comes from.
package protocol ExplorerSite: Sendable {
  /// What a browser must not let the page do, as a content security policy.
  var policy: String { get }

  /// The page as it begins.
  func page() async throws -> Data

  /// Answers what the page asks, message by message.
  ///
  /// - Parameters:
  ///   - name: of the picture that `body` holds, if it holds one.
  func answer(
    _ question: String, named name: String?, _ body: Data, _ tell: @escaping ExplorerSession.Tell
  ) async throws

  /// A file that the page asks for.
  func file(_ body: Data) async throws -> (type: String, content: Data)
}

extension ExplorerSite {
  package func answer(
    _ question: String, named name: String?, _ body: Data, _ tell: @escaping ExplorerSession.Tell
  ) async throws { throw ExplorerError.unknown("“\(question.prefix(30))” here") }

  package func file(_ body: Data) async throws -> (type: String, content: Data) {
    throw ExplorerError.unknown("file to export here")
  }
}

extension ErrorMessage {
  /// What is wrong, in one line.
  package init(_ error: any Error) {
    self.init(message: error.localizedDescription.split(whereSeparator: \.isNewline).joined(separator: " "))
  }
}

extension ExplorerMessage {
  /// As a server sends it: JSON and the line's end.
  package func line() throws -> Data { Data((try ExplorerPage.json(self) + "\n").utf8) }
}
