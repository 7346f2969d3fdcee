import Experiments
import Figures
import Foundation
import Maps
import Pictures
import Rasters
import Saliency
import Tensors
import TestSupport
import Testing

@testable import Explorer

/// `saliency explain --format html` as a reader's browser shows it.
@Suite(
  .serialized, .slow,
  .enabled(if: Browser.isInstalled, "Debian's packages chromium and chromium-driver are not installed"))
struct ExplorerPageTests {
  private static let left = "#stage .panel:nth-child(1)"
  private static let right = "#stage .panel:nth-child(2)"

  private func open(_ page: Data, _ body: (Browser) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let file = folder.file("page.html")
    try page.write(to: file)
    let browser = try Browser(width: 1280)
    try browser.open(file)
    try browser.wait(for: "window.saliency")
    try await body(browser)
    let (console, requests) = (try browser.console(), try browser.requests())
    #expect(console == [] && requests.allSatisfy { $0 == file.absoluteString }, "\(console) \(requests)")
  }

  @Test("every map of every class is drawn as the command draws it, pixel by pixel, in both colours")
  func maps() async throws {
    let sample = try await ExplorerSample.make([Gradient(), GradientXInput()])
    try await open(sample.page([3, 5, 0])) { (browser: Browser) async throws in
      #expect(try largestDifference(browser.pixels("\(Self.left) canvas"), input(sample)) == 0)
      for (bar, index) in [3, 5, 0].enumerated() {
        if bar > 0 { try browser.click("#bars [data-index='\(index)']") }
        // A second class would be the rival.
        _ = try browser.run("saliency.state.picking = 'class'; return 1", as: Int.self)
        let explanation = try await sample.explanation(of: index)
        for map in explanation.maps {
          try browser.set("\(Self.right) .show", map.view)
          try browser.set("\(Self.right) .by", map.attribution)
          for style in ["heat", "signed"] {
            try browser.click("#style label:has([value=\(style)])")
            let view = try #require(Views.named(map.view))
            let isSigned = map.hasNegatives || style == "signed" && view.needsSign
            let values = isSigned && map.direction == .darker ? map.values.map { -$0 } : map.values
            let difference = try largestDifference(
              browser.pixels("\(Self.right) canvas"), values.coloured(signed: isSigned))
            #expect(difference.map { $0 <= 1 } == true, "\(index) \(map.view) \(style): \(difference ?? -1)")
          }
        }
      }
    }
  }

  @Test("the second class is the rival, and the map of one against the other is the library's")
  func contrast() async throws {
    let sample = try await ExplorerSample.make()
    let predicted = sample.explained.explanation.prediction.ranking
    try await open(sample.page()) { (browser: Browser) async throws in
      try browser.click("#bars li:nth-child(1) button")
      try browser.click("#bars li:nth-child(2) button")
      #expect(try browser.text("#bars li:nth-child(2) em") == "rival")
      try browser.set("\(Self.right) .of", "contrast")
      let map = try await TorchActor.run {
        try sample.document.explainer().contrast(
          Preprocessing.image(from: sample.explained.image), of: predicted[0], against: predicted[1])[0]
      }
      let drawn = try browser.pixels("\(Self.right) canvas")
      #expect(largestDifference(drawn, map.values.coloured(signed: true)).map { $0 <= 1 } == true)
      #expect(try browser.text("\(Self.right) figcaption") == "cat against dog, gradient")
      #expect(try browser.text("#meaning").contains("for cat against dog"))
    }
  }

  @Test("overlays at the photograph's resolution are the command's, pixel by pixel", arguments: ["signed", "heat"])
  func overlay(style: String) async throws {
    let sample = try await ExplorerSample.make()
    let map = try #require(sample.explained.explanation.map("signed")?.values)
    let positive = try #require(sample.explained.explanation.map("positive")?.values)
    let layer: PhotographOverlay.Layer =
      style == "signed"
      ? .signed(map, limit: DisplayScale.limit(of: map, percentile: 99.5))
      : .heat(positive, DisplayScale(of: positive, percentile: 99.5))
    let expected = PhotographOverlay(
      sample.photograph.pixels, window: sample.photograph.window, layer: layer, isSmooth: false
    ).pixels()
    try await open(sample.page()) { (browser: Browser) async throws in
      try browser.keepSaved()
      try browser.set("\(Self.right) .show", style == "signed" ? "signed" : "positive")
      try browser.click("#style label:has([value=\(style)])")
      try browser.click("#over")
      try browser.click("[data-file=shown]")
      let (name, content) = try browser.saved()
      #expect(name == "chelsea.shown.png")
      let saved = try Picture.decode(content, named: name).pixels
      #expect(largestDifference(saved, expected).map { $0 <= 1 } == true)
    }
  }

  @Test("the slider deletes the map's first pixels, with the answers that the model gives")
  func deletion() async throws {
    let sample = try await ExplorerSample.make()
    let positive = try #require(sample.explained.explanation.map("positive"))
    let steps = DeletionSteps(positive.values)
    let labels = sample.classifier.labels
    try await open(sample.page()) { (browser: Browser) async throws in
      for (replacement, value) in [(Replacement.black, UInt8(0)), (.white, 255)] {
        try browser.click("#replacement label:has([value=\(replacement.rawValue)])")
        let answers = try await TorchActor.run {
          try steps.answers(sample.explained.image, replacement, sample.classifier)
        }
        for step in [0, 3, 20] {
          try browser.set("#step", "\(step)")
          var expected = input(sample)
          for pixel in steps.steps.indices where steps.steps[pixel] <= step {
            for channel in 0..<3 { expected.values[3 * pixel + channel] = value }
          }
          #expect(try largestDifference(browser.pixels("#deleted"), expected) == 0)
          let answer = answers[step]
          let shown = String(format: "%.1f%%", answer.probabilities[answer.predictedClass] * 100)
          #expect(try browser.text("#after b") == "\(labels[answer.predictedClass]) \(shown)")
          #expect(try browser.text("#deleted-note").hasPrefix("\(Text.count(steps.deleted[step])) of 1,024 pixels"))
        }
      }
      #expect(try browser.run("return document.querySelectorAll('#curve polyline').length", as: Int.self) == 1)
    }
  }

  @Test("maps are kept as the command keeps them; JSON names the answers; the command line fits")
  func files() async throws {
    let sample = try await ExplorerSample.make()
    let map = try #require(sample.explained.explanation.map("negative")?.values)
    try await open(sample.page()) { (browser: Browser) async throws in
      try browser.keepSaved()
      try browser.set("\(Self.right) .show", "negative")
      try browser.click("[data-file=numpy]")
      let numpy = try browser.saved()
      #expect(numpy.name == "chelsea.gradient.negative.npy" && numpy.content == NumPyFile.encoded(map))
      try browser.click("[data-file=json]")
      let object = try JSONSerialization.jsonObject(with: browser.saved().content) as? [String: Any]
      #expect((object?["predicted"] as? [String: Any])?["class"] as? String == "cat")
      #expect(
        try browser.run("return document.getElementById('command').value", as: String.self)
          == "saliency explain chelsea.png --model cifar10-basic-cnn --attributions gradient --views "
          + "original,positive,negative,active,inactive --style signed --save-maps --json")
    }
  }

  @Test("under the cursor stand the values, and which class disputes the pixel by what margin")
  func cursor() async throws {
    let sample = try await ExplorerSample.make()
    let explanation = sample.explained.explanation
    let rivalry = try #require(explanation.rivalries.first)
    let signed = try #require(explanation.map("signed")?.values)
    try await open(sample.page()) { (browser: Browser) async throws in
      // By keyboard to the pixel in the middle.
      try browser.type(Key.right, into: "\(Self.right) .view")
      try browser.type(Key.left, into: "\(Self.right) .view")
      let text = try browser.text("#readout")
      #expect(text.hasPrefix("Pixel 16, 16"))
      let place = 16 * 32 + 16
      let value = try browser.run(
        "return saliency.Store.told('1', 'cifar10-basic-cnn').maps.get('3|gradient').views.signed.values[\(place)]",
        as: Double.self)
      #expect(Float(value) == signed.values[place])
      let (up, down) = (rivalry.strongest, rivalry.weakest)
      let rival = down.margins.values[place] > 0 && up.margins.values[place] <= 0 ? down : up
      #expect(text.contains(sample.classifier.labels[Int(rival.rivals.values[place])]))
      // Both panels show the same spot.
      let spots: [String] = try browser.run(
        "return [...document.querySelectorAll('.cross')].map((cross) => cross.style.left + cross.style.top)")
      #expect(spots.count == 2 && spots[0] == spots[1])
    }
  }

  @Test("panels zoom together, and a page of the signed map alone has an order of deletion, too")
  func zoom() async throws {
    var sample = try await ExplorerSample.make()
    sample.document = ExplorerDocument(sample.document.analysis, [Gradient()], [Views.signed], version: "1")
    try await open(sample.page([3, 5])) { (browser: Browser) async throws in
      #expect(try browser.text("#order") == "original, gradient")
      try browser.click("#larger")
      let views: [String] = try browser.run(
        "return [...document.querySelectorAll('#stage canvas')].map((canvas) => canvas.style.transform)")
      #expect(views == Array(repeating: "translate(-50%, -50%) scale(2)", count: 2))
      try browser.click("#whole")
      #expect(try browser.run("return document.querySelector('#stage canvas').style.transform", as: String.self) == "")
    }
  }

  @Test("names are shown as they are and can do nothing")
  func hostile() async throws {
    let name = hostileNames.joined(separator: " ")
    let sample = try await ExplorerSample.make()
    try await open(sample.page(name: name)) { (browser: Browser) async throws in
      #expect(try browser.text("h1") == name)
      #expect(try browser.run("return window.hacked === undefined", as: Bool.self))
      #expect(try browser.run("return document.scripts.length", as: Int.self) == 2)
    }
  }

  private func input(_ sample: ExplorerSample) -> PixelArray {
    sample.explained.image.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }
  }
}
