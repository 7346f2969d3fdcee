#if Explorer
  import Experiments
  import Figures
  import Foundation
  import Maps
  import Networks
  import Pictures
  import Rasters
  import Saliency
  import Tensors
  import TestSupport
  import Testing

  @testable import Explorer

  /// `saliency explore` as a reader's browser shows it.
  @Suite(
    .serialized, .slow,
    .enabled(if: Browser.isInstalled, "Debian's packages chromium and chromium-driver are not installed"))
  struct ExplorerServedTests {
    private static let right = "#stage .panel:nth-child(2)"

    @Test("a picture is dropped, classes are clicked, pixels are deleted and painted, files are kept")
    func journey() async throws {
      try await exploring { (browser, session) async throws in
        try browser.drop(Data(contentsOf: ExplorerSample.photograph), named: "chelsea.png")
        try browser.settled()
        #expect(try browser.text("#bars li:nth-child(1)") == "catexplained55.2%")
        let sample = try await ExplorerSample.make()
        let explanation = sample.explained.explanation
        let signed = try #require(explanation.map("signed")?.values)
        #expect(
          try largestDifference(browser.pixels("\(Self.right) canvas"), signed.coloured(signed: true)).map { $0 <= 1 }
            == true)

        // A class, and its rival.
        try browser.click("#bars [data-index='3']")
        try browser.click("#bars [data-index='5']")
        try browser.set("\(Self.right) .of", "contrast")
        try browser.settled()
        let contrast = try await TorchActor.run {
          try sample.document.explainer().contrast(
            Preprocessing.image(from: sample.explained.image), of: 3, against: 5)[0]
        }
        #expect(
          try largestDifference(browser.pixels("\(Self.right) canvas"), contrast.values.coloured(signed: true))
            .map { $0 <= 1 } == true)

        // A map's first pixels turn into the blurred picture.
        try browser.click("#replacement label:has([value=blur])")
        try browser.settled()
        try browser.set("#step", "4")
        let positive = try #require(explanation.map("positive"))
        let steps = DeletionSteps(positive.values)
        let answers = try await TorchActor.run { try steps.answers(sample.explained.image, .blur, sample.classifier) }
        let best = answers[4].predictedClass
        #expect(
          try browser.text("#after b")
            == "\(sample.classifier.labels[best]) \(String(format: "%.1f%%", answers[4].probabilities[best] * 100))")

        // The reader's own pixels: a stroke across the middle.
        try browser.click("#how label:has([value=brush])")
        try browser.click("#replacement label:has([value=white])")
        _ = try browser.run(
          """
          const canvas = document.getElementById("deleted"), box = canvas.getBoundingClientRect();
          canvas.setPointerCapture = () => {};
          const at = (type, x) => canvas.dispatchEvent(new PointerEvent(type, {
            clientX: box.left + box.width * x, clientY: box.top + box.height / 2, buttons: 1, pointerId: 1, bubbles: true }));
          at("pointerdown", 0.2);
          for (let x = 0.2; x <= 0.8; x += 0.02) at("pointermove", x);
          return 1;
          """, as: Int.self)
        let painted = try browser.pixels("#deleted")
        var marks = [Bool](repeating: false, count: 32 * 32)
        var image = sample.explained.image
        for pixel in marks.indices where (0..<3).allSatisfy({ painted.values[3 * pixel + $0] == 255 }) {
          marks[pixel] = true
          for channel in 0..<3 { image.values[3 * pixel + channel] = 1 }
        }
        #expect(marks.count { $0 } > 15)
        let own = try await TorchActor.run {
          try DeletionSteps.answers(sample.explained.image, [marks], .white, sample.classifier)[0]
        }
        let text =
          "\(sample.classifier.labels[own.predictedClass]) \(String(format: "%.1f%%", own.probabilities[own.predictedClass] * 100))"
        try browser.wait(for: "document.querySelector('#after b')?.textContent === '\(text)'")

        // What is kept.
        try browser.keepSaved()
        try browser.click("[data-file=png]")
        let png = try browser.saved()
        var drawing = ExplanationFigure(model: ExplorerSample.model)
        drawing.style = .signed
        let asked = try Explainer(sample.classifier, views: Views.all)
        let image32 = sample.explained.image
        let shown = try await TorchActor.run { try asked.explain(Preprocessing.image(from: image32), classes: [3])[0] }
        #expect(png.name == "chelsea.saliency.png" && shown.explainedClass == 3)
        let figure = drawing.figure(
          sample.explained, views: Views.all.map(\.name), labels: sample.classifier.labels)
        #expect(png.content == (try figure.encoded(as: .png)))
        try browser.click("[data-file=html]")
        let page = try browser.saved()
        #expect(String(decoding: page.content.prefix(20_000), as: UTF8.self).contains("<title>chelsea.png</title>"))
      }
    }

    @Test("a broken picture is told, and the next one is shown; what stands in the address is taken up again")
    func brokenAndAddress() async throws {
      try await exploring(width: 390) { (browser, _) async throws in
        try browser.drop(Data("no picture".utf8), named: "broken.jpg")
        try browser.wait(for: "!document.getElementById('trouble').hidden")
        #expect(try browser.text("#trouble").hasPrefix("broken.jpg is not a picture this program can read"))
        try browser.click("#examples button:nth-of-type(1)")
        try browser.settled()
        #expect(try browser.run("return document.getElementById('trouble').hidden", as: Bool.self))
        try browser.click("#bars li:nth-child(2) button")
        try browser.set("\(Self.right) .show", "active")
        try browser.click("#style label:has([value=heat])")
        try browser.settled()
        try browser.wait(
          for: "location.hash.includes('heat') && location.hash.includes('active') && location.hash.includes('class=5')"
        )
        let hash: String = try browser.run("return location.hash")
        #expect(!hash.contains("chelsea"))
        // Nothing is wider than a phone.
        #expect(try browser.run("return document.documentElement.scrollWidth <= innerWidth", as: Bool.self))
        _ = try browser.run("location.reload(); return 1", as: Int.self)
        try browser.wait(for: "window.saliency")
        #expect(
          try browser.run("return saliency.state.style + saliency.state.panels[1].show", as: String.self)
            == "heatactive")
        try browser.click("#examples button:nth-of-type(1)")
        try browser.settled()
        #expect(try browser.text("#bars li:nth-child(2) em") == "explained")
      }
    }

    @Test("every attribution through every view appears, as the library has them")
    func grid() async throws {
      try await exploring { (browser, session) async throws in
        try browser.drop(Data(contentsOf: ExplorerSample.photograph), named: "chelsea.png")
        try browser.settled()
        try browser.click("#more")
        try browser.settled()
        let expected = Attributions.selfSufficient.map { attribution in
          Views.all.count { attribution.sign != nil || !$0.needsSign }
        }.reduce(0, +)
        try browser.wait(for: "document.querySelectorAll('#grid button:not(:disabled)').length === \(expected)")
        try browser.click("#grid tbody tr:nth-child(8) td:nth-child(3) button")
        let classifier = try await session.current().classifier
        let sample = try await ExplorerSample.make([DeepLIFT()])
        let map = try #require(sample.explained.explanation.map("positive")?.values)
        #expect(classifier.labels.count == 10)
        #expect(
          try largestDifference(browser.pixels("\(Self.right) canvas"), map.coloured(signed: true)).map { $0 <= 1 }
            == true)
      }
    }
  }
#endif
