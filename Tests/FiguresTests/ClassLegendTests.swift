import Rasters
import Testing

@testable import Figures

@Suite struct ClassLegendTests {
  private func content(_ classes: [Int], _ strength: [Float]) -> MapPanel.Content {
    .classes(
      Raster(height: 1, width: classes.count, values: classes),
      strength: Raster(height: 1, width: strength.count, values: strength))
  }

  @Test("classes are ranked by the strength of their pixels over all panels, the smaller index first among equals")
  func ranking() {
    let colours = ClassColours(of: [
      content([4, 2, 7, 7, -1], [0.5, 1, 0.25, .nan, 1]), content([4, 2, 9], [0.75, 0.25, 0]),
    ])
    #expect(colours.classes == [2, 4, 7])
    #expect(colours.others == 0)
    #expect(colours.colour(of: 2) == Colour.categories[0])
    #expect(colours.colour(of: 9) == .otherCategory)
    #expect(colours.colour(of: -1) == .white)
  }

  @Test("the rest share one entry, and a class without a name has its number")
  func entries() {
    let colours = ClassColours(of: [content(Array(0..<8), (0..<8).map { 1 - Float($0) / 10 })])
    let entries = colours.entries(names: ["zero", "one"])
    #expect(entries.map(\.name) == ["zero", "one", "class 2", "class 3", "class 4", "class 5", "2 other classes"])
    #expect(Set(entries.map(\.colour)).count == 7)
    #expect(ClassColours(of: []).entries(names: ["zero"]).isEmpty)
  }
}
