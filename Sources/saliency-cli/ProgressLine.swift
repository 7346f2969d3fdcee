/// What is written to tell how far the work is, and when.
struct ProgressLine {
  let isTerminal: Bool
  /// What the terminal's last line shows.
  var text = ""
  private var written: ContinuousClock.Instant?

  init(isTerminal: Bool) { self.isTerminal = isTerminal }

  /// How often: a terminal's line overwrites itself; a log's lines stay, and work that is done before the first needs none.
  private var interval: Duration { isTerminal ? .milliseconds(100) : .seconds(10) }

  private static let width = 24

  /// What to write now, if anything.
  ///
  /// - Parameter share: how much is done, 0…1.
  mutating func output(_ share: Double, _ words: () -> String, at now: ContinuousClock.Instant) -> String? {
    let share = share.isFinite ? min(max(share, 0), 1) : 0
    guard let last = written else {
      written = now
      return isTerminal ? shown(share, words()) : nil
    }
    guard now - last > interval else { return nil }
    written = now
    return isTerminal ? shown(share, words()) : "\(Int(100 * share))%: \(words())\n"
  }

  private mutating func shown(_ share: Double, _ words: String) -> String {
    let filled = Int(Double(Self.width) * share)
    text =
      String(repeating: "█", count: filled) + String(repeating: "·", count: Self.width - filled) + " " + words
    return "\r\u{1B}[K" + text
  }
}
