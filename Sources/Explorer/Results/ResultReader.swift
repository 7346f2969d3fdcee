import Foundation
import Saliency

/// Reads what a deletion run left in its folder.
struct ResultReader {
  static let files = ["settings.json", "curves.csv", "predictions.npy"]

  /// How many images are shown of every ranking.
  static let mostImages = 60

  private let folder: URL
  private let path: String
  private let settings: DeletionRun.Settings
  private let metrics: [any Metric]

  /// - Parameter root: what paths are told from.
  /// - Throws: ``ResultsError``.
  init(_ folder: URL, below root: URL) throws {
    self.folder = folder
    let own = folder.standardizedFileURL.path
    let start = root.standardizedFileURL.path
    path = own == start ? root.lastPathComponent : String(own.dropFirst(start.count).drop { $0 == "/" })
    let url = folder.appending(path: Self.files[0])
    do {
      settings = try JSONDecoder().decode(DeletionRun.Settings.self, from: Data(contentsOf: url))
      metrics = try settings.setup.knownMetrics()
    } catch {
      throw ResultsError.damaged(url.relativePath, what: "is not of this version or damaged")
    }
  }

  /// - Parameter source: where images are looked for that the run did not keep.
  func message(_ source: ResultImages) async throws -> ResultMessage {
    let rankings = try rankings()
    let shown = Set(rankings.flatMap { $0.worst.map(\.index) })
    var (kept, missing) = (try await keptImages(shown), nil as String?)
    if kept.pictures.isEmpty, !shown.isEmpty {
      do { kept = try await pictures(shown, of: source.images(of: settings)) } catch let error as ResultImages.Missing {
        missing = error.reason
      }
    }
    let page = folder.deletingLastPathComponent().appending(path: "index.html")
    return ResultMessage(
      path: path, model: settings.model, dataset: settings.dataset, images: settings.setup.images,
      fractions: settings.setup.fractions,
      metrics: Dictionary(metrics.map { ($0.name, $0.title) }) { first, _ in first }, curves: try curves(),
      rankings: rankings, labels: labels, truths: kept.truths, pictures: kept.pictures, missing: missing,
      examples: examples,
      page: page.exists ? page.relativePath : nil)
  }

  // MARK: Curves

  private func curves() throws -> [ResultMessage.Curve] {
    let url = folder.appending(path: Self.files[1])
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    func damaged(_ what: String) -> ResultsError { .damaged(url.relativePath, what: what) }
    guard let head = lines.first, head.starts(with: ["metric", "attribution", "view", "fraction", "deleted"]) else {
      throw damaged("the first line names other columns")
    }
    var found: [(key: [String], points: [(Double, Double)])] = []
    for line in lines.dropFirst() where line.count == head.count {
      guard let fraction = Double(line[3]), let value = line.dropFirst(5).compactMap({ Double($0) }).first else {
        throw damaged("a line holds no numbers")
      }
      let key = Array(line.prefix(3))
      if found.last?.key != key { found.append((key, [])) }
      found[found.count - 1].points.append((fraction, value))
    }
    return found.map { key, points in
      let isControl = key[1] == "random" || key[1] == "sobel"
      let style = isControl ? CurveStyle.control(key[1]) : .map(key[1], key[2])
      return ResultMessage.Curve(
        metric: key[0],
        title: key[1] == "random" && key[2] != "all"
          ? "random, as many as \(key[2])" : isControl ? key[1] : "\(key[2]), \(key[1])",
        isControl: isControl, light: style.colours.light.hex, dark: style.colours.dark.hex, dash: style.dash,
        fractions: points.map(\.0), accuracy: points.map(\.1))
    }
  }

  // MARK: Images by failure

  private func rankings() throws -> [ResultMessage.Ranking] {
    let (setup, counted) = (settings.setup, metrics.filter(\.keepsClasses))
    let shape = [setup.images, counted.count, setup.series.count, setup.fractions.count]
    let url = folder.appending(path: Self.files[2])
    let file = try Data(contentsOf: url, options: .mappedIfSafe)
    let classes = try IntegerArray(file, shape: shape, path: url.relativePath)
    var rankings: [ResultMessage.Ranking] = []
    for (metric, own) in counted.enumerated() {
      for (series, map) in setup.series.enumerated() {
        guard let shouldChange = setup.isLowGood(map, own) else { continue }
        let all = (0..<setup.images).map { image -> ResultMessage.Image in
          let row = (image * counted.count + metric) * setup.series.count + series
          let answers = setup.fractions.indices.map { classes[row * setup.fractions.count + $0] }
          let failure = Self.failure(answers, setup.fractions, shouldChange: shouldChange)
          return ResultMessage.Image(index: image, failure: failure, classes: answers)
        }
        let worst = all.sorted { (-$0.failure, $0.index) < (-$1.failure, $1.index) }.prefix(Self.mostImages)
        let mean = all.map(\.failure).reduce(0, +) / Double(max(1, all.count))
        rankings.append(
          ResultMessage.Ranking(
            metric: own.name, title: "\(map.view), \(map.attribution)", shouldChange: shouldChange, mean: mean,
            worst: Array(worst)))
      }
    }
    return rankings
  }

  /// The share of the fractions' range, by the trapezoid rule, over which the answer is the first one, where it should change; or
  /// over which it is another, where it should stay.
  static func failure(_ classes: [Int], _ fractions: [Double], shouldChange: Bool) -> Double {
    guard let first = fractions.first, let last = fractions.last, last > first else { return 0 }
    let stays = classes.map { $0 == classes[0] ? 1.0 : 0 }
    var area = 0.0
    for next in fractions.indices.dropFirst() {
      area += (stays[next - 1] + stays[next]) / 2 * (fractions[next] - fractions[next - 1])
    }
    return shouldChange ? area / (last - first) : 1 - area / (last - first)
  }

  // MARK: What else is there

  /// By the model's name alone, if it ships with this program or was fetched.
  private var labels: [String] { Self.information(settings.model)?.labels.names ?? [] }

  static func information(_ model: String) -> ModelInformation? {
    let file = BundledModel.named(model)?.url ?? KnownModel.named(model)?.file()
    return file.flatMap { try? ModelInformation(contentsOf: $0) }
  }

  /// Twice as large as the page shows them.
  private static let pictureSide = 84

  private func pictures(
    _ indices: Set<Int>, of images: any LabelledImages
  ) async throws -> (truths: [String: Int], pictures: [String: Data]) {
    var (truths, pictures): ([String: Int], [String: Data]) = ([:], [:])
    for index in indices {
      truths["\(index)"] = Int(images.labels[index])
      pictures["\(index)"] = try await Self.encoded(images[index], index)
    }
    return (truths, pictures)
  }

  private static func encoded(_ image: PixelArray, _ index: Int) async throws -> Data {
    let factor = Double(pictureSide) / Double(max(image.height, image.width))
    guard factor < 1 else { return try image.encodedPNG(for: "image \(index)") }
    let (height, width) = (Double(image.height) * factor, Double(image.width) * factor)
    return try await image.resized(height: max(1, Int(height)), width: max(1, Int(width)))
      .encodedPNG(for: "image \(index)")
  }

  /// Images and classes that `--save-images` kept.
  private func keptImages(
    _ indices: Set<Int>
  ) async throws -> (truths: [String: Int], pictures: [String: Data]) {
    var (truths, pictures): ([String: Int], [String: Data]) = ([:], [:])
    let count = settings.setup.images
    if let file = try? Data(contentsOf: folder.appending(path: "labels.npy"), options: .mappedIfSafe),
      let labels = try? IntegerArray(file, shape: [count], path: "")
    {
      for index in indices { truths["\(index)"] = labels[index] }
    }
    if let file = try? Data(contentsOf: folder.appending(path: "images.npy"), options: .mappedIfSafe),
      let images = ImageArray(file, count: count, pixels: settings.setup.pixels)
    {
      for index in indices { pictures["\(index)"] = try await Self.encoded(images[index], index) }
    }
    return (truths, pictures)
  }

  /// Those of a page of results.
  private var examples: [ResultMessage.Example] {
    struct Kept: Decodable { let value: PageExamples }
    guard let data = try? Data(contentsOf: folder.appending(path: "examples.json")),
      let kept = try? JSONDecoder().decode(Kept.self, from: data)
    else { return [] }
    return kept.value.examples.map { example in
      .init(
        name: example.name, probability: example.probability, picture: example.picture,
        maps: example.maps.map { .init(title: "\($0.view), \($0.attribution)", picture: $0.picture) })
    }
  }
}
