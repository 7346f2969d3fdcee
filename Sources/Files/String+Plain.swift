extension StringProtocol {
  /// A stranger's words for a message: one line of bounded length without control characters.
  package var plain: String { plain(most: 80) }

  /// Ends of lines become spaces.
  package func plain(most limit: Int) -> String {
    let start = unicodeScalars.prefix(limit + 1)
    let scalars = start.prefix(limit).map { scalar -> Character in
      switch scalar.properties.generalCategory {
      case .control where "\n\r\t".unicodeScalars.contains(scalar): " "
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: "\u{FFFD}"
      default: Character(scalar)
      }
    }
    return String(scalars) + (start.count > limit ? "…" : "")
  }
}
