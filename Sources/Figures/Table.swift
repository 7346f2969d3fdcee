/// Rows under a header: for documents, pages, terminals and programs.
public struct Table: Sendable, Equatable {
  public enum Alignment: Sendable { case left, centre, right }

  public struct Column: Sendable, Equatable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  public enum Row: Sendable, Equatable {
    /// A text for each column; missing ones are empty.
    case cells([String])
    /// A line over all columns with a rule above, for the rows that follow.
    case group(String)
  }

  /// Above the table; its label, such as `Table 1`, is bold.
  public var label: String
  public var caption: String
  public var columns: [Column]
  public var rows: [Row]

  public init(label: String = "", caption: String = "", columns: [Column], rows: [Row]) {
    self.label = label
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }

  /// Names on the left, numbers on the right.
  ///
  /// - Parameter lines: the header first; in each line the first text is a name.
  public init(label: String = "", caption: String = "", _ lines: [[String]]) {
    self.init(
      label: label, caption: caption,
      columns: (lines.first ?? []).enumerated().map { Column($1, $0 == 0 ? .left : .right) },
      rows: lines.dropFirst().map { .cells($0) })
  }

  /// The texts line by line, the header first.
  public var lines: [[String]] {
    [columns.map(\.title)]
      + rows.map { row in
        switch row {
        case .cells(let cells): cells
        case .group(let name): [name]
        }
      }
  }

  /// For a terminal: columns as wide as their texts, but the last.
  public var text: String {
    let (lines, last) = (lines, columns.count - 1)
    let widths = columns.indices.map { column in
      lines.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return lines.map { line in
      line.enumerated().map { column, text in
        column == last ? text : text + String(repeating: " ", count: max(0, widths[column] - text.count))
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// For a page: escaped, but for what the page's style says.
  public var html: String {
    func cell(_ text: String, _ column: Int, _ tag: String) -> String {
      let isLeft = columns.indices.contains(column) && columns[column].alignment == .left
      return "<\(tag)\(isLeft ? " class=\"name\"" : "")>\(text.escaped)</\(tag)>"
    }
    let head = columns.enumerated().map { cell($1.title, $0, "th") }.joined()
    let body = rows.map { row in
      switch row {
      case .cells(let cells): "<tr>" + cells.enumerated().map { cell($1, $0, "td") }.joined() + "</tr>"
      case .group(let name): "<tr><th class=\"name\" colspan=\"\(columns.count)\">\(name.escaped)</th></tr>"
      }
    }
    return "<table><caption>\((label + (label.isEmpty ? "" : ": ") + caption).escaped)</caption>\n"
      + "<thead><tr>\(head)</tr></thead>\n<tbody>\n\(body.joined(separator: "\n"))\n</tbody></table>"
  }

  /// For programs: comma-separated values.
  public var csv: String { lines.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n" }
}

extension String {
  /// For HTML: scalar by scalar, as a sign that bears an accent is another character.
  package var escaped: String { unicodeScalars.reduce(into: "") { $0 += Self.escapes[$1] ?? String($1) } }

  private static let escapes: [Unicode.Scalar: String] = [
    "<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "'": "&#39;",
    // Not allowed in HTML, even escaped.
    "\0": "\u{FFFD}",
  ]
}
