import Testing

@testable import saliency_cli

@Suite struct ProgressLineTests {
  private let begin = ContinuousClock.now

  @Test("a log gets a line every ten seconds, and none for what is done before")
  func log() {
    var line = ProgressLine(isTerminal: false)
    let seconds = [0, 1, 9, 10.1, 12, 20, 20.2, 45]
    let written = seconds.map { second in
      line.output(second / 60, { "\(second) of 60 s" }, at: begin + .seconds(second))
    }
    #expect(
      written == [
        nil, nil, nil, "16%: 10.1 of 60 s, 0:50 left\n", nil, nil, "33%: 20.2 of 60 s, 0:40 left\n",
        "75%: 45.0 of 60 s, 0:15 left\n",
      ])
    #expect(line.text == "")
  }

  @Test("a terminal's line overwrites itself, ten times a second at most")
  func terminal() {
    var line = ProgressLine(isTerminal: true)
    #expect(line.output(0.5, { "half" }, at: begin)?.hasPrefix("\r\u{1B}[K████████████····") == true)
    #expect(line.output(0.6, { "more" }, at: begin + .milliseconds(50)) == nil)
    #expect(line.output(.nan, { "unknown" }, at: begin + .milliseconds(101))?.hasSuffix("· unknown") == true)
    #expect(line.text.hasSuffix("· unknown"))
  }
}
