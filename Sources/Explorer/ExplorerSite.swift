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

/// The page of finished results, which asks nothing more.
package struct ResultsService: ExplorerSite {
  private let html: Data

  /// - Throws: `EncodingError`, which only a mistake in this target makes.
  package init(_ results: [ResultMessage], of folder: String) throws {
    html = try ExplorerPage.results(results, title: folder)
  }

  package var policy: String { ExplorerPage.resultsPolicy }

  package func page() -> Data { html }
}
