import Foundation
import Saliency

/// The page that asks about pictures, and its answers.
package struct ExplorerService: ExplorerSite {
  private let session: ExplorerSession
  private let version: String

  package init(_ session: ExplorerSession, version: String) { (self.session, self.version) = (session, version) }

  package var policy: String { ExplorerPage.policy(isServed: true) }

  package func page() async throws -> Data {
    try await ExplorerPage.html(session.greeting(), title: "saliency explorer", isServed: true)
  }

  package func file(_ body: Data) async throws -> (type: String, content: Data) {
    try await ExplorerExport(session: session, version: version).file(ExplorerWish(body))
  }

  package func answer(
    _ question: String, named name: String?, _ body: Data, _ tell: @escaping ExplorerSession.Tell
  ) async throws {
    if question == "pictures" {
      guard !body.isEmpty else { throw PictureError.empty(path: name ?? "the picture") }
      return try await open(session.add(body, named: name ?? ""), tell)
    }
    let wish = try ExplorerWish(body)
    switch question {
    case "example": try await open(session.add(session.example(wish.name), named: wish.name), tell)
    case "look": try await look(wish.picture, tell)
    case "model":
      try await session.use(wish.name)
      for message in try await session.greeting() { try tell(message) }
    case "photograph":
      // Decoding and encoding take a while: not on the session.
      let photograph = try await session.photograph(wish.picture)
      let shown = try await photograph.fitted(side: 4096, height: 1, width: 1)
      try tell(PhotographMessage(shown.pixels, picture: wish.picture))
    case "maps": try await maps(wish, tell)
    case "contrast": try await contrast(wish, tell)
    case "deletion": try await deletion(wish, tell)
    case "answer": try await ownPixels(wish, tell)
    default: throw ExplorerError.unknown("“\(question.prefix(30))” here")
    }
  }

  /// A new picture; one that cannot be read is not kept.
  private func open(_ id: String, _ tell: ExplorerSession.Tell) async throws {
    do { try await look(id, tell) } catch {
      await session.remove(id)
      throw error
    }
  }

  private func look(_ id: String, _ tell: ExplorerSession.Tell) async throws {
    let explained = try await session.seen(id)
    let analysis = try await session.current()
    let name = try await session.kept(id).name
    try tell(analysis.picture(explained, id: id, name: name))
    for message in analysis.messages(explained.explanation, picture: id) { try tell(message) }
    await session.keep(explained.explanation, of: id)
  }

  private func maps(_ wish: ExplorerWish, _ tell: @escaping ExplorerSession.Tell) async throws {
    let (analysis, image) = try await seen(wish)
    let (index, attribution, views) = try (wish.index(analysis), wish.attribution(), wish.views())
    let explanation = try await TorchActor.run {
      try analysis.explanation(image, of: index, [attribution], views, progress: progress("Maps", tell))
    }
    for message in analysis.messages(explanation, picture: wish.picture) { try tell(message) }
    await session.keep(explanation, of: wish.picture)
  }

  private func contrast(_ wish: ExplorerWish, _ tell: @escaping ExplorerSession.Tell) async throws {
    let (analysis, image) = try await seen(wish)
    let (index, rival, attribution) = try (wish.index(analysis), wish.rivalIndex(analysis), wish.attribution())
    for message in try await TorchActor.run({
      try analysis.contrasts(
        image, of: index, against: rival, [attribution], picture: wish.picture, progress: progress("Contrast", tell))
    }) { try tell(message) }
  }

  private func deletion(_ wish: ExplorerWish, _ tell: @escaping ExplorerSession.Tell) async throws {
    let (analysis, image) = try await seen(wish)
    let (index, attribution, replacement) = try (wish.index(analysis), wish.attribution(), wish.replacement())
    let views = try wish.view()
    guard !views.hasNegatives else { throw ExplorerError.malformed("the view \(views.name) gives no order") }
    var map = await session.map(of: wish.picture, index, attribution.name, views.name)
    if map == nil {
      let explanation = try await TorchActor.run { try analysis.explanation(image, of: index, [attribution], [views]) }
      await session.keep(explanation, of: wish.picture)
      map = explanation.map(views.name)
    }
    guard let map else { throw ExplorerError.unknown("\(views.name) map of \(attribution.name)") }
    try await tell(
      TorchActor.run {
        try analysis.deletion(
          image, by: map, of: index, rival: nil, [replacement], picture: wish.picture,
          progress: progress("Answers", tell))
      })
  }

  private func ownPixels(_ wish: ExplorerWish, _ tell: ExplorerSession.Tell) async throws {
    let (analysis, image) = try await seen(wish)
    let replacement = try wish.replacement()
    guard let marks = wish.asked.marks, marks.count == image.height * image.width else {
      throw ExplorerError.malformed("as many marks as pixels are needed")
    }
    let found = try await TorchActor.run {
      try DeletionSteps.answers(image, [marks.map { $0 != 0 }], replacement, analysis.classifier)
    }
    try tell(AnswerMessage(probabilities: found[0].probabilities.bytes))
  }

  private func seen(_ wish: ExplorerWish) async throws -> (ExplorerAnalysis, Raster<Float>) {
    let image = try await session.seen(wish.picture).image
    return (try await session.current(), image)
  }

  /// Tells how far the work is, ten times a second at most.
  private func progress(_ text: String, _ tell: @escaping ExplorerSession.Tell) -> (Double) -> Void {
    var last = ContinuousClock.now
    return { share in
      guard ContinuousClock.now - last > .milliseconds(100) else { return }
      last = .now
      try? tell(ProgressMessage(share: share, text: text))
    }
  }
}
