import Files
import Foundation

/// A report of text, tables and figures on numbered A4 pages, as a PDF: text stays text, figures stay vectors.
///
/// Pages break by themselves: a heading stays with what follows it, a figure with its caption, a table's group of rows together;
/// a table that goes on shows its header again. A figure that finds no room goes to the top of the next page, and what follows it
/// fills the rest of this one; one too large for a page is drawn smaller. Names in any script are set by Pango. The headings are the
/// PDF's outline. The same document gives the same bytes.
package struct Document: Sendable {
  package enum Block: Sendable {
    /// Level 1 is a section, 2 a part of one.
    case heading(String, level: Int = 1)
    case paragraph(String)
    /// Something with a mark before it: a bullet, a tick; `title` is bold and may be empty.
    case item(mark: String, title: String = "", text: String)
    case table(Table)
    case figure(Figure)
  }

  /// A figure with its caption below.
  package struct Figure: Sendable {
    /// The name of the files that it is written to alone, without extension.
    package var name: String
    /// Such as `Figure 1`, bold before the caption.
    package var label: String
    package var caption: String
    package var figure: any Figures.Figure

    package init(name: String, label: String, caption: String, figure: any Figures.Figure) {
      self.name = name
      self.label = label
      self.caption = caption
      self.figure = figure
    }
  }

  package var title: String
  /// Below the title, smaller.
  package var subtitle: String
  package var blocks: [Block]

  package init(title: String, subtitle: String = "", blocks: [Block]) {
    self.title = title
    self.subtitle = subtitle
    self.blocks = blocks
  }

  /// The figures in order.
  package var figures: [Figure] { blocks.compactMap { if case .figure(let figure) = $0 { figure } else { nil } } }

  /// The PDF's bytes. Cost: proportional to the text and to the pixels of all figures.
  ///
  /// - Throws: ``FiguresError/drawing(reason:)``.
  package func encoded() throws -> Data { try DocumentLayout(self).encoded() }

  /// Writes every figure on its own, and `captions.txt` with the captions in the figures' order.
  ///
  /// - Precondition: the figures' names differ and can be names of files.
  /// - Throws: ``FiguresError``, `FileError`.
  package func writeFigures(to folder: URL) throws {
    for figure in figures {
      for format in FigureFormat.allCases {
        try figure.figure.write(to: folder.appending(path: "\(figure.name).\(format.rawValue)"), as: format)
      }
    }
    let captions = figures.map { figure in
      "\(figure.name)\n" + [figure.label, figure.caption].filter { !$0.isEmpty }.joined(separator: ". ") + "\n"
    }
    try Data(captions.joined(separator: "\n").utf8).writeWhole(to: folder.appending(path: "captions.txt"))
  }
}
