import Figures
import Foundation
import Maps

/// What an experiment found, as plain values: a terminal's text, files, a page and a document are made of the same.
public struct Findings: Sendable {
  public enum Item: Sendable {
    case sentence(String)
    /// Something with a mark, such as a tick, a title and what there is to say of it.
    case item(mark: String, title: String, text: String)
    case table(Table)
    /// A table for programs, under the name of its file.
    case numbers(String, Table)
    /// Tables on a page of their own, under the name of its file.
    case page(String, [Table])
    /// The bytes of a NumPy file, under its name.
    case array(String, Data)
    /// A picture, under the name of its files without extension.
    case figure(String, any Figure)
  }

  /// What was measured, in one line.
  public var title: String
  public var items: [Item]
  /// All numbers with the settings that they are of, for `summary.json`; nil: an experiment that others are made of has none.
  public var summary: (any Encodable & Sendable)?

  public init(_ title: String, _ items: [Item], summary: (any Encodable & Sendable)? = nil) {
    self.title = title
    self.items = items
    self.summary = summary
  }

  /// For a terminal: the title, sentences and tables.
  public var text: String {
    ([title]
      + items.flatMap { item -> [String] in
        switch item {
        case .sentence(let text): [text]
        case .item(let mark, let title, let text):
          ["\(mark) \(title)"] + text.wrapped(width: 96).map { "    \($0)" }
        case .table(let table): [table.caption, table.text].filter { !$0.isEmpty }
        case .numbers, .page, .array, .figure: []
        }
      }).joined(separator: "\n")
  }

  /// A page that needs nothing else.
  private static func page(_ title: String, _ tables: [Table]) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(title.escaped)</title>
    <style>
    :root { color-scheme: light dark }
    body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 110em; padding: 0 1em }
    table { border-collapse: collapse; margin: 2em 0; font-variant-numeric: tabular-nums; display: block; overflow-x: auto }
    caption { text-align: left; padding: 0.5em 0 }
    th, td { padding: 0.15em 0.6em; text-align: right; white-space: nowrap }
    thead th { border-bottom: 1px solid; vertical-align: bottom; white-space: normal; min-width: 5em }
    tbody tr:nth-child(odd) { background: color-mix(in srgb, currentColor 6%, transparent) }
    .name { text-align: left }
    </style>
    </head>
    <body>
    <h1>\(title.escaped)</h1>
    \(tables.map(\.html).joined(separator: "\n"))
    </body>
    </html>

    """
  }

  /// For programs and papers: tables as CSV, arrays, and figures as PNG, PDF and SVG.
  ///
  /// - Throws: ``FiguresError``.
  public func files() throws -> [(name: String, data: Data)] {
    try items.flatMap { item -> [(name: String, data: Data)] in
      switch item {
      case .sentence, .item, .table: []
      case .numbers(let name, let table): [(name, Data(table.csv.utf8))]
      case .page(let name, let tables): [(name, Data(Self.page(title, tables).utf8))]
      case .array(let name, let data): [(name, data)]
      case .figure(let name, let figure):
        try FigureFormat.allCases.map { ("\(name).\($0.rawValue)", try figure.encoded(as: $0)) }
      }
    }
  }
}

extension String {
  /// Its words in lines.
  fileprivate func wrapped(width: Int) -> [String] {
    var lines = [""]
    for word in split(separator: " ") {
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] = String(word)
      } else if lines[lines.count - 1].count + 1 + word.count > width {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] += " \(word)"
      }
    }
    return lines
  }
}

extension RunFolder {
  /// Writes what was found: its files and, last, the summary.
  ///
  /// - Returns: the names of the files, the summary's last.
  /// - Throws: `FileError` and ``FiguresError``.
  @discardableResult public func write(_ findings: Findings) throws -> [String] {
    try finish(findings.files(), summary: findings.summary)
  }
}
