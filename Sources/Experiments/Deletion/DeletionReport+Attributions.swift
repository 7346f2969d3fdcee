import Figures
import Maps

/// Attributions and views against each other: does a map say more than the gradient's through the same view, and does a view say more
/// than the attribution's usual picture, its original?
extension DeletionReport {
  /// Whether there is more than one attribution to compare.
  var comparesAttributions: Bool { setup.series.filter { $0.kind == .map }.map(\.attribution).unique.count > 1 }

  /// What a map is compared with.
  enum Rival: String, CaseIterable {
    case gradient = "than the gradient"
    case original = "than the original"

    /// Its place among some maps; nil where it is not there, or is the map itself.
    func place(for map: MapName, in series: [MapName]) -> Int? {
      let usual = MapName(Gradient(), Original())
      let (attribution, view) =
        switch self {
        case .gradient: (usual.attribution, map.view)
        case .original: (map.attribution, usual.view)
        }
      guard (attribution, view) != (map.attribution, map.view) else { return nil }
      return series.firstIndex { $0.kind == .map && $0.attribution == attribution && $0.view == view }
    }
  }

  /// By how much a map's score is further in the direction that is good for the map than its rival's, on the same images: above 0 is
  /// better. Nil where one of them was not measured, or where the gradient's should go the other way: what is evidence is missed whatever takes
  /// its place, what should be brighter is not missed where it turns white.
  func gain(_ map: MapName, over rival: Rival, metric: Int) -> Estimate? {
    let series = result.shape(metric).series
    guard let own = series.firstIndex(of: map), let place = rival.place(for: map, in: series),
      let isLow = isLowGood(map, metric: metric),
      rival == .original || isLowGood(series[place], metric: metric) == isLow
    else { return nil }
    return isLow
      ? bootstraps[metric].difference(smaller: own, larger: place)
      : bootstraps[metric].difference(smaller: place, larger: own)
  }

  /// The maps that some metric scores, controls left out.
  private var comparedMaps: [MapName] {
    result.metrics.indices.flatMap { result.shape($0).series }.filter { $0.kind == .map }.unique
  }

  /// A row for every map, by all metrics: what it scores, and by how much it is better than its rivals.
  func gains(_ rival: Rival) -> Table {
    var lines = [["better \(rival.rawValue)"] + result.metrics.map(\.name)]
    for map in comparedMaps {
      let cells = result.metrics.indices.map { metric in
        gain(map, over: rival, metric: metric).map { "\(Text.signed($0.value)) \(mark($0))" } ?? ""
      }
      if cells.contains(where: { !$0.isEmpty }) { lines.append([map.title] + cells) }
    }
    return Table(
      caption:
        "How much further in the direction that is good for the map: ✓ the whole 95% interval of the difference on the same images is above "
        + "0, ✗ below 0", lines)
  }

  private func mark(_ difference: Estimate) -> String {
    switch OrderClaim.Verdict(of: difference, images: result.imageCount) {
    case .holds: "✓"
    case .fails: "✗"
    case .notShown: " "
    }
  }

  /// All of it for people: a table for each metric.
  var attributionTables: [Table] {
    result.metrics.indices.map { metric in
      var lines = [
        ["map", "should be", score(metric).name, "95% interval"]
          + Rival.allCases.flatMap { ["better \($0.rawValue)", "95% interval"] }
          + ["seconds an image"]
      ]
      for (place, map) in result.shape(metric).series.enumerated() where map.kind != .randomAsMany {
        let own = scores[metric][place]
        var cells = [map.title, goal(map, metric), Text.number(own.value), Text.interval(own)]
        for rival in Rival.allCases {
          let found = gain(map, over: rival, metric: metric)
          cells += found.map { ["\(Text.signed($0.value)) \(mark($0))", Text.signedInterval($0)] } ?? ["", ""]
        }
        lines.append(cells + [seconds(map).map { Text.digits(Float($0)) } ?? ""])
      }
      return Table(
        caption:
          "\(result.metrics[metric].title). Better: further in the direction that is good for the map, on the same images; seconds: "
          + "of one processor, for all views of the attribution", lines)
    }
  }

  /// The same for programs.
  var attributionNumbers: Table {
    var lines = [["metric", "attribution", "view", "good", "score", "low", "high"]]
    lines[0] += ["gradient", "original"].flatMap { ["than_\($0)", "than_\($0)_low", "than_\($0)_high"] } + ["seconds"]
    func cells(_ estimate: Estimate?) -> [String] {
      estimate?.columns ?? ["", "", ""]
    }
    for metric in result.metrics.indices {
      for (place, map) in result.shape(metric).series.enumerated() where map.kind == .map || map.kind == .random {
        let name = map.isControl ? ["random", "all"] : [map.attribution, map.view]
        var line = [result.metrics[metric].name] + name + [goal(map, metric)] + cells(scores[metric][place])
        for rival in Rival.allCases { line += cells(gain(map, over: rival, metric: metric)) }
        lines.append(line + [seconds(map).map { "\($0)" } ?? ""])
      }
    }
    return Table(lines)
  }

  private func goal(_ map: MapName, _ metric: Int) -> String {
    isLowGood(map, metric: metric).map { $0 ? "low" : "high" } ?? ""
  }

  private func seconds(_ map: MapName) -> Double? {
    map.isControl ? nil : result.attributionSeconds?[map.attribution]
  }
}
