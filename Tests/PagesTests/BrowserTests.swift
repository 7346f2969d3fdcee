import Experiments
import Foundation
import TestSupport
import Testing

@testable import Reports

/// The page as a reader's browser shows it.
@Suite(
  .serialized, .slow,
  .enabled(if: Browser.isInstalled, "Debian's packages chromium and chromium-driver are not installed"))
struct BrowserTests {
  private let folder: TemporaryFolder
  private let page: URL

  init() throws {
    folder = try TemporaryFolder()
    page = folder.file("index.html")
    var experiment = sampleExperiment(
      model: hostileNames[0], dataset: hostileNames[3], paper: [0.2, 0.1, 0.3, 0.1, 0.3])
    experiment.checks = [
      AuditCheck(hostileNames[3], .passed, hostileNames[5]),
      AuditCheck(
        "independence of the batch", .warning,
        "Alone and in a batch, 8 images have the same logits to 2.1e−07 of the largest, and the gradients agree."),
    ]
    var report = sampleReport([experiment], paper: .signed)
    report.title = "A page"
    try Data(Page.html(report, examples: ["sample": sampleExamples(["cat", "dog"] + hostileNames)]).utf8).write(
      to: page)
  }

  private func with(_ browser: Browser, _ body: (Browser) throws -> Void) throws {
    try browser.open(page)
    try body(browser)
    let (console, requests) = (try browser.console(), try browser.requests())
    #expect(console == [] && requests == [page.absoluteString], "\(console) \(requests)")
    #expect(try browser.run("return window.hacked === undefined", as: Bool.self))
    #expect(try browser.run("return document.scripts.length", as: Int.self) == 2)
  }

  /// The canvas' grey values, row-major; -1 where a pixel is not grey or not opaque.
  private func canvas(_ browser: Browser) throws -> [Int] {
    try browser.run(
      """
      const canvas = document.getElementById("viewer-canvas");
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const values = copy.getImageData(0, 0, canvas.width, canvas.height).data;
      return Array.from({ length: values.length / 4 }, (_, i) => {
        const [r, g, b, a] = values.slice(4 * i, 4 * i + 4);
        return r === g && g === b && a === 255 ? r : -1;
      });
      """)
  }

  private func text(_ selector: String, _ browser: Browser) throws -> String {
    try browser.run("return document.querySelector('\(selector)').textContent")
  }

  @Test("by keyboard: a row opens, the slider deletes pixels, the answers follow, Escape goes back")
  func viewer() throws {
    try with(Browser(width: 1280)) { browser in
      try browser.type(Key.enter, into: ".example:nth-child(1) .open")
      #expect(try browser.run("return document.getElementById('viewer').open", as: Bool.self))
      #expect(try text("#viewer-title", browser) == "cat")
      let untouched = (0..<20).map { 100 + $0 }
      #expect(try canvas(browser) == untouched)
      #expect(try text("#viewer-answer", browser) == "Answer: cat, 90.0%")

      // Half of the pixels: k = ⌊3/6 · 20 + ½⌋ = 10.
      for _ in 0..<3 { try browser.type(Key.right, into: "#viewer-slider") }
      #expect(try canvas(browser) == untouched.enumerated().map { $0 < 10 ? 0 : $1 })
      #expect(try text("#viewer-state", browser) == "50% deleted: 10 of 20 pixels")
      #expect(try text("#viewer-answer", browser) == "Answer: another, 87.0% (cat: 60.0%)")

      try browser.click("#viewer-metrics label:nth-child(2)")
      #expect(try canvas(browser) == untouched.enumerated().map { $0 < 10 ? 255 : $1 })

      // The active map has ten pixels only.
      try browser.click("#viewer-views label:nth-child(4)")
      try browser.type(Key.end, into: "#viewer-slider")
      #expect(try canvas(browser) == untouched.enumerated().map { $0 < 10 ? 255 : $1 })
      #expect(
        try text("#viewer-state", browser) == "100% deleted: 10 of 20 pixels, all that the map has")
      #expect(try text("#viewer-answer", browser) == "Answer: cat, 90.0%")
      #expect(try text("#viewer-map-name", browser) == "active map")

      try browser.click("#viewer-next")
      #expect(try text("#viewer-title", browser) == "dog")
      try browser.type(Key.escape, into: "#viewer-slider")
      #expect(try browser.run("return document.getElementById('viewer').open", as: Bool.self) == false)
      // The focus goes back in the dialog's close event, which comes after it is closed.
      var focused = ""
      for _ in 0..<50 where focused != "dog" {
        Thread.sleep(forTimeInterval: 0.02)
        focused = try browser.run("return document.activeElement.textContent", as: String.self)
      }
      #expect(focused == "dog")
    }
  }

  @Test("a click on a map opens it; names are shown as they are", arguments: hostileNames.indices)
  func click(index: Int) throws {
    try with(Browser(width: 1280)) { browser in
      try browser.click(".example:nth-child(\(index + 3)) img[data-view=inactive]")
      #expect(try text("#viewer-title", browser) == hostileNames[index])
      #expect(try text("#viewer-answer", browser) == "Answer: \(hostileNames[index]), 90.0%")
      #expect(try text("#viewer-map-name", browser) == "inactive map")
      #expect(try browser.run("return document.getElementById('viewer-map').naturalWidth", as: Int.self) == 5)
    }
  }

  @Test(
    "even what stands on the page as it came does not run, and the page's own script and style do",
    arguments: ["model", "dataset", "class"])
  func policy(place: String) throws {
    let name = try #require(["model": "\u{2460}", "dataset": "\u{2461}", "class": "\u{2462}"][place])
    let experiment = sampleExperiment(model: "\u{2460}", dataset: "\u{2461}")
    let html = try Page.html(sampleReport([experiment]), examples: ["sample": sampleExamples(["\u{2462}"])])
    let injected = """
      <i class="injected"></i><script>window.hacked = 1</script><script src="data:text/javascript,window.hacked = 1"></script>\
      <img src="x" onerror="window.hacked = 1"><svg onload="window.hacked = 1"></svg>\
      <iframe srcdoc="<script>top.hacked = 1</script>"></iframe><base href="https://example.org/">\
      <style>.injected { color: rgb(1, 2, 3) }</style><i class="injected" style="color: rgb(1, 2, 3)"></i>
      """
    // Where it stands in text; in attributes it stays what it was.
    let parts = html.components(separatedBy: ">\(name)")
    #expect(parts.count > 1)
    try Data(parts.joined(separator: ">\(injected)").utf8).write(to: page)
    let browser = try Browser(width: 1280)
    try browser.open(page)
    #expect(try browser.run("return document.querySelectorAll('.injected').length", as: Int.self) >= 2)
    #expect(try browser.run("return window.hacked === undefined", as: Bool.self))
    #expect(
      try browser.run(
        """
        return [...document.querySelectorAll('.injected')].every((i) => getComputedStyle(i).color !== 'rgb(1, 2, 3)')
        """, as: Bool.self))
    #expect(try browser.run("return document.baseURI", as: String.self) == page.absoluteString)
    #expect(try browser.console().contains { $0.contains("Content Security Policy") })
    // The page's own.
    #expect(
      try browser.run("return getComputedStyle(document.body).backgroundColor", as: String.self) == "rgb(253, 253, 251)"
    )
    try browser.hover("#chart-sample-black-0")
    #expect(try text("#chart-sample-black-0-values", browser).hasPrefix("30% deleted: original 0.4000"))
  }

  @Test("curves show their values under the pointer, and by the arrow keys")
  func hover() throws {
    try with(Browser(width: 1280)) { browser in
      try browser.hover("#chart-sample-black-0")
      #expect(
        try text("#chart-sample-black-0-values", browser)
          == "30% deleted: original 0.4000, positive 0.4100, negative 0.4200, active 0.4300, inactive 0.4400, random 0.5000"
      )
      try browser.type(Key.right, into: "#chart-sample-black-0")
      #expect(try text("#chart-sample-black-0-values", browser).hasPrefix("60% deleted: original 0.1234, "))
      try browser.type(Key.left + Key.left, into: "#chart-sample-black-0")
      #expect(try text("#chart-sample-black-0-values", browser).hasPrefix("0% deleted: original 0.8000, "))
    }
  }

  @Test("nothing sticks out of a phone's screen, light or dark", arguments: [false, true])
  func phone(dark: Bool) throws {
    try with(Browser(width: 390, dark: dark)) { browser in
      #expect(try browser.run("return document.documentElement.scrollWidth", as: Int.self) == 390)
      let ground = try browser.run("return getComputedStyle(document.body).backgroundColor", as: String.self)
      #expect(ground == (dark ? "rgb(22, 24, 27)" : "rgb(253, 253, 251)"))
      // No verdict is broken.
      #expect(
        try browser.run(
          """
          return [...document.querySelectorAll('.checks th:nth-child(2), .checks .verdict')].map((cell) => {
            const range = document.createRange();
            range.selectNodeContents(cell);
            return new Set([...range.getClientRects()].map((box) => Math.round(box.bottom))).size;
          })
          """) == [1, 1, 1])
      try browser.type(Key.enter, into: ".example:nth-child(2) .open")
      #expect(
        try browser.run(
          "const box = document.getElementById('viewer').getBoundingClientRect(); return box.left >= 0 && box.right <= 390",
          as: Bool.self))
    }
  }
}
