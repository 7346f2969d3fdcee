import Experiments
import Figures
import Foundation
import Testing

@testable import Reports

@Suite struct PageTests {
  @Test("names from files are text on the page, wherever they stand", arguments: hostileNames)
  func escaping(name: String) throws {
    var experiment = sampleExperiment(model: name, dataset: name)
    experiment.checks = [AuditCheck(name, .warning, name)]
    experiment.making = [PageFact(name, name)]
    var examples = try sampleExamples([name])
    examples.without = [name]
    var report = sampleReport([experiment])
    report.title = name
    report.missing = [PageMissing(what: name, command: name)]
    report.documents = [PageDocument(title: name, path: name)]
    let html = try Page.html(report, examples: ["sample": examples])
    let escaped = HTMLText().escapeText(name)
    #expect(!escaped.unicodeScalars.contains { "<>\"'".unicodeScalars.contains($0) })
    #expect(html.contains("<title>\(escaped)</title>"))
    // Title, heading, model, data set, check, detail, facts, missing, document, example, class without example.
    #expect(html.components(separatedBy: escaped).count > 15)
    if name.contains("<") { #expect(!html.contains(name)) }
    // The two scripts are the page's own.
    #expect(html.components(separatedBy: "<script").count == 3 && html.components(separatedBy: "</script").count == 3)
    let start = try #require(html.range(of: "id=\"page-data\">")).upperBound
    let json = html[start...].prefix { $0 != "<" }
    let data = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let sets = try #require(data["examples"] as? [String: [String: Any]])
    let shown = try #require(sets["sample"]?["examples"] as? [[String: Any]])
    #expect(shown[0]["name"] as? String == name)
  }

  @Test("the page loads nothing from anywhere")
  func selfContained() throws {
    let html = try Page.html(sampleReport([sampleExperiment()]), examples: ["sample": sampleExamples(["a"])])
    #expect(html.contains("default-src 'none'"))
    let places = html.matches(of: #/(?:src|href)="([^"]*)"|url\(([^)]*)\)/#)
    #expect(places.count > 5)
    for place in places {
      let address = place.1 ?? place.2 ?? ""
      #expect(address.hasPrefix("data:") || address.hasPrefix("#"), "\(place.0)")
    }
    // The name of SVG is not a place.
    #expect(!html.replacing("http://www.w3.org/2000/svg", with: "").contains("://"))
  }

  @Test("every picture has a text of its own, every control a name")
  func alternatives() throws {
    let html = try Page.html(sampleReport([sampleExperiment()]), examples: ["sample": sampleExamples(["cat", "dog"])])
    let texts = html.matches(of: #/<img src[^>]* alt="([^"]+)"/#).map { String($0.1) }
    #expect(texts.count == 12 && Set(texts).count == 12)
    #expect(html.matches(of: #/<img /#).count == 13, "the viewer's picture gets its text with its content")
    #expect(html.matches(of: #/role="img" tabindex="0" aria-label="[^"]+"/#).count == 2)
  }

  @Test("the summary says whether the claims hold, for one model and for several")
  func headlines() {
    func sentences(_ experiments: [PageExperiment]) -> [String] { Array(sampleReport(experiments).headlines.prefix(2)) }
    let wrong = sampleExperiment(
      "b", claims: sampleClaims(["white original positive": -0.02, "black original random": 0.005]))
    #expect(
      sentences([sampleExperiment()]) == [
        "The order of the maps that the paper claims holds in black- and white-deletion, on 1,234 images of a data set.",
        "The advantage of every map over random pixels holds in black-deletion, on 1,234 images of a data set.",
      ])
    #expect(
      sentences([wrong]) == [
        "The order of the maps that the paper claims holds in black-deletion, does not hold in white-deletion, on 1,234 "
          + "images of a data set.",
        "The advantage of every map over random pixels is not shown with this many images in black-deletion, on 1,234 "
          + "images of a data set.",
      ])
    let ending = "tests, one for each model, data set and colour, on 1,234 images each."
    #expect(
      sentences([sampleExperiment(), sampleExperiment("c")])[0]
        == "The order of the maps that the paper claims holds in all 4 \(ending)")
    #expect(
      sentences([sampleExperiment(), wrong])[0]
        == "The order of the maps that the paper claims holds in 3 of 4, does not hold in 1 of 4 \(ending)")
    #expect(
      sampleReport([sampleExperiment(), wrong]).problems == [
        "a model on a data set, black-deletion, original below random pixels: not shown with this many images; the areas "
          + "differ by +0.0050 (−0.0050 to +0.0150).",
        "a model on a data set, white-deletion, original below positive: does not hold; the areas differ by −0.0200 "
          + "(−0.0300 to −0.0100).",
      ])
    let beside = sampleReport([sampleExperiment(paper: [0.22, 0.19, nil, 0.16, 0.30])], paper: .signed)
    #expect(
      beside.headlines[2]
        == "The areas under the curves differ from the paper’s by 0.0100 on average and by 0.0300 at most (a model on a data "
        + "set, black-deletion, positive).")
  }

  @Test("where the paper lies among trained networks is said in words, in the table and in one sentence")
  func spread() throws {
    var experiment = sampleExperiment(paper: [0.22, 0.16, 0.26, 0.17, 0.30])
    // Mean 0.3 and deviation 0.1.
    let spread = Spread([0.2, 0.2, 0.2, 0.3, 0.4, 0.4, 0.4])
    #expect(abs(spread.mean - 0.3) < 1e-12 && abs(spread.deviation - 0.1) < 1e-12)
    let papers = [0.31, 0.49, 0.05, 0.61]
    experiment.spread = PageSpread(
      seeds: 1, epochs: 7, images: 1000, ordered: 6, accuracy: spread,
      areas: zip(views, papers).map { .init(metric: "black", map: gradient($0), spread: spread, paper: $1) })
    let html = try Page.html(sampleReport([experiment], paper: .signed))
    for (view, text) in zip(views, ["within the spread", "within the spread", "in its tail", "outside the spread"]) {
      #expect(html.contains("sample/black/gradient-\(view)/spread/place\">\(text)</td>"), "\(view)")
    }
    #expect(html.contains("spread/distance\">+1.9</td>") && html.contains("spread/distance\">−2.5</td>"))
    #expect(
      html.contains(
        "Means and standard deviations of 7 networks, those of the last 7 epochs of one training, each on 1,000 images "
          + "(the mean is moved by what all images change in the training’s last epoch)"))
    #expect(
      sampleReport([experiment], paper: .signed).headlines.contains(
        "Of the paper’s 4 areas 2 lie within the spread of our trained networks (two standard deviations), 1 in its tail "
          + "(three) and 1 outside; the maps are in the paper’s order in 6 of 7 networks."))
  }

  @Test("what is not there is said, or its section is left out")
  func parts() throws {
    let bare = try Page.html(sampleReport([sampleExperiment()]))
    #expect(bare.contains("without pictures") && !bare.contains("Self-audit") && !bare.contains(">paper<"))
    var report = sampleReport([sampleExperiment(paper: [0.2, 0.2, 0.2, 0.2, 0.2])], paper: .signed)
    report.missing = [PageMissing(what: "No data.", command: "saliency data fetch x")]
    report.experiments[0].checks = [AuditCheck("a check", .failed, "it is wrong")]
    var examples = try sampleExamples(["a"])
    (examples.without, examples.leftOut) = (["rare"], 1980)
    let full = try Page.html(report, examples: ["sample": examples])
    #expect(full.contains("Self-audit") && full.contains("✗</span> failed") && full.contains("it is wrong"))
    #expect(full.contains("No data. Get it with <code>saliency data fetch x</code>") && full.contains(">paper<"))
    #expect(full.contains("of the class rare.") && full.contains("1,980 further classes are left out"))
  }

  @Test("colours of text have contrast 4.5, of curves 3, on the page's ground, light and dark")
  func contrast() throws {
    let css = String(decoding: PackageResources.page_css, as: UTF8.self)
    let blocks = css.components(separatedBy: "@media print")[0].components(separatedBy: ":root {").dropFirst()
    for (block, tone) in zip(blocks, [\CurveStyle.Tone.light, \.dark]) {
      let colours = Dictionary(
        uniqueKeysWithValues: block.prefix { $0 != "}" }.matches(of: #/--(\w+): #([0-9a-f]{6});/#).map {
          (String($0.1), Self.luminance(UInt32($0.2, radix: 16) ?? 0))
        })
      let paper = try #require(colours["paper"])
      func contrast(_ other: Double) -> Double { (max(paper, other) + 0.05) / (min(paper, other) + 0.05) }
      for name in ["ink", "quiet", "accent", "good", "bad", "fair"] {
        #expect(try contrast(#require(colours[name])) >= 4.5, "\(name)")
      }
      for colour in CurveStyle.palette.map({ $0[keyPath: tone] }) {
        let number = UInt32(colour.red) << 16 | UInt32(colour.green) << 8 | UInt32(colour.blue)
        #expect(contrast(Self.luminance(number)) >= 3, "\(colour.hex)")
      }
    }
  }

  private static func luminance(_ colour: UInt32) -> Double {
    let linear = [16, 8, 0].map { shift in
      let value = Double(colour >> UInt32(shift) & 255) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (10_000, "10,000"), (1_234_567, "1,234,567")])
  func counts(number: Int, text: String) { #expect(Text.count(number) == text) }

  @Test(arguments: [(0.01234, "+0.0123"), (-0.01234, "−0.0123"), (-0.00001, "+0.0000"), (0, "+0.0000")])
  func signs(number: Double, text: String) { #expect(Text.signed(number) == text) }
}
