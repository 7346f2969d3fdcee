import Foundation
import Testing

@testable import Figures

@Suite struct SVGTextTests {
  @Test("identifiers are numbered in order, with everything that refers to them; picture bytes stay")
  func renumbering() {
    let svg = """
      <svg>
      <image id="image17" width="2" height="3" xlink:href="data:image/png;base64,id="image17""/>
      <use xlink:href="#image17"/><g clip-path="url(#clip-9)" id="surface3"/>

      """
    let expected = """
      <svg>
      <image style="image-rendering:optimizeSpeed;image-rendering:pixelated" id="e1" width="2" height="3" xlink:href="data:image/png;base64,id="image17""/>
      <use xlink:href="#e1"/><g clip-path="url(#e2)" id="e3"/>

      """
    #expect(String(decoding: SVGText.finished(Data(svg.utf8), hardSizes: [[2, 3]]), as: UTF8.self) == expected)
  }
}
