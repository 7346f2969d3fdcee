/// How much two lists of numbers rise and fall together.
public enum Correlation {
  /// C. Spearman, *The Proof and Measurement of Association between Two Things*, 1904: Pearson's correlation of the ranks, −1…1;
  /// equal values share the mean of their ranks. 0 if one of the lists is constant, and so says nothing of the other.
  ///
  /// - Precondition: both have the same length.
  public static func spearman(_ a: [Float], _ b: [Float]) -> Double { pearson(ranks(a), ranks(b)) ?? 0 }

  /// Ranks from 1, equal values with their mean rank. Cost: one sort.
  static func ranks(_ values: [Float]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in order[start..<end] { ranks[place] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// K. Pearson's correlation, −1…1; nil if one of the lists is constant.
  ///
  /// - Parameter rounding: lists that vary by no more than this share of their largest magnitude count as constant.
  static func pearson(_ a: [Double], _ b: [Double], rounding: Double = 0) -> Double? {
    precondition(a.count == b.count, "lists of the same length are correlated")
    let count = Double(max(a.count, 1))
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for index in a.indices {
      let (x, y) = (a[index] - meanA, b[index] - meanB)
      ab += x * y
      aa += x * x
      bb += y * y
    }
    func varies(_ values: [Double], _ squares: Double) -> Bool {
      squares.squareRoot() > rounding * values.reduce(0) { max($0, abs($1)) } * count.squareRoot()
    }
    let scale = (aa * bb).squareRoot()
    return varies(a, aa) && varies(b, bb) && scale > 0 ? ab / scale : nil
  }
}
