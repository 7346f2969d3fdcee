import Foundation

/// How answers in bfloat16 were checked (``AnswerPrecision/checked``).
///
/// Where the two highest logits lie closer than a threshold, bfloat16 may name another class than float32; such answers are computed
/// again. The threshold is one and a half times the most by which that difference was another one in float32 in a sample. Answers
/// drawn at random, near tie or not, are computed in both for the audit.
public struct AnswerCheck: Sendable, Equatable, Codable {
  /// In logits; of several parts the lowest.
  public private(set) var threshold: Float
  /// Computed in bfloat16.
  public private(set) var answers = 0
  /// Near ties, computed again in float32.
  public private(set) var repeated = 0
  /// Drawn at random and computed in both.
  public private(set) var audited = 0
  /// Of these, how many would have been left with another class than float32's. What the audit finds is mended.
  public private(set) var differed = 0
  /// The most by which the difference of the two highest logits was another one in float32, of all answers computed in both.
  public private(set) var largestChange: Float = 0

  /// What the most that was seen in a sample is multiplied by. On CIFAR-10 (Basic CNN and ResNet-18, 34,200 answers, 200 samples
  /// of eight images) 1.5 left none wrong and 1 one in 200,000.
  static let safety: Float = 1.5
  /// The share of the answers that is audited.
  static let auditShare = 0.015

  init(threshold: Float) { self.threshold = threshold }

  /// The upper end of a one-sided 95% interval for the share of wrong classes among all answers.
  public var upperBound: Double { Estimate.upperBound(differed, of: audited) }

  mutating func add(_ other: AnswerCheck) {
    threshold = min(threshold, other.threshold)
    answers += other.answers
    repeated += other.repeated
    audited += other.audited
    differed += other.differed
    largestChange = max(largestChange, other.largestChange)
  }
}

extension AnswerCheck {
  /// The numbers for a file.
  var numbers: [Double] {
    [Double(threshold), Double(answers), Double(repeated), Double(audited), Double(differed), Double(largestChange)]
  }

  /// Of ``numbers``; nil where they cannot be such.
  init?(numbers: [Double]) {
    let counts = numbers.dropFirst().prefix(4).compactMap { Int(exactly: $0) }
    guard numbers.count == 6, counts.count == 4, counts.allSatisfy({ $0 >= 0 }) else { return nil }
    threshold = Float(numbers[0])
    (answers, repeated, audited, differed) = (counts[0], counts[1], counts[2], counts[3])
    largestChange = Float(numbers[5])
  }

  /// What came of an answer.
  mutating func count(isNear: Bool) {
    answers += 1
    if isNear { repeated += 1 }
  }

  /// What came of an answer that was computed in both.
  mutating func compare(change: Float, isAudited: Bool, isWrong: Bool) {
    largestChange = max(largestChange, change)
    if isAudited { audited += 1 }
    if isAudited && isWrong { differed += 1 }
  }

  /// One sentence.
  public var text: String {
    let bound = Text.share(upperBound)
    return
      "\(Text.count(answers)) answers in bfloat16; \(Text.count(repeated)) (\(Text.percent(share(repeated)))), whose two "
      + "highest logits lay closer than \(Text.digits(threshold)), again in float32; of \(Text.count(audited)) audited at random "
      + "\(differed == 0 ? "none" : Text.count(differed)) differed: at most \(bound) of all do (95%)"
  }

  private func share(_ count: Int) -> Double { Double(count) / Double(max(1, answers)) }
}
