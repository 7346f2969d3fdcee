import Maps

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
    package init(of difference: Estimate, images: Int) {
      // What is left of sums that cancel out; a true difference on n images is no smaller than about 0.01/n.
      let rounding = 1e-9
      self =
        images >= 6 && difference.low > rounding
        ? .holds : images >= 6 && difference.high < -rounding ? .fails : .notShown
    }
  }

  public struct Comparison: Codable, Sendable, Equatable {
    public let smaller: MapName
    public let larger: MapName
    /// By how much the second area is above the first.
    public let difference: Estimate
    public let verdict: Verdict
    /// Whether the claim needs it: not where the paper's own areas lie less than 0.01 apart, so that either order may come out.
    public let isNeeded: Bool

    package init(
      _ smaller: MapName, below larger: MapName, difference: Estimate, verdict: Verdict, isNeeded: Bool = true
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
  static let tolerance = 0.01

  package init(_ subject: Subject, metric: String, comparisons: [Comparison]) {
    self.subject = subject
    self.metric = metric
    self.comparisons = comparisons
    let verdicts = Set(comparisons.filter(\.isNeeded).map(\.verdict))
    verdict = verdicts.contains(.fails) ? .fails : verdicts == [.holds] ? .holds : .notShown
  }
}

extension OrderClaim {
  /// One claim about several trainings of the same: means of the differences, and of each comparison the least favourable verdict,
  /// so that it holds only where it does in every training.
  ///
  /// - Precondition: at least two; all with the same comparisons.
  package static func joined(_ runs: [OrderClaim]) -> OrderClaim {
    OrderClaim(
      runs[0].subject, metric: runs[0].metric,
      comparisons: runs[0].comparisons.enumerated().map { index, first in
        let all = runs.map { $0.comparisons[index] }
        let verdict = [Verdict.fails, .notShown].first { verdict in all.contains { $0.verdict == verdict } }
        return Comparison(
          first.smaller, below: first.larger, difference: .mean(ofTrainings: all.map(\.difference)),
          verdict: verdict ?? .holds, isNeeded: first.isNeeded)
      })
  }
}
