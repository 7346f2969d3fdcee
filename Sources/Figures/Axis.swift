import Foundation

/// The numbers along one side of a plot, and where they lie.
struct Axis {
  let range: ClosedRange<Double>
  /// Round numbers inside `range`, evenly spaced.
  let ticks: [Double]
  private let step: Double

  /// An axis for `values`, of which those that are not finite do not count.
  ///
  /// - Parameters:
  ///   - fixed: the range, if the caller wants a certain one.
  ///   - intervals: about how many intervals the ticks make; the step is 1, 2 or 5 times a power of ten.
  ///   - wholeSteps: whether the range ends at ticks; otherwise it reaches a little beyond the values.
  init(values: [Double], fixed: ClosedRange<Double>? = nil, intervals: Double = 5, wholeSteps: Bool) {
    let usable = values.filter { abs($0) < 1e300 }
    var low = fixed?.lowerBound ?? usable.min() ?? 0
    var high = fixed?.upperBound ?? usable.max() ?? 1
    if !(high - low > 1e-12 * max(abs(low), abs(high))) {
      let room = max(abs(low) * 0.5, 1e-300)
      (low, high) = low == 0 ? (-1, 1) : (low - room, high + room)
    }
    let rough = (high - low) / intervals
    let power = pow(10, floor(log10(rough)))
    step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    if fixed == nil {
      let room = wholeSteps ? 0 : 0.03 * (high - low)
      low = wholeSteps ? floor(low / step + 1e-9) * step : low - room
      high = wholeSteps ? ceil(high / step - 1e-9) * step : high + room
    }
    range = low...max(low, high)
    let (first, last) = (ceil(low / step - 1e-9), floor(high / step + 1e-9))
    ticks = stride(from: first, through: last, by: 1).map { [step] in $0 * step }
  }

  /// 0 at the lower end of the range, 1 at the upper.
  func position(of value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  /// The number as its tick says it, with as many decimals as tell the ticks apart.
  func label(of tick: Double) -> String {
    let magnitude = max(abs(range.lowerBound), abs(range.upperBound))
    guard abs(tick) > step / 2 || (1e-3..<1e6).contains(magnitude) else { return "0" }
    let exponent = (1e-3..<1e6).contains(magnitude) ? 0 : Int(floor(log10(abs(tick)) + 1e-9))
    let decimals = max(0, exponent - Int(floor(log10(step) + 1e-9)))
    let mantissa = abs(tick) < step / 2 ? 0 : tick / pow(10, Double(exponent))
    let power = exponent == 0 ? "" : "×10" + String(exponent).map { Self.superscripts[$0] ?? "" }.joined()
    return String(format: "%.\(decimals)f", mantissa).replacing("-", with: "−") + power
  }

  private static let superscripts: [Character: String] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
  ]
}
