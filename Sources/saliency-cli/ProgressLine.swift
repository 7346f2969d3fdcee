import Experiments

/// What is written to tell how far the work is, and when.
struct ProgressLine {
  let isTerminal: Bool
  /// What the terminal's last line shows.
  var text = ""
  private var written: ContinuousClock.Instant?
  /// How far the work was when it was first told of. It may have been gone on with, which this clock knows nothing of.
  private var begin: (share: Double, at: ContinuousClock.Instant)?
  private var latest = 0.0

  init(isTerminal: Bool) { self.isTerminal = isTerminal }

  /// How often: a terminal's line overwrites itself; a log's lines stay, and work that is done before the first needs none.
  private var interval: Duration { isTerminal ? .milliseconds(100) : .seconds(10) }

  private static let width = 24

  /// What to write now, if anything.
  ///
  /// - Parameter share: how much is done, 0…1.
  mutating func output(_ share: Double, _ words: () -> String, at now: ContinuousClock.Instant) -> String? {
    let share = share.isFinite ? min(max(share, 0), 1) : 0
    // What is less far than before is another work.
    if begin == nil || share < latest { begin = (share, now) }
    latest = share
    guard let last = written else {
      written = now
      return isTerminal ? shown(share, words()) : nil
    }
    guard now - last > interval else { return nil }
    written = now
    let text = words() + left(share, now)
    return isTerminal ? shown(share, text) : "\(Int(100 * share))%: \(text)\n"
  }

  /// How long the rest takes if it goes on like this.
  private func left(_ share: Double, _ now: ContinuousClock.Instant) -> String {
    guard let begin, share > begin.share, share < 1 else { return "" }
    let seconds = (now - begin.at) / .seconds(1) * (1 - share) / (share - begin.share)
    return ", \(Text.clock(seconds)) left"
  }

  private mutating func shown(_ share: Double, _ words: String) -> String {
    let filled = Int(Double(Self.width) * share)
    text =
      String(repeating: "█", count: filled) + String(repeating: "·", count: Self.width - filled) + " " + words
    return "\r\u{1B}[K" + text
  }
}
