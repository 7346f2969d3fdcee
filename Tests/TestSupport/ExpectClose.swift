import Testing

/// Records an issue unless both have the same length and no pair differs by more than
/// `absolute + relative · |expected|`.
public func expectClose<Number: BinaryFloatingPoint>(
  _ values: [Number], _ expected: [Number], relative: Number = 0, absolute: Number = 0, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard values.count == expected.count else {
    Issue.record("\(what): \(values.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  var worst: (index: Int, excess: Number)?
  for (index, (value, wanted)) in zip(values, expected).enumerated() {
    let excess = abs(value - wanted) - (absolute + relative * abs(wanted))
    // Written so that NaN is never close.
    if !(excess <= 0) && !(excess <= worst?.excess ?? -1) { worst = (index, excess) }
  }
  if let worst {
    Issue.record(
      "\(what): value \(worst.index) is \(values[worst.index]), expected \(expected[worst.index])",
      sourceLocation: sourceLocation)
  }
}
