import Foundation
import Saliency
import Testing

/// The documentation's numbers about the paper are those of the pages in `Documentation`, which `saliency reproduce` made.
@Suite struct DocumentedNumbersTests {
  private struct Page: Decodable {
    struct Estimate: Decodable {
      let value, low, high: Double
      /// The standard deviation over trainings.
      let spread: Double?
    }
    struct Area: Decodable {
      let estimate: Estimate
      let isLowGood: Bool?
    }
    struct Spread: Decodable {
      struct Numbers: Decodable {
        let mean, deviation: Double
        let count: Int
      }
      struct Area: Decodable {
        let spread: Numbers
        let paper: Double
      }
      let accuracy: Numbers
      let areas: [Area]
      let ordered, seeds, epochs: Int
    }
    struct Experiment: Decodable {
      let name: String
      let images: Int
      let accuracy: Estimate
      /// The five maps, random pixels, and as many of these as each map but the original has; black, then white.
      let areas: [Area]
      let spread: Spread?
    }

    let experiments: [Experiment]
  }

  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let maps = ["original", "positive", "negative", "active", "inactive"]
  private static let experiments: [(name: String, title: String, paper: Paper.Experiment)] = [
    ("cifar10-basic-cnn", "Basic CNN on CIFAR-10", Paper.Experiment(.basicCNN, on: "cifar10")),
    ("cifar10-resnet18", "ResNet-18 on CIFAR-10", Paper.Experiment(.resNet18, on: "cifar10")),
    ("imagenette-basic-cnn", "Basic CNN on Imagenette", Paper.Experiment(.basicCNN, on: "imagenette")),
    ("imagenette-resnet18", "ResNet-18 on Imagenette", Paper.Experiment(.resNet18, on: "imagenette")),
  ]

  private func page(_ folder: String) throws -> Page {
    try JSONDecoder().decode(
      Page.self, from: Data(contentsOf: Self.package.appending(path: "Documentation/\(folder)/results.json")))
  }

  /// What stands below a heading of the second or third level, to the next one.
  private func section(_ title: String, of document: String) throws -> String {
    let url = Self.package.appending(path: "Sources/Saliency/Saliency.docc/\(document).md")
    let text = try String(contentsOf: url, encoding: .utf8)
    return try #require(text.components(separatedBy: "\n##").first { $0.drop { $0 == "#" }.hasPrefix(" \(title)\n") })
  }

  /// Whether a text says something, wherever its lines end.
  private func says(_ text: String, _ words: String) -> Bool {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(words)
  }

  private func rounded(_ number: Double) -> String { String(format: "%.4f", number) }

  @Test("the tables of areas, and what is said about them", arguments: experiments.indices)
  func areas(index: Int) throws {
    let (name, title, paper) = Self.experiments[index]
    let text = try section(title, of: "DeletionNumbers")
    let found = try #require(try page("reproduction").experiments.first { $0.name == name })
    let names = Self.maps + ["random"] + Self.maps.dropFirst().map { "random, as many as \($0)" }
    try #require(found.areas.count == 2 * names.count)
    func cell(_ place: Int) -> String {
      let area = found.areas[place]
      let arrow = area.isLowGood.map { $0 ? " ↓" : " ↑" } ?? ""
      let estimate = area.estimate
      return "\(rounded(estimate.value))\(arrow) (\(rounded(estimate.low))…\(rounded(estimate.high)))"
    }
    let rows = names.indices.map { place in
      let black = paper.area(.black, view: names[place]).map { " \(rounded($0))" } ?? ""
      let white = paper.area(.white, view: names[place]).map { " \(rounded($0))" } ?? ""
      return "| \(names[place]) | \(cell(place)) |\(black) | \(cell(place + names.count)) |\(white) |"
    }
    for row in rows.prefix(Self.maps.count) { #expect(text.contains(row), "\(row)") }
    for line in text.split(separator: "\n") where line.hasPrefix("| random") { #expect(rows.contains(String(line))) }

    let accuracy = try #require(paper.accuracy)
    #expect(says(text, "accuracy \(rounded(found.accuracy.value)) (paper"))
    #expect(says(text, ": \(rounded(accuracy)))"))
    #expect(says(text, found.images.formatted(.number.locale(Locale(identifier: "en_US")))))

    let black = found.areas.prefix(5).map(\.estimate.value)
    let white = found.areas[names.count..<names.count + 5].map(\.estimate.value)
    let isOrdered =
      max(black[1], black[3]) < black[0] && black[0] < min(black[2], black[4])
      && max(white[2], white[4]) < white[0] && white[0] < min(white[1], white[3])
    #expect(says(text, "The paper's order holds in both colours") == isOrdered)
    let differences = zip(
      black + white,
      Self.maps.map { paper.area(.black, view: $0) } + Self.maps.map { paper.area(.white, view: $0) }
    ).map { ours, theirs in abs(ours - (theirs ?? .infinity)) }
    let claim = try #require(text.firstMatch(of: #/(\w+)\s+of\s+ten\s+areas\s+are\s+within\s+(0\.\d+)/#))
    let bound = try #require(Double(claim.2))
    let words = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]
    #expect(String(claim.1) == words[differences.count { $0 <= bound }], "\(differences)")
  }

  /// The accuracy, and the areas under its curves, that `saliency benchmark` wrote.
  private struct Summary: Decodable {
    struct Area: Decodable {
      struct Scores: Decodable { let accuracy: Page.Estimate }
      let auc: Scores
      let metric, view: String
    }
    let accuracy: Double
    let areas: [Area]
  }

  @Test("the areas on the training set", arguments: ["cifar10", "imagenette"])
  func trainingSet(dataset: String) throws {
    let text = try section("On the training set", of: "DeletionNumbers")
    let summaries = try ["basic-cnn", "resnet18"].map { name in
      let file = "Documentation/training-set-\(dataset)-\(name)/summary.json"
      return try JSONDecoder().decode(Summary.self, from: Data(contentsOf: Self.package.appending(path: file)))
    }
    let accuracies = summaries.map { rounded($0.accuracy) }
    #expect(says(text, "Accuracies \(accuracies[0]) (Basic CNN) and \(accuracies[1]) (ResNet-18)"))
    for map in Self.maps {
      let isLowGood = ["black": ["original", "positive", "active"], "white": ["original", "negative", "inactive"]]
      let cells = try summaries.flatMap { summary in
        try ["black", "white"].map { metric in
          let area = try #require(summary.areas.first { $0.metric == metric && $0.view == map }).auc.accuracy
          let arrow = isLowGood[metric]?.contains(map) == true ? "↓" : "↑"
          return "\(rounded(area.value)) \(arrow) (\(rounded(area.low))…\(rounded(area.high)))"
        }
      }
      let row = "| \(map) | \(cells.joined(separator: " | ")) |"
      #expect(text.contains(row), "\(row)")
    }
  }

  @Test(
    "the spread over trainings",
    arguments: ["cifar10-basic-cnn", "cifar10-resnet18", "imagenette-basic-cnn", "imagenette-resnet18"])
  func spread(name: String) throws {
    let (_, title, experiment) = try #require(Self.experiments.first { $0.name == name })
    let text = try section(title, of: "ReproducingThePaper")
    let found = try #require(try page("seeds-\(name)").experiments.first { $0.name == name })
    let spread = try #require(found.spread)
    let verdicts = spread.areas.map { area in
      let away = abs(area.paper - area.spread.mean) / area.spread.deviation
      return away <= 2 ? "within the spread" : away <= 3 ? "in its tail" : "outside"
    }
    func cells(_ place: Int) -> String {
      let area = spread.areas[place]
      return
        "\(rounded(area.spread.mean)) ± \(rounded(area.spread.deviation)) | \(rounded(area.paper)) | \(verdicts[place])"
    }
    for (place, map) in Self.maps.enumerated() {
      let row = "| \(map) | \(cells(place)) | \(cells(place + Self.maps.count)) |"
      #expect(text.contains(row), "\(row)")
    }
    let networks = spread.seeds * spread.epochs
    #expect(spread.areas.allSatisfy { $0.spread.count == networks })
    func count(_ verdict: String) -> Int { verdicts.count { $0 == verdict } }
    #expect(
      says(
        text,
        "\(count("within the spread")) of the ten lie within the spread, \(count("in its tail")) in its tail, \(count("outside")) outside"
      ))
    #expect(says(text, "in \(spread.ordered) of \(networks) networks"))
    let ours = found.areas.filter { $0.isLowGood != nil }.map(\.estimate.value)
    let away = zip(ours, spread.areas).map { abs($0 - $1.paper) }
    let (mean, most) = (rounded(away.reduce(0, +) / Double(away.count)), rounded(away.max() ?? .nan))
    #expect(away.count == 10 && says(text, "by \(mean) on average and by \(most) at most"))
    // A single training has no deviation.
    let deviation = found.accuracy.spread.map { " on average, with a standard deviation of \(rounded($0))" } ?? ""
    let paper = rounded(try #require(experiment.accuracy))
    #expect(deviation.isEmpty == (spread.seeds == 1))
    #expect(says(text, "accuracy \(rounded(found.accuracy.value))\(deviation) (paper: \(paper))"))
    let outside = spread.areas.map { abs($0.paper - $0.spread.mean) / $0.spread.deviation }.filter { $0 > 3 }
    if !outside.isEmpty {
      let away = outside.map { String(format: "%.1f", $0) }.joined(separator: " and ")
      #expect(says(try section(title, of: "DeletionNumbers"), "\(away) standard deviations"))
    }
    let all = spread.accuracy
    #expect(all.count == networks && says(text, "networks is \(rounded(all.mean)) ± \(rounded(all.deviation))"))
  }
}
