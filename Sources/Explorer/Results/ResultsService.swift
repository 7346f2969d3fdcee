import Foundation

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
