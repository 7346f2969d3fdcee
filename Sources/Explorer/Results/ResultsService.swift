import Foundation

/// Shows the page of results to its reader; it asks nothing more.
package struct ResultsService: Sendable {
  private let page: Data
  private let gate: ExplorerGate

  /// - Throws: `EncodingError`, which only a mistake in this target makes.
  package init(_ results: [ResultMessage], of folder: String, gate: ExplorerGate) throws {
    page = try ExplorerPage.results(results, title: folder)
    self.gate = gate
  }

  package func handle(_ request: HTTPRequest, _ response: HTTPResponse) async {
    switch gate.verdict(request) {
    case .refused(let status, let message): response.fail(status, message)
    case .passes("") where request.method == "GET":
      response.answer(200, "text/html; charset=utf-8", page, policy: ExplorerPage.resultsPolicy)
    case .passes: response.fail(404, "there is no such page")
    }
  }
}
