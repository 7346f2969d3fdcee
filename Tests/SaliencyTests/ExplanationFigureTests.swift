import Foundation
import Rasters
import TestSupport
import Testing

@testable import Saliency

@Suite struct ExplanationFigureTests {
  private let labels = LabelSet(["cat", "قط منزلي", "dog", "house"])

  /// One image of 6×5 explained by a linear classifier.
  private func explained(
    _ views: [String] = Views.paper.map(\.name), style: MapStyle = .heat, class chosen: Int? = nil,
    rivals: Rivals = .all, transparency: Bool = false
  ) async throws -> PictureJob.Explained {
    try await TorchActor.run {
      let computed = ExplanationFigure.viewsToCompute(views.compactMap(Views.named), style: style)
      let explainer = try Explainer(
        randomLinear(classes: 4, height: 6, width: 5), views: computed, rivals: rivals,
        includesRivalry: views.contains("rivalry"))
      let image = try Formula.tensor(9, [1, 3, 6, 5])
      return PictureJob.Explained(
        image: try Preprocessing.raster(from: image), hadTransparency: transparency,
        explanation: try explainer.explain(image, classes: [chosen])[0])
    }
  }

  private func figure(
    _ explained: PictureJob.Explained, _ views: [String] = Views.paper.map(\.name), style: MapStyle = .heat
  ) -> MapFigure {
    var drawing = ExplanationFigure(model: "a model")
    drawing.style = style
    return drawing.figure(explained, views: views, labels: labels)
  }

  /// Without the marks around names.
  private func plain(_ text: String) -> String { text.filter { !"\u{2068}\u{2069}".contains($0) } }

  @Test("title and subtitle tell the classes with their probabilities")
  func titles() async throws {
    let explained = try await explained()
    let prediction = explained.explanation.prediction
    func named(_ place: Int) -> String {
      let index = prediction.ranking[place]
      return labels[index] + (place == 0 ? " · " : " ")
        + String(format: "%.1f%%", 100 * prediction.probabilities[index])
    }
    let figure = figure(explained)
    #expect(plain(figure.title) == named(0))
    #expect(plain(figure.subtitle) == "a model, input 6×5 · others: \(named(1)), \(named(2)), \(named(3))")
    #expect(figure.notes == [] && figure.classLegend == nil)
  }

  @Test("another class than the predicted one is said to be another")
  func otherClass() async throws {
    let predicted = try await explained().explanation.prediction.predictedClass
    let other = (predicted + 1) % 4
    let explained = try await explained(class: other)
    let title = plain(figure(explained).title)
    #expect(title.hasPrefix("\(labels[other]) · "))
    #expect(title.hasSuffix("(predicted: \(labels[predicted]))"))
    #expect(!plain(figure(explained).subtitle).contains(labels[other]))
  }

  @Test("every name is kept from turning the line around it")
  func rightToLeft() async throws {
    let figure = figure(try await explained(class: 1, rivals: .top(3)))
    for text in [figure.title, figure.subtitle] + figure.notes where text.contains("قط") {
      #expect(text.contains("\u{2068}قط منزلي\u{2069}"))
    }
    #expect(figure.title.contains("\u{2068}قط منزلي\u{2069}"))
  }

  @Test("panels are the picture and the views, in the order asked for")
  func panels() async throws {
    #expect(
      figure(try await explained()).rows.map { $0.panels.map(\.title) } == [
        ["Input", "Original", "Positive", "Negative", "Active", "Inactive"]
      ])
    let views = ["inactive", "rivalry", "signed", "original"]
    let figure = figure(try await explained(views), views)
    #expect(
      figure.rows[0].panels.map(\.title) == [
        "Input", "Inactive", "Strongest rival", "Weakest rival", "Signed", "Original",
      ])
    #expect(figure.rows[0].label == "")
  }

  @Test("heat shows the map as it is, scaled from its lowest value to the percentile")
  func heat() async throws {
    let explained = try await explained()
    for (panel, view) in zip(figure(explained).rows[0].panels.dropFirst(), Views.paper) {
      guard case .heat(let map, let scale) = panel.content else {
        Issue.record("\(view.name) is not drawn as heat")
        continue
      }
      #expect(map == explained.explanation.map(view.name)?.values)
      #expect(scale == DisplayScale(of: map, percentile: 99.5))
    }
  }

  @Test("an overlay lies on the picture as the model saw it")
  func overlay() async throws {
    let explained = try await explained(style: .overlay)
    guard
      case .overlay(let map, _, let image, let opacity) = figure(explained, style: .overlay).rows[0].panels[4].content
    else {
      Issue.record("active is not drawn as an overlay")
      return
    }
    #expect(map == explained.explanation.map("active")?.values)
    #expect(image == explained.image && opacity == 0.7)
  }

  @Test("the signed style shows the original with its sign, and what darker pixels do as below zero")
  func signed() async throws {
    let explained = try await explained(style: .signed)
    let panels = figure(explained, style: .signed).rows[0].panels
    #expect(panels.map(\.title) == ["Input", "Original", "Positive", "Negative", "Active", "Inactive"])
    let expected: [(String, Float)] = [
      ("signed", 1), ("positive", 1), ("negative", -1), ("active", 1), ("inactive", -1),
    ]
    for (panel, (view, sign)) in zip(panels.dropFirst(), expected) {
      guard case .signed(let map, let limit) = panel.content else {
        Issue.record("\(view) is not drawn with signs")
        continue
      }
      #expect(map == explained.explanation.map(view)?.values.map { sign * $0 })
      #expect(limit == DisplayScale.limit(of: map, percentile: 99.5))
    }
  }

  @Test("colour bars belong to what is shown")
  func colourBars() async throws {
    func bars(_ views: [String], _ style: MapStyle) async throws -> [ColourMap] {
      figure(try await explained(views, style: style), views, style: style).colourBars.map(\.map)
    }
    #expect(try await bars(["active"], .heat) == [.heat])
    #expect(try await bars(["active"], .overlay) == [.heat])
    #expect(try await bars(["active"], .signed) == [.diverging])
    #expect(try await bars(["signed"], .heat) == [.diverging])
    #expect(try await bars(["signed", "original"], .heat) == [.heat, .diverging])
    #expect(try await bars(["rivalry"], .heat) == [])
    #expect(try await bars(["rivalry"], .signed) == [])
  }

  @Test("rivalry has a legend and shows the classes with the size of their margins")
  func rivalry() async throws {
    let views = ["rivalry"]
    let explained = try await explained(views)
    let figure = figure(explained, views)
    #expect(figure.classLegend?.names == labels.names)
    let rivalry = try #require(explained.explanation.rivalries.first)
    for (panel, side) in zip(figure.rows[0].panels.dropFirst(), [rivalry.strongest, rivalry.weakest]) {
      guard case .classes(let classes, let strength) = panel.content else {
        Issue.record("\(panel.title) does not show classes")
        continue
      }
      #expect(classes == side.rivals.map { Int($0) })
      #expect(strength.values.allSatisfy { (0...1).contains($0) } && strength.values.max() == 1)
    }
  }

  @Test("notes name the rivals unless all classes are, and tell of transparency")
  func notes() async throws {
    let explained = try await explained(rivals: .top(2), transparency: true)
    let notes = figure(explained).notes.map(plain)
    let rivals = explained.explanation.rivals.map { labels[$0] }
    #expect(rivals.count == 2)
    #expect(
      notes == [
        "Compared with: \(rivals[0]), \(rivals[1]).", "Transparent parts of the picture were laid over white.",
      ])
    #expect(figure(try await self.explained(rivals: .top(3))).notes == [])
    #expect(figure(try await self.explained(["positive"], rivals: .top(2)), ["positive"]).notes == [])
  }

  @Test("the views to compute are those asked for, and the signed one where the signed style needs it")
  func viewsToCompute() {
    func names(_ views: [any View], _ style: MapStyle) -> [String] {
      ExplanationFigure.viewsToCompute(views, style: style).map(\.name)
    }
    #expect(names([Active()], .signed) == ["active"])
    #expect(names([Original(), Active()], .signed) == ["original", "active", "signed"])
    #expect(names([Signed(), Original()], .signed) == ["signed", "original"])
    #expect(names([Original()], .heat) == ["original"])
  }

  @Test("with a photograph, overlays lie on it, its cropped part marked")
  func photograph() async throws {
    let pixels = PixelArray(repeating: 90, height: 40, width: 60, channels: 3)
    let photograph = Photograph(pixels, for: Preprocessing(height: 6, width: 5, fit: .crop))
    let explained = try await explained(style: .overlay)
    var drawing = ExplanationFigure(model: "a model")
    drawing.style = .overlay
    let figure = drawing.figure(explained, views: ["active", "signed"], labels: labels, photograph: photograph)
    #expect(figure.notes == ["The classifier saw what lies inside the line."])
    let overlays = figure.rows[0].panels.compactMap { panel -> PhotographOverlay? in
      if case .photograph(let overlay) = panel.content { overlay } else { nil }
    }
    #expect(overlays.count == 2, "signed was not asked for")
    #expect(overlays.allSatisfy { $0.photograph == pixels && $0.window == photograph.window })
    guard case .nothing = overlays[0].layer, case .heat(let map, _) = overlays[1].layer else {
      Issue.record("the input and the active map are not what is shown")
      return
    }
    #expect(map == explained.explanation.map("active")?.values && !overlays[1].isSmooth)
    // Other styles show what the classifier saw.
    drawing.style = .heat
    let heat = drawing.figure(explained, views: ["active"], labels: labels, photograph: photograph)
    #expect(heat.rows[0].panels.allSatisfy { if case .photograph = $0.content { false } else { true } })
  }

  @Test("a photograph is shown as large as its panel, and no smaller than the map if it can be")
  func fitted() async throws {
    let whole = Photograph(
      PixelArray(repeating: 90, height: 300, width: 400, channels: 3),
      for: Preprocessing(height: 28, width: 28, fit: .crop))
    let small = try await whole.fitted(side: 100, height: 28, width: 28)
    #expect(small.pixels.height == 75 && small.pixels.width == 100)
    expectClose(
      [small.window.x, small.window.y, small.window.width, small.window.height],
      [whole.window.x, whole.window.y, whole.window.width, whole.window.height].map { $0 / 4 }, absolute: 1e-9)
    #expect(try await whole.fitted(side: 500, height: 28, width: 28).pixels.width == 400)
    // The window has 262.5 of 300 pixels: twice as many have room for a map of 525.
    let enlarged = try await whole.fitted(side: 5000, height: 525, width: 525)
    #expect(enlarged.pixels.width == 800)
  }

  @Test(
    "large maps are smoothed for display alone, and σ is told",
    arguments: [(6, nil, 0), (6, 1.5, 1.5), (64, nil, 0.57), (64, 0, 0)] as [(Int, Double?, Double)])
  func smoothing(side: Int, chosen: Double?, sigma: Double) async throws {
    let explained = try await TorchActor.run {
      let explainer = try Explainer(
        randomLinear(classes: 4, height: side, width: side), views: [Original(), Signed()], includesRivalry: true)
      let image = try Formula.tensor(9, [1, 3, side, side])
      return PictureJob.Explained(
        image: try Preprocessing.raster(from: image), hadTransparency: false,
        explanation: try explainer.explain(image)[0])
    }
    var drawing = ExplanationFigure(model: "a model")
    drawing.smoothing = chosen
    let figure = drawing.figure(explained, views: ["original", "signed", "rivalry"], labels: labels)
    let notes = ["Maps are smoothed for display by a Gaussian of σ = \(sigma.formatted()) input pixels."]
    #expect(figure.notes == (sigma > 0 ? notes : []))
    let panels = figure.rows[0].panels
    guard case .heat(let original, let scale) = panels[1].content, case .signed(let signed, _) = panels[2].content,
      case .classes(let classes, _) = panels[3].content
    else {
      Issue.record("other panels than expected")
      return
    }
    let maps = explained.explanation
    #expect(original == maps.map("original")?.values.smoothed(sigma))
    #expect(scale == DisplayScale(of: original, percentile: 99.5))
    #expect(signed == maps.map("signed")?.values.smoothed(sigma))
    let side = try #require(maps.rivalries.first?.strongest)
    #expect(classes == side.rivals.map { Int($0) }.voted(side.margins.map { abs($0) }, smoothing: sigma).classes)
  }

  @Test("the figure of a photograph is as stored", arguments: MapStyle.allCases)
  func golden(style: MapStyle) async throws {
    let views = Views.paper.map(\.name) + ["rivalry"]
    let photograph = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Examples/chelsea.png")
    let explainer = try await TorchActor.run {
      try Explainer(
        formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 48, width: 48),
        views: ExplanationFigure.viewsToCompute(Views.paper, style: style), rivals: .top(2), includesRivalry: true)
    }
    try await PictureJob(explainer).run([photograph]) { outcome in
      let figure = self.figure(try outcome.result.get(), views, style: style)
      try expectGolden(figure.encoded(as: .png), named: "chelsea-\(style.rawValue)")
    }
  }
}
