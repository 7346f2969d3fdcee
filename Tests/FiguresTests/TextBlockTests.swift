import Testing

@testable import Figures

@Suite struct TextBlockTests {
  @Test("text never grows wider than its limit nor higher than its lines", arguments: 1...3)
  func limits(lines: Int) {
    let text = String(repeating: "labradorsennenhundeterrier_", count: 20)
    let line = TextBlock("x", size: 9).height
    let block = TextBlock(text, size: 9, limit: 80, lines: lines)
    #expect(block.width <= 80)
    #expect(abs(block.height - Double(lines) * line) < 0.1)
  }

  @Test("without a limit of lines everything is shown")
  func unlimited() {
    let text = String(repeating: "word ", count: 40)
    let line = TextBlock("x", size: 9)
    let block = TextBlock(text, size: 9, limit: 100, lines: nil)
    #expect(block.height >= (TextBlock(text, size: 9).width / 100).rounded(.up) * line.height - 0.1)
  }
}
