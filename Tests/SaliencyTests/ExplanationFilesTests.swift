import Foundation
import Rasters
import TestSupport
import Testing

@testable import Saliency

@Suite @TorchActor struct ExplanationFilesTests {
  nonisolated private static let views = Views.paper.map(\.name) + ["rivalry"]

  private func files(
    in folder: URL, views: [String] = views, savesMaps: Bool = true, format: ExplanationFormat = .svg
  ) throws -> ExplanationFiles {
    try ExplanationFiles(
      folder: folder, name: "photo", format: format,
      explainer: Explainer(randomLinear(classes: 2, height: 2, width: 2), includesRivalry: true), views: views,
      savesMaps: savesMaps)
  }

  @Test("files are named by picture, attribution and view")
  func names() throws {
    let files = try files(in: URL(filePath: "/out", directoryHint: .isDirectory))
    #expect(files.figure?.path == "/out/photo.saliency.svg")
    #expect(
      files.maps.map(\.url.lastPathComponent) == [
        "photo.gradient.original.npy", "photo.gradient.positive.npy", "photo.gradient.negative.npy",
        "photo.gradient.active.npy", "photo.gradient.inactive.npy", "photo.gradient.rivalry-strongest.npy",
        "photo.gradient.rivalry-strongest-margin.npy", "photo.gradient.rivalry-weakest.npy",
        "photo.gradient.rivalry-weakest-margin.npy",
      ])
    #expect(Set(files.all).count == 10)
  }

  @Test("maps are kept only when asked for")
  func withoutMaps() throws {
    let files = try files(in: URL(filePath: "/out"), savesMaps: false, format: .pdf)
    #expect(files.maps.isEmpty && files.all.map(\.lastPathComponent) == ["photo.saliency.pdf"])
  }

  /// The sum over channels: a view of the user's own, which reads no sign.
  private struct Total: View {
    let name = "total"
    let comparesClasses = false
    let needsSign = false
    let direction = Direction.either
    let meaning = "changes the score"
    func maps(_ extremes: ClassExtremes) throws -> Tensor { try extremes.own.absolute().sum([1]) }
  }

  @Test("signless attributions have files for the views that read no sign, the user's own included")
  func signless() throws {
    let explainer = try Explainer(
      randomLinear(classes: 2, height: 2, width: 2), attributions: [SmoothGrad(.variance), Gradient()],
      views: [Total(), Active()], includesRivalry: true, leavesOutSigned: true)
    let files = ExplanationFiles(
      folder: URL(filePath: "/out"), name: "p", format: .png, explainer: explainer,
      views: ["total", "active", "rivalry"],
      savesMaps: true)
    #expect(
      files.maps.map { "\($0.attribution) \($0.view)" }.prefix(4) == [
        "vargrad total", "gradient total", "gradient active", "gradient rivalry-strongest",
      ])
  }

  @Test("what is already there is found, whichever file it is")
  func existing() throws {
    let folder = try TemporaryFolder()
    let files = try files(in: folder.url)
    #expect(files.existing == nil)
    for url in files.all.reversed() {
      try Data().write(to: url)
      #expect(files.existing?.lastPathComponent == url.lastPathComponent)
    }
  }

  @Test("each file holds the map of its name, and nothing else is left in the folder")
  func written() async throws {
    let folder = try TemporaryFolder()
    let explanation = try await TorchActor.run {
      let classifier = try randomLinear(classes: 4, height: 5, width: 7)
      return try Explainer(classifier, includesRivalry: true).explain(Formula.tensor(7, [1, 3, 5, 7]))[0]
    }
    let files = try files(in: folder.url)
    try files.write(explanation, figure: { MapFigure(title: "t", rows: []) }, format: .svg)
    func values(_ view: String) throws -> Raster<Float> {
      try readNumPy(folder.file("photo.gradient.\(view).npy"))
    }
    for view in Views.paper { #expect(try values(view.name) == explanation.map(view.name)?.values) }
    let rivalry = try #require(explanation.rivalries.first)
    #expect(try values("rivalry-strongest") == rivalry.strongest.rivals.map(Float.init))
    #expect(try values("rivalry-strongest-margin") == rivalry.strongest.margins)
    #expect(try values("rivalry-weakest") == rivalry.weakest.rivals.map(Float.init))
    #expect(try values("rivalry-weakest-margin") == rivalry.weakest.margins)
    let found = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(Set(found) == Set(files.all.map(\.lastPathComponent)))
  }

  @Test("a folder that is gone is named")
  func unwritable() async throws {
    let folder = try TemporaryFolder()
    let explanation = try await TorchActor.run {
      try Explainer(randomLinear(classes: 2, height: 2, width: 2)).explain(Formula.tensor(7, [1, 3, 2, 2]))[0]
    }
    for savesMaps in [false, true] {
      let files = try files(in: folder.file("gone"), views: ["active"], savesMaps: savesMaps)
      let error = #expect(throws: (any Error).self) {
        try files.write(explanation, figure: { MapFigure(title: "t", rows: []) }, format: .svg)
      }
      #expect(error?.message.contains("\(folder.file("gone").path)/photo.") == true)
      #expect(error?.message.lowercased().contains("no such file or directory") == true)
    }
  }
}
