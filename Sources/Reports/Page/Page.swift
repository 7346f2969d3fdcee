import Downloads
import Experiments
import Figures
import Foundation
import Mustache

/// A self-contained HTML page of results: one file, no network, nothing but what a browser brings.
///
/// Every name that comes from a file is escaped, and the page's content security policy lets nothing but its own script and style
/// act, by their hashes. A number that is measured stands in an element whose `data-key` says which
/// one it is, so that a program can compare the page with the files beside it.
enum Page {
  /// The page.
  ///
  /// - Parameters:
  ///   - examples: by the experiments' names; none for an experiment whose pictures are not shown.
  /// - Throws: `MustacheTemplate`'s and `JSONEncoder`'s errors, which only a mistake in this target makes.
  static func html(_ report: PageReport, examples: [String: PageExamples] = [:]) throws -> String {
    MustacheContentTypes.register(HTMLText(), named: "PAGE")
    let template = try MustacheTemplate(string: text(PackageResources.page_mustache))
    var view = PageView(report, examples)
    view.style = text(PackageResources.page_css) + CurveStyle.css
    view.script = text(PackageResources.page_js)
    (view.styleHash, view.scriptHash) = (view.style.policyHash, view.script.policyHash)
    view.data = try PageData(report, examples).scriptText()
    return template.render(view)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Escapes what is put between tags or into attributes, scalar by scalar: Mustache's own escaping goes by whole characters, and
/// a quotation mark that bears a combining accent is another character, but still ends an attribute.
struct HTMLText: MustacheContentType {
  func escapeText(_ text: String) -> String { text.escaped }
}

extension Encodable {
  /// JSON for programs: one line unless the formatting says otherwise.
  package func json(
    _ formatting: JSONEncoder.OutputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// JSON that can stand in a script element: no `</script>` or `<!--` can end or change it.
  package func scriptText() throws -> String {
    try json().replacing("<", with: "\\u003c").replacing(">", with: "\\u003e").replacing("&", with: "\\u0026")
      .replacing("\u{2028}", with: "\\u2028").replacing("\u{2029}", with: "\\u2029")
  }
}

extension String {
  /// What a content security policy calls a script or style by.
  package var policyHash: String {
    let digest = Digest.sha256()
    Array(utf8).withUnsafeBytes { digest.update($0) }
    return "sha256-\(Data(digest.finish()).base64EncodedString())"
  }
}

/// What the page's script reads: the charts' values, and the examples without the pictures that the page shows already.
struct PageData: Encodable {
  struct Line: Encodable {
    let name: String
    let values: [Double]
  }

  struct Chart: Encodable {
    let fractions: [Double]
    let lines: [Line]
  }

  struct Map: Encodable {
    let attribution, view: String
    let steps: Data
    let deleted: [Int]
    let answers: [String: [PageAnswer]]
  }

  struct Example: Encodable {
    let name: String
    let maps: [Map]
  }

  struct Examples: Encodable {
    let fractions: [Double]
    let height, width: Int
    let examples: [Example]
  }

  var charts: [String: Chart] = [:]
  let examples: [String: Examples]

  init(_ report: PageReport, _ examples: [String: PageExamples]) {
    self.examples = examples.mapValues { set in
      Examples(
        fractions: set.fractions, height: set.height, width: set.width,
        examples: set.examples.map { example in
          Example(
            name: example.name,
            maps: example.maps.map {
              Map(
                attribution: $0.attribution, view: $0.view, steps: $0.steps, deleted: $0.deleted, answers: $0.answers)
            })
        })
    }
    for chart in report.experiments.flatMap(\.charts) {
      charts[chart.id] = Chart(
        fractions: chart.curves[0].fractions,
        lines: chart.curves.map { Line(name: $0.map.title(namesAttribution: false), values: $0.values) })
    }
  }
}

extension PageExperiment {
  /// The metrics and the attributions in their order of appearance.
  var metrics: [String] { areas.map(\.metric).unique }
  var attributions: [String] { areas.filter { !$0.map.isControl }.map(\.map.attribution).unique }

  /// A chart for every attribution and metric: its maps' curves, and random pixels'.
  var charts: [Chart] {
    attributions.enumerated().flatMap { turn, attribution in
      metrics.map { metric in
        let shown = curves.filter {
          $0.metric == metric
            && ($0.map.kind == .random || !$0.map.isControl && $0.map.attribution == attribution)
        }
        return Chart(
          id: "chart-\(name)-\(metric)-\(turn)", metric: metric, attribution: attribution, score: score, curves: shown)
      }
    }.filter { !$0.curves.isEmpty }
  }
}
