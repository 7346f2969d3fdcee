import Foundation
import Saliency

/// What a served page works with: the model in use, and the pictures of this visit, which are in memory alone.
package actor ExplorerSession {
  package typealias Tell = @Sendable (any ExplorerMessage) throws -> Void

  /// A picture, and what the model in use sees of it.
  struct Kept: Sendable {
    let name: String
    let content: Data
    var seen: (model: String, explained: PictureJob.Explained)?
  }

  package struct Limits: Sendable {
    /// The pictures that are kept, the last ones, and their files' bytes.
    package var pictures = 24
    package var pictureBytes = 256 << 20
    /// As for `saliency explain`.
    package var maximumPixels = 100_000_000
    /// For the program as a whole; nil: what is usual.
    package var memory: Int?
    /// Maps that are kept for deletion.
    package var maps = 64

    package init() {}
  }

  package let models: ExplorerModels
  private let examples: [URL]
  let limits: Limits
  private let version: String
  private var analysis: ExplorerAnalysis?
  private var warnings: [String] = []
  private var pictures: [(id: String, kept: Kept)] = []
  private var maps: [(key: String, map: SaliencyMap)] = []
  private var count = 0

  /// - Parameter examples: pictures that are offered by name.
  package init(_ models: ExplorerModels, examples: [URL] = [], version: String, limits: Limits = Limits()) {
    self.models = models
    self.examples = examples
    self.version = version
    self.limits = limits
  }

  /// What the page begins with.
  package func greeting() throws -> [any ExplorerMessage] {
    [
      AboutMessage(
        version: version, models: models.list, examples: examples.map(\.lastPathComponent), isServed: true),
      try current().message(warnings: warnings),
    ]
  }

  package func current() throws -> ExplorerAnalysis {
    guard let analysis else { throw ExplorerError.unknown("model in memory; choose one") }
    return analysis
  }

  /// Makes a model the one in use; the one before leaves memory first, and comes back if this one cannot be opened.
  package func use(_ name: String) async throws {
    let before = analysis?.model
    guard name != before else { return }
    analysis = nil
    maps = []
    for place in pictures.indices { pictures[place].kept.seen = nil }
    do {
      try await open(name)
    } catch {
      if let before { try await open(before) }
      throw error
    }
  }

  private func open(_ name: String) async throws {
    let opened = try await models.open(name)
    analysis = try await ExplorerAnalysis(
      opened.classifier, model: name, title: opened.name, memory: ProcessMemory.left(of: limits.memory, for: opened))
    warnings = opened.warnings.map { "\($0)" }
  }

  // MARK: Pictures

  package func add(_ content: Data, named name: String) -> String {
    count += 1
    pictures.append((String(count), Kept(name: Self.plain(name), content: content)))
    // The one that was just added stays, however large.
    while pictures.count > 1,
      pictures.count > limits.pictures
        || pictures.map(\.kept.content.count).reduce(0, +) > limits.pictureBytes
    {
      pictures.removeFirst()
    }
    return String(count)
  }

  package func example(_ name: String) throws -> Data {
    guard let url = examples.first(where: { $0.lastPathComponent == name }) else {
      throw ExplorerError.unknown("example “\(name)”")
    }
    return try Data(contentsOf: url)
  }

  package func remove(_ id: String) { pictures.removeAll { $0.id == id } }

  /// A file's name as a page shows it: no folders, no control characters.
  private static func plain(_ name: String) -> String {
    let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    let scalars = last.unicodeScalars.filter { $0.properties.generalCategory != .control }.prefix(200)
    let plain = String(String.UnicodeScalarView(scalars))
    return plain.isEmpty ? "picture" : plain
  }

  package func kept(_ id: String) throws -> (name: String, content: Data) {
    guard let found = pictures.first(where: { $0.id == id }) else { throw ExplorerError.unknownPicture }
    return (found.kept.name, found.kept.content)
  }

  /// What the model in use sees of a picture, its prediction, and the maps of the predicted class that take one pass.
  ///
  /// - Throws: `PictureError`, ``ClassifierError``, `TorchError`, `CancellationError`.
  package func seen(_ id: String) async throws -> PictureJob.Explained {
    let analysis = try current()
    guard let kept = pictures.first(where: { $0.id == id })?.kept else { throw ExplorerError.unknownPicture }
    if let seen = kept.seen, seen.model == analysis.model { return seen.explained }
    let first = Attributions.all.filter { (try? $0.check(analysis.classifier)) != nil }.prefix(1)
    let explained = try await analysis.explainer(Array(first), Views.all.filter { !$0.comparesClasses })
      .explained(kept.content, named: kept.name, maximumPixels: limits.maximumPixels)
    if let place = pictures.firstIndex(where: { $0.id == id }) {
      pictures[place].kept.seen = (analysis.model, explained)
    }
    return explained
  }

  package func photograph(_ id: String) throws -> Photograph {
    let (name, content) = try kept(id)
    return Photograph(
      try Picture.decode(content, named: name, maximumPixels: limits.maximumPixels).pixels,
      for: try current().classifier.preprocessing)
  }

  // MARK: Maps, for deletion

  func keep(_ explanation: Explanation, of id: String) {
    for map in explanation.maps {
      let key = Self.key(id, explanation.explainedClass, map.attribution, map.view)
      maps.removeAll { $0.key == key }
      maps.append((key, map))
    }
    maps.removeFirst(max(0, maps.count - limits.maps))
  }

  func map(of id: String, _ index: Int, _ attribution: String, _ view: String) -> SaliencyMap? {
    let key = Self.key(id, index, attribution, view)
    return maps.first { $0.key == key }?.map
  }

  private static func key(_ id: String, _ index: Int, _ attribution: String, _ view: String) -> String {
    "\(id)|\(index)|\(attribution)|\(view)"
  }
}

extension Explainer {
  /// One picture's content explained, within the limits of `saliency explain`.
  ///
  /// - Throws: `PictureError`, ``ClassifierError``, `TorchError`, `CancellationError`.
  func explained(
    _ content: Data, named name: String, of explainedClass: Int? = nil, maximumPixels: Int
  ) async throws -> PictureJob.Explained {
    // Errors name the picture as the page does.
    let url = URL(filePath: name, relativeTo: URL(filePath: "/picture/"))
    return try await PictureJob(
      self, explainedClass: explainedClass, memory: memory, maximumPixels: maximumPixels, contents: [url: content]
    ).explained(url)
  }
}
