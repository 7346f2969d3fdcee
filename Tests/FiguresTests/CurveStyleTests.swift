import Foundation
import Testing

@testable import Figures

@Suite struct CurveStyleTests {
  private let views = ["original", "positive", "negative", "active", "inactive", "signed", "my own view"]
  private let attributions = [
    "gradient", "smoothgrad", "integrated-gradients", "guided-backpropagation", "gradient-x-input", "deeplift",
    "smoothgrad-squared", "vargrad",
  ]

  @Test("21 series that are no maps have 21 looks, and those of one colour differ in dash")
  func distinct() {
    let styles = (0..<21).map(CurveStyle.init(index:))
    #expect(Set(styles).count == 21)
    for colour in Set(styles.map(\.colour)) {
      #expect(Set(styles.filter { $0.colour == colour }.map(\.dash)).count == 3)
    }
  }

  @Test("all maps and controls look different; a view keeps its colour and marker, an attribution its dash")
  func maps() {
    let styles = attributions.flatMap { attribution in views.map { CurveStyle.map(attribution, $0) } }
    #expect(Set(styles + [.control(), .control("sobel")]).count == 58)
    for view in views {
      let own = attributions.map { CurveStyle.map($0, view) }
      #expect(Set(own.map(\.tone)).count == 1 && Set(own.map(\.marker)).count == 1)
    }
    for attribution in attributions { #expect(Set(views.map { CurveStyle.map(attribution, $0).dash }).count == 1) }
    #expect(Set(views.prefix(5).map { CurveStyle.map("gradient", $0).marker }).count == 5)
  }

  /// G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, "A physiologically-based model for simulation of color vision
  /// deficiency" (2009): what is left of linear red, green and blue without one kind of cones.
  private static let deficiencies: [[[Double]]] = [
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
  ]

  /// Lightness and two opponent colours (CIELAB, D65), where equal distances look about equal.
  private static func lab(_ colour: Colour, _ deficiency: [[Double]]) -> [Double] {
    let linear = [colour.red, colour.green, colour.blue].map { byte in
      let value = Double(byte) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    func product(_ rows: [[Double]], _ vector: [Double]) -> [Double] {
      rows.map { zip($0, vector).map(*).reduce(0, +) }
    }
    let seen = product(deficiency, linear).map { min(max($0, 0), 1) }
    let xyz = product([[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8729]], seen).map {
      $0 > 0.008856 ? cbrt($0) : 7.787 * $0 + 16 / 116.0
    }
    return [116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])]
  }

  @Test("the colours stay apart for colour-blind people, light and dark", arguments: [\CurveStyle.Tone.light, \.dark])
  func colourBlind(tone: KeyPath<CurveStyle.Tone, Colour> & Sendable) {
    let colours = CurveStyle.palette.map { $0[keyPath: tone] }
    for deficiency in Self.deficiencies {
      let seen = colours.map { Self.lab($0, deficiency) }
      for (a, b) in seen.indices.flatMap({ a in (0..<a).map { (a, $0) } }) {
        let distance = sqrt(zip(seen[a], seen[b]).map { ($0 - $1) * ($0 - $1) }.reduce(0, +))
        // Ten times what can just be told apart side by side.
        #expect(distance > 20, "\(colours[a].hex) and \(colours[b].hex)")
      }
    }
  }
}
