import Foundation
import Saliency

/// One picture's page without a server: predictions, the maps of some classes, their signed maps against one another, and the answers
/// while pixels are deleted, all found out beforehand.
package struct ExplorerDocument: Sendable {
  package let analysis: ExplorerAnalysis
  package let attributions: [any Attribution]
  package let views: [any View]
  package let version: String
  /// What deleted pixels become.
  package var replacements = [Replacement.black, .white]
  /// The photograph's longer side in the page is no longer than this.
  package var longestSide = 4096

  /// - Parameter views: those that are shown, in order; the signed one is always, and so is one that ranks pixels.
  package init(_ analysis: ExplorerAnalysis, _ attributions: [any Attribution], _ views: [any View], version: String) {
    self.analysis = analysis
    self.attributions = attributions
    let ranked = views.contains { !$0.hasNegatives } ? views : [Views.original] + views
    self.views = ranked.contains { $0.name == Views.signed.name } ? ranked : ranked + [Views.signed]
    self.version = version
  }

  /// What finds out about pictures what pages show of one class: maps that are made for other purposes too need not be made twice.
  ///
  /// - Throws: ``MethodError``.
  package func explainer() throws -> Explainer { try analysis.explainer(attributions, views) }

  /// The page.
  ///
  /// - Parameters:
  ///   - name: the picture's.
  ///   - explained: what the classifier saw, and what ``explainer()`` found out about it.
  ///   - classes: to explain, the first of them to be shown first; none: the predicted one and the runner-up.
  ///   - progress: called with the share that is done, 0…1.
  /// - Throws: ``MethodError``, ``ClassifierError``, `TorchError`, `PictureError`, `CancellationError`.
  package func page(
    _ name: String, _ explained: PictureJob.Explained, photograph: Photograph, classes: [Int],
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> Data {
    let classes = classes.isEmpty ? Array(explained.explanation.prediction.ranking.prefix(2)) : classes
    let shown = try await photograph.fitted(side: longestSide, height: 1, width: 1)
    let found = try await TorchActor.run {
      try self.messages(explained, classes, picture: Self.id, progress)
    }
    let picture = analysis.picture(explained, id: Self.id, name: name)
    let messages: [any ExplorerMessage] =
      [
        AboutMessage(
          version: version, attributions: attributions, views: views, replacements: replacements),
        analysis.message(), picture, try PhotographMessage(shown.pixels, picture: Self.id),
      ] + found
    return try ExplorerPage.html(messages, title: name)
  }

  private static let id = "1"

  @TorchActor private func messages(
    _ known: PictureJob.Explained, _ classes: [Int], picture: String, _ progress: (Double) -> Void
  ) throws -> [any ExplorerMessage] {
    let (image, explainer) = (known.image, try explainer())
    var messages: [any ExplorerMessage] = []
    for (turn, explained) in classes.enumerated() {
      // About as long as maps take the answers of each of them.
      func done(_ share: Double) { progress((Double(turn) + share) / Double(classes.count)) }
      let explanation =
        explained == known.explanation.explainedClass
        ? known.explanation
        : try explainer.explain(Preprocessing.image(from: image), classes: [explained]) { done(0.3 * $0) }[0]
      messages += analysis.messages(explanation, picture: picture)
      for rival in classes[..<turn] {
        messages += try analysis.contrasts(image, of: rival, against: explained, attributions, picture: picture)
      }
      let ranked = explanation.maps.filter { !$0.hasNegatives }
      for (place, map) in ranked.enumerated() {
        messages.append(
          try analysis.deletion(image, by: map, of: explained, rival: nil, replacements, picture: picture) {
            done(0.3 + 0.7 * (Double(place) + $0) / Double(ranked.count))
          })
      }
    }
    return messages
  }
}
