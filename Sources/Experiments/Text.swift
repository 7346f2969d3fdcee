import Foundation

/// Numbers as sentences, tables and pages write them.
package enum Text {
  package static func number(_ value: Double) -> String { String(format: "%.4f", value) }

  package static func optional(_ value: Double?) -> String { value.map(number) ?? "–" }

  /// With its sign, and the minus that is as wide as a plus.
  package static func signed(_ value: Double) -> String {
    let text = String(format: "%.4f", abs(value))
    return (value < 0 && text != "0.0000" ? "−" : "+") + text
  }

  package static func difference(_ value: Double, _ paper: Double?) -> String {
    paper.map { signed(value - $0) } ?? "–"
  }

  package static func interval(_ estimate: Estimate) -> String {
    if let spread = estimate.spread { return "± " + number(spread) }
    return "\(number(estimate.low))–\(number(estimate.high))"
  }

  /// The same of a difference: `−0.0010 to +0.0200`.
  package static func signedInterval(_ estimate: Estimate) -> String {
    estimate.spread == nil ? "\(signed(estimate.low)) to \(signed(estimate.high))" : interval(estimate)
  }

  /// Seconds as `3:07` or `1:02:40`.
  package static func clock(_ seconds: Double) -> String {
    let total = max(0, Int(seconds.rounded()))
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }

  /// A number of standard deviations: `−1.3`.
  package static func deviations(_ count: Double) -> String {
    let text = String(format: "%.1f", abs(count))
    return count.isFinite ? (count < 0 && text != "0.0" ? "−" : "+") + text : "–"
  }

  package static func percent(_ share: Double) -> String { String(format: "%.1f%%", 100 * share) }

  /// A small share as `0.37%` or `0.0012%`: two digits that count.
  package static func share(_ share: Double) -> String {
    String(format: share < 0.095 ? "%.2g%%" : "%.0f%%", 100 * share)
  }

  /// Three digits that count.
  package static func digits(_ value: Float) -> String { String(format: "%.3g", value) }

  /// `10,000`
  package static func count(_ number: Int) -> String { number.formatted(.number.locale(Locale(identifier: "en"))) }

  package static func images(_ count: Int) -> String { count == 1 ? "1 image" : "\(self.count(count)) images" }
}
