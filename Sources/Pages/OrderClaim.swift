/// A claim that some areas under deletion curves are smaller than others, and what the images that were measured say of it.
///
/// It is a list of comparisons. Each is judged by the difference D of its two areas, the one that should be larger minus the other,
/// and by D's 95% interval of the *paired* bootstrap (the same drawn images for both areas):
///
/// - ``Verdict/holds``: the whole interval is above 0;
/// - ``Verdict/fails``: the whole interval is below 0;
/// - ``Verdict/notShown``: it contains 0; or there are fewer than six images, because n images that all speak for the same side
///   do so by chance, two-sided, with the probability 2^(1 − n), which is above 5% for n < 6.
///
/// The claim holds if every needed comparison does. If one of them fails it fails, else it is not shown. Because *all* must hold, a
/// claim that is wrong is said to hold with a probability of about 2.5% at most, however many comparisons it has (an
/// intersection–union test); that one that is right is said to fail has a probability of about k · 2.5% at most, for k
/// comparisons.
public struct OrderClaim: Codable, Sendable, Equatable {
  public enum Subject: String, Codable, Sendable {
    /// The paper's claim: {positive, active} < original < {negative, inactive} in black-deletion, the reverse in white-deletion.
    case order
    /// A map whose area should be low has less than random pixels, one whose area should be high has more: than as many as the
    /// fraction asks for where the map is the original, else than as many as the map deletes.
    case controls
  }

  /// Its raw value says it in words, everywhere the same.
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    case holds
    case notShown = "not shown with this many images"
    case fails = "does not hold"

    /// Of a difference that should be above zero.
    public init(of difference: PageEstimate, images: Int) {
      // What is left of sums that cancel out; a true difference on n images is no smaller than about 0.01/n.
      let rounding = 1e-9
      self =
        switch (difference.low, difference.high) {
        case (let low?, _) where images >= 6 && low > rounding: .holds
        case (_, let high?) where images >= 6 && high < -rounding: .fails
        default: .notShown
        }
    }
  }

  public struct Comparison: Codable, Sendable, Equatable {
    public let smaller: PageSeries
    public let larger: PageSeries
    /// By how much the second area is above the first.
    public let difference: PageEstimate
    public let verdict: Verdict
    /// Whether the claim needs it: not where the paper's own areas lie less than 0.01 apart, so that either order may come out.
    public let isNeeded: Bool

    public init(
      _ smaller: PageSeries, below larger: PageSeries, difference: PageEstimate, verdict: Verdict, isNeeded: Bool = true
    ) {
      self.smaller = smaller
      self.larger = larger
      self.difference = difference
      self.verdict = verdict
      self.isNeeded = isNeeded
    }
  }

  public let subject: Subject
  /// What deleted pixels become, such as `black`.
  public let metric: String
  public let comparisons: [Comparison]
  public let verdict: Verdict

  /// Pairs that lie closer in the paper may fall either way.
  public static let tolerance = 0.01

  public init(_ subject: Subject, metric: String, comparisons: [Comparison]) {
    self.subject = subject
    self.metric = metric
    self.comparisons = comparisons
    let verdicts = Set(comparisons.filter(\.isNeeded).map(\.verdict))
    verdict = verdicts.contains(.fails) ? .fails : verdicts == [.holds] ? .holds : .notShown
  }
}

extension PageExperiment {
  /// The areas that the paper has, too, and by how much they are above the paper's.
  var differencesFromPaper: [(area: PageArea, difference: Double)] {
    areas.compactMap { area in area.paper.map { (area, area.estimate.value - $0) } }
  }

  /// The area that is farthest from the paper's; nil where the paper has none.
  public var farthestFromPaper: (area: PageArea, difference: Double)? {
    differencesFromPaper.max { abs($0.difference) < abs($1.difference) }
  }
}
