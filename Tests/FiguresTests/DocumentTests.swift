import Files
import Foundation
import Rasters
import TestSupport
import Testing

@testable import Figures

@Suite(.slow) struct DocumentTests {
  /// The text of each page, as Poppler reads it.
  private func pages(_ document: Document) throws -> [String] {
    let folder = try TemporaryFolder()
    try document.encoded().write(to: folder.file("a.pdf"))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/pdftotext")
    process.arguments = ["-layout", folder.file("a.pdf").path, folder.file("a.txt").path]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return try String(contentsOf: folder.file("a.txt"), encoding: .utf8).split(separator: "\u{C}").map(String.init)
  }

  private func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

  private func table(rows: Int) -> Table {
    Table(
      label: "Table 2", caption: "Areas under the deletion curves.",
      columns: [.init("map"), .init("paper", .right), .init("ours", .right), .init("95% interval", .centre)],
      rows: [.group("Basic CNN")]
        + (0..<rows).map { .cells(["row \($0)", "0.2234", String(format: "%.4f", Double($0) / 1e4), "0.21…0.23"]) })
  }

  private func figure(_ figure: any Figure, name: String = "black-deletion") -> Document.Figure {
    Document.Figure(name: name, label: "Figure 3", caption: "Black-deletion of five maps.", figure: figure)
  }

  private let curves = CurveFigure(
    plots: [
      .init(
        xLabel: "fraction", yLabel: "accuracy",
        series: [.init(name: "original", points: [.init(x: 0, y: 1), .init(x: 0.9, y: 0.2)])])
    ])

  private func panelRows(_ count: Int) -> any Figure {
    let row = MapFigure.Row(panels: Examples.panels(height: 8, width: 8, seed: 1))
    return MapFigure(title: "the first words", rows: Array(repeating: row, count: count), notes: ["the last words"])
  }

  @Test("text, tables and figures can be read out of the PDF, with page numbers")
  func text() throws {
    let document = Document(
      title: "Signed saliency maps", subtitle: "of four models",
      blocks: [
        .heading("What was found"), .paragraph("The claims of the paper hold."), .table(table(rows: 3)),
        .item(mark: "✓", title: "same answer twice", text: "It gives the same logits."),
        .heading("How this was made", level: 2), .figure(figure(curves)),
      ])
    let pages = try pages(document)
    #expect(pages.count == 1)
    let text = words(pages[0])
    for expected in [
      "Signed saliency maps of four models What was found The claims of the paper hold.",
      "Table 2. Areas under the deletion curves. map paper ours 95% interval Basic CNN row 0 0.2234 0.0000 0.21…0.23",
      "✓ same answer twice It gives the same logits.", "How this was made",
      "Figure 3. Black-deletion of five maps.", "accuracy", "1/1",
    ] { #expect(text.contains(expected), Comment(rawValue: text)) }
  }

  @Test("a table longer than a page shows its header on every page and loses no row")
  func longTable() throws {
    let pages = try pages(Document(title: "t", blocks: [.table(table(rows: 150))]))
    #expect(pages.count == 4)
    for (index, page) in pages.enumerated() {
      #expect(words(page).contains("map paper ours 95% interval"))
      #expect(words(page).contains("\(index + 1)/4"))
    }
    let rows = pages.joined().matches(of: #/row (\d+) /#).compactMap { Int($0.1) }
    #expect(rows == Array(0..<150))
  }

  @Test("a figure higher than a page is scaled, so that nothing of it is lost, and stays with its caption")
  func tallFigure() throws {
    let pages = try pages(Document(title: "t", blocks: [.paragraph("before"), .figure(figure(panelRows(12)))]))
    #expect(pages.count == 2)
    #expect(words(pages[0]).hasPrefix("t before"))
    for expected in ["the first words", "the last words", "Figure 3. Black-deletion"] {
      #expect(words(pages[1]).contains(expected))
    }
  }

  @Test("long text goes on on the next page, word for word; no heading stands alone at the end of one")
  func longText() throws {
    let sentence = (0..<1200).map { "word\($0)" }.joined(separator: " ")
    let pages = try pages(Document(title: "t", blocks: [.paragraph(sentence), .heading("next"), .paragraph("last")]))
    #expect(pages.count >= 2)
    let found = pages.joined().matches(of: #/word(\d+)/#).compactMap { Int($0.1) }
    #expect(found == Array(0..<1200))
    for fill in 35...60 {
      let blocks =
        Array(repeating: Document.Block.paragraph("line"), count: fill) + [.heading("alone"), .paragraph("last")]
      let page = try #require(try self.pages(Document(title: "t", blocks: blocks)).first { $0.contains("alone") })
      #expect(page.contains("last"))
    }
  }

  @Test("a group of rows is never broken, nor parted from the table's caption", arguments: [0, 10, 20, 30, 35])
  func groups(lines: Int) throws {
    let rows = (0..<9).flatMap { group in
      [Table.Row.group("group \(group)")] + (0..<11).map { .cells(["row \(group).\($0) of it"]) }
    }
    let table = Table(label: "Table 1", caption: "the caption", columns: [.init("map")], rows: rows)
    let blocks = Array(repeating: Document.Block.paragraph("line"), count: lines) + [.heading("head"), .table(table)]
    let pages = try pages(Document(title: "t", blocks: blocks)).map(words)
    for group in 0..<9 {
      let page = try #require(pages.first { $0.contains("group \(group)") })
      for row in 0..<11 { #expect(page.contains("row \(group).\(row) of")) }
    }
    let first = try #require(pages.first { $0.contains("head") })
    #expect(first.contains("head Table 1. the caption map group 0 row 0.0 of"))
  }

  @Test("what an item is called stays with the first lines that it says", arguments: [24, 26, 28, 30, 32, 34, 36])
  func items(lines: Int) throws {
    let long = (0..<60).map { "word\($0)" }.joined(separator: " ")
    let blocks =
      Array(repeating: Document.Block.paragraph("line"), count: lines) + [.item(mark: "•", title: "called", text: long)]
    let pages = try pages(Document(title: "t", blocks: blocks))
    let page = try #require(pages.first { $0.contains("called") })
    #expect(page.matches(of: #/word\d+/#).count > 15)
  }

  @Test("a figure that finds no room lets what follows fill the page, and stands on the next ones in order")
  func floating() throws {
    let sentence = (0..<600).map { "word\($0)" }.joined(separator: " ")
    let blocks: [Document.Block] = [
      .paragraph("before"), .figure(figure(panelRows(12), name: "a")), .figure(figure(panelRows(12), name: "b")),
      .paragraph(sentence), .heading("own"), .figure(figure(curves)),
    ]
    let pages = try pages(Document(title: "t", blocks: blocks)).map(words)
    #expect(pages.count == 4)
    #expect(pages[0].contains("before") && pages[0].contains("word300"))
    #expect(pages[1].contains("the first words") && pages[2].contains("the first words"))
    #expect(pages.joined().matches(of: #/word(\d+)/#).compactMap { Int($0.1) } == Array(0..<600))
    let last = try #require(pages.first { $0.contains("own") })
    #expect(last.contains("accuracy"))
  }

  @Test("headings share the page of a figure that fills one", arguments: [0, 5, 30])
  func headingAndFigure(lines: Int) throws {
    let blocks = Array(repeating: Document.Block.paragraph("line"), count: lines)
    let pages = try pages(
      Document(
        title: "t",
        blocks: blocks + [
          .heading("section"), .heading("part", level: 2), .figure(figure(panelRows(12))), .heading("end"),
        ]))
    let page = try #require(pages.first { $0.contains("section") })
    for expected in ["part", "the first words", "the last words", "Figure 3"] {
      #expect(words(page).contains(expected))
    }
  }

  @Test(
    "names in any script, of any length, do not break a document",
    arguments: [
      "قط منزلي", "חתול בית", "家猫（短毛种）", "🐈‍⬛👩🏽‍🚀", "a\u{0}b\nc\td\u{2028}e", "<b>&amp;</b>",
      String(repeating: "W", count: 4000), String(repeating: "word ", count: 4000), "\u{202E}override", "",
    ])
  func names(name: String) throws {
    let table = Table(
      label: name, caption: name, columns: [.init(name), .init(name, .right), .init("ours", .centre)],
      rows: [.group(name), .cells([name, name]), .cells([]), .cells([name, "0.5", "1", "too many"])])
    let document = Document(
      title: name, subtitle: name,
      blocks: [
        .heading(name), .paragraph(name), .item(mark: name, title: name, text: name), .table(table),
        .figure(.init(name: "a", label: name, caption: name, figure: curves)), .heading(name, level: 3),
      ])
    let text = try pages(document)
    #expect(words(text.joined()).contains("ours"))
    if name == "<b>&amp;</b>" { #expect(text[0].contains(name)) }
  }

  @Test("a wide table stays inside the page")
  func wideTable() throws {
    let columns = (0..<14).map { Table.Column("column number \($0)") }
    let table = Table(
      columns: columns, rows: [.cells(Array(repeating: "some longer text in a cell", count: 14))])
    let text = try pages(Document(title: "t", blocks: [.table(table)]))
    #expect(text.count == 1 && words(text[0]).components(separatedBy: "cell").count == 15)
  }

  @Test("the same document gives the same bytes, without the date of its making")
  func deterministic() throws {
    let document = Document(title: "t", blocks: [.heading("a"), .heading("b", level: 2), .figure(figure(curves))])
    let data = try document.encoded()
    #expect(try data == document.encoded())
    #expect(String(decoding: data, as: Unicode.ASCII.self).contains("/CreationDate (20000101000000"))
  }

  @Test("every figure alone in every format, and the captions")
  func figures() throws {
    let folder = try TemporaryFolder()
    let document = Document(
      title: "t", blocks: [.figure(figure(curves)), .paragraph("p"), .figure(figure(panelRows(1), name: "examples"))])
    try document.writeFigures(to: folder.url)
    let found = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(
      Set(found) == [
        "black-deletion.png", "black-deletion.pdf", "black-deletion.svg", "examples.png", "examples.pdf",
        "examples.svg",
        "captions.txt",
      ])
    #expect(
      try String(contentsOf: folder.file("captions.txt"), encoding: .utf8) == """
        black-deletion
        Figure 3. Black-deletion of five maps.

        examples
        Figure 3. Black-deletion of five maps.

        """)
    #expect(try Data(contentsOf: folder.file("examples.png")) == panelRows(1).encoded(as: .png))
  }

  @Test("a file that cannot be written is named")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FileError.self) {
      try Document(title: "t", blocks: []).writeFigures(to: folder.file("missing"))
    }
    #expect(error?.localizedDescription.contains("missing/captions.txt") == true)
  }
}
