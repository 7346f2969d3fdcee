import Foundation
import Rasters
import TestSupport
import Testing

@testable import Explorer

/// The page of finished results as a reader's browser shows it.
@Suite(
  .serialized, .slow,
  .enabled(if: Browser.isInstalled, "Debian's packages chromium and chromium-driver are not installed"))
struct ResultsPageTests {
  private static func sample() throws -> ResultMessage {
    let picture = try PixelArray(repeating: 99, height: 4, width: 4).encodedPNG(for: "a test")
    func image(_ index: Int, _ failure: Double, _ classes: [Int]) -> ResultMessage.Image {
      .init(index: index, failure: failure, classes: classes)
    }
    func curve(_ metric: String, _ title: String, _ values: [Double]) -> ResultMessage.Curve {
      .init(
        metric: metric, title: title, isControl: false, light: "#000000", dark: "#ffffff", dash: [4, 2],
        fractions: [0, 0.5, 1], accuracy: values)
    }
    return ResultMessage(
      path: "run", model: hostileNames[0], dataset: hostileNames[2], images: 1234, fractions: [0, 0.5, 1],
      metrics: ["black": "Black-deletion", "white": "White-deletion"],
      curves: [
        curve("black", "positive", [0.9, 0.3, 0.1]), curve("black", hostileNames[3], [0.9, 0.5, 0.2]),
        curve("white", "positive", [0.9, 0.8, 0.7]),
      ],
      rankings: [
        .init(
          metric: "black", title: "positive, gradient", shouldChange: true, mean: 0.4,
          worst: [image(7, 1, [1, 1, 1]), image(3, 0.25, [0, 2, 2])]),
        .init(
          metric: "white", title: "positive, gradient", shouldChange: false, mean: 0.1,
          worst: [image(5, 0.75, [2, 0, 0])]),
      ],
      labels: ["cat", hostileNames[3], "dog"], truths: ["7": 0, "3": 0, "5": 2], pictures: ["7": picture],
      missing: nil,
      examples: [
        .init(name: "cat", probability: 0.5, picture: picture, maps: [.init(title: "active", picture: picture)])
      ],
      page: nil)
  }

  @Test("curves, examples and the images by failure, on a desk and on a phone", arguments: [1280, 390])
  func page(width: Int) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("results.html")
    try ExplorerPage.results([Self.sample()], title: "results").write(to: file)
    let browser = try Browser(width: width)
    try browser.open(file)
    func texts(_ selector: String) throws -> [String] {
      try browser.run("return [...document.querySelectorAll(\"\(selector)\")].map((one) => one.textContent)")
    }
    #expect(try texts("h2") == ["\(hostileNames[0]) on \(hostileNames[2])"])
    #expect(try texts(".chart figcaption") == ["Black-deletion", "White-deletion"])
    #expect(try texts("tbody th") == ["image 7", "image 3"])
    #expect(try texts("tbody td.number") == ["100%", "25%"])
    #expect(try texts("tbody tr:nth-child(2) td:nth-child(6)") == ["dog from 50%"])
    #expect(
      try browser.run("return document.querySelectorAll('tbody tr:nth-child(2) .same').length", as: Int.self) == 1)
    _ = try browser.run(
      "const select = document.querySelector('select'); select.value = 1; select.dispatchEvent(new Event('change')); return 1",
      as: Int.self)
    #expect(try texts("tbody th") == ["image 5"])
    #expect(try browser.run("return document.querySelector('.example img').naturalWidth", as: Int.self) == 4)
    #expect(try browser.run("return document.documentElement.scrollWidth <= innerWidth", as: Bool.self))
    #expect(try browser.run("return window.hacked === undefined", as: Bool.self))
    let (console, requests) = (try browser.console(), try browser.requests())
    #expect(console == [] && requests == [file.absoluteString], "\(console) \(requests)")
  }
}
