import Experiments

extension PageSpread {
  var networks: Int { seeds * epochs }

  /// What was measured, and what the places mean.
  var note: String {
    "Means and standard deviations of \(networks) networks, those of the last \(epochs) epochs of \(seeds) trainings, each on "
      + "\(Text.images(images)) (the mean is moved by what all images change in the trainings’ last epochs). A number of the paper "
      + "lies within the spread where it is at most two standard deviations from the mean, in its tail up to three, outside "
      + "beyond. The maps are in the paper’s order in \(ordered) of \(networks) networks."
  }
}

extension Spread.Place {
  /// A CSS class.
  var kind: String {
    switch self {
    case .within: "good"
    case .tail: "fair"
    case .outside: "bad"
    }
  }
}

extension [PageExperiment] {
  /// Where the paper's areas lie among those of the trained networks, in one sentence; nil where no spread was measured.
  var spreadSentence: String? {
    let spreads = compactMap(\.spread)
    let places = spreads.flatMap(\.areas).compactMap(\.place)
    guard !places.isEmpty else { return nil }
    func count(_ place: Spread.Place) -> Int { places.count { $0 == place } }
    let (ordered, networks) = spreads.reduce((0, 0)) { ($0.0 + $1.ordered, $0.1 + $1.networks) }
    return "Of the paper’s \(places.count) areas \(count(.within)) lie within the spread of our trained networks (two "
      + "standard deviations), \(count(.tail)) in its tail (three) and \(count(.outside)) outside; the maps are in the paper’s "
      + "order in \(ordered) of \(networks) networks."
  }
}
