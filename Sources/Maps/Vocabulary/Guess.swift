extension String {
  /// The name that was most likely meant by this one, which is none of them; nil if none is near.
  ///
  /// Near is a name that begins like this one, or to which at most every third letter is wrong: left out, added, changed, or
  /// swapped with its neighbour.
  package func guess(among names: some Sequence<String>) -> String? {
    let word = Array(lowercased())
    let candidates = names.filter { $0 != self }.map { name in
      (
        name: name,
        distance: name.lowercased().hasPrefix(lowercased()) ? 1 : Self.distance(word, Array(name.lowercased()))
      )
    }
    guard word.count > 1, let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, word.count / 3) ? best.name : nil
  }

  /// ` (did you mean x?)` for the guess, or nothing.
  package func suggestion(among names: some Sequence<String>) -> String {
    guess(among: names).map { " (did you mean \($0)?)" } ?? ""
  }

  /// How many letters have to be left out, added, changed, or swapped with their neighbours: optimal string alignment.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = Swift.min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = Swift.min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
