import Maps

/// What is said of claims, on the page, in the document and in a terminal.
extension OrderClaim.Verdict {
  package var sign: String {
    switch self {
    case .holds: "✓"
    case .notShown: "?"
    case .fails: "✗"
    }
  }

  /// After a noun.
  fileprivate var phrase: String { self == .notShown ? "is \(rawValue)" : rawValue }
}

extension OrderClaim.Subject {
  package var title: String {
    switch self {
    case .order: "order of the maps"
    case .controls: "maps against random pixels"
    }
  }

  fileprivate var noun: String {
    switch self {
    case .order: "The order of the maps that the paper claims"
    case .controls: "The advantage of every map over random pixels"
    }
  }
}

extension OrderClaim.Comparison {
  /// `positive below original`, `negative above as many random pixels`
  package func title(namesAttribution: Bool = false) -> String {
    func title(_ map: MapName) -> String {
      switch map.kind {
      case .map: map.title(namesAttribution: namesAttribution)
      case .random, .sobel: "random pixels"
      case .randomAsMany: "as many random pixels"
      }
    }
    return !smaller.isControl
      ? "\(title(smaller)) below \(title(larger))" : "\(title(larger)) above \(title(smaller))"
  }
}

extension OrderClaim {
  /// The verdict and, unless it simply holds, how many comparisons stand behind it.
  package var summary: String {
    let needed = comparisons.filter(\.isNeeded)
    guard verdict == .holds else {
      return "\(verdict.rawValue) (\(needed.count { $0.verdict == verdict }) of \(needed.count) comparisons)"
    }
    let close = comparisons.count { !$0.isNeeded && $0.verdict != .holds }
    return verdict.rawValue + (close == 0 ? "" : " (\(close) too close in the paper)")
  }

  /// A line for every needed comparison that does not hold, what fails first.
  package func problems(namesAttribution: Bool) -> [String] {
    [Verdict.fails, .notShown].flatMap { verdict in
      comparisons.filter { $0.isNeeded && $0.verdict == verdict }.map { comparison in
        "\(metric)-deletion, \(comparison.title(namesAttribution: namesAttribution)): \(verdict.rawValue); the areas "
          + "differ by \(Text.signed(comparison.difference.value)) (\(Text.signedInterval(comparison.difference)))"
      }
    }
  }

  /// One sentence for each subject, without an end: what is said of one experiment.
  package static func sentences(_ claims: [OrderClaim]) -> [String] {
    bySubject(claims) { found, _ in list(found.map(\.metric)) }
  }

  /// The same of several experiments.
  package static func countingSentences(_ claims: [OrderClaim]) -> [String] {
    bySubject(claims) { found, all in
      found.count == all.count ? "all \(all.count)" : "\(found.count) of \(all.count)"
    }.map { "\($0) tests" }
  }

  /// A sentence for each subject.
  ///
  /// - Parameter place: says which claims a verdict is about, among all of the subject.
  private static func bySubject(
    _ claims: [OrderClaim], _ place: (_ found: [OrderClaim], _ all: [OrderClaim]) -> String
  ) -> [String] {
    [Subject.order, .controls].compactMap { subject in
      let own = claims.filter { $0.subject == subject }
      let parts = Verdict.allCases.compactMap { verdict in
        let found = own.filter { $0.verdict == verdict }
        return found.isEmpty ? nil : "\(verdict.phrase) in \(place(found, own))"
      }
      return own.isEmpty ? nil : "\(subject.noun) \(parts.joined(separator: ", "))"
    }
  }

  /// `black- and white-deletion`
  private static func list(_ metrics: [String]) -> String {
    metrics.dropLast().map { "\($0)-" }.joined(separator: ", ") + (metrics.count > 1 ? " and " : "")
      + (metrics.last.map { "\($0)-deletion" } ?? "")
  }
}
