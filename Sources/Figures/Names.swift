extension String {
  /// The text between marks that keep a name in a right-to-left script from turning the line around it.
  package var isolated: String { "\u{2068}\(self)\u{2069}" }
}

extension Array where Element: Hashable {
  /// Every element once, in the order of first appearance.
  package var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
