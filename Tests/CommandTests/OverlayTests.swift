import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct OverlayTests {
  private let command: Command

  init() throws {
    command = try Command()
    try Materials.picture(height: 60, width: 90, seed: 1).writePNG(to: command.folder.file("photo.png"))
  }

  private func explain(_ arguments: String...) async throws -> Command.Finished {
    try command.run(["explain", "photo.png", "--model", try await Materials.model()] + arguments)
  }

  @Test("--overlay-only writes each map over the photograph in its own resolution, and no figure")
  func overlayOnly() async throws {
    let finished = try await explain(
      "--overlay-only", "--views", "active,signed", "--fit", "crop", "--json", "--save-maps", "-o", "out")
    #expect(finished.status == 0 && finished.errors == [])
    let overlays = ["active", "signed"].map { "photo.gradient.\($0).overlay.png" }
    #expect(
      command.files(in: "out") == Set(overlays + ["photo.gradient.active.npy", "photo.gradient.signed.npy"]))
    let object = try #require(JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    #expect(object["figure"] == nil)
    #expect((object["overlays"] as? [[String: String]])?.map { $0["file"] } == overlays.map { "out/\($0)" })
    let photograph = try Picture.read(command.folder.file("photo.png")).pixels
    for (overlay, view) in zip(overlays, ["active", "signed"]) {
      let pixels = try Picture.read(command.folder.file("out/\(overlay)")).pixels
      #expect(pixels.height == 60 && pixels.width == 90)
      let map = try readNumPy(command.folder.file("out/photo.gradient.\(view).npy"))
      let layer: PhotographOverlay.Layer =
        view == "signed"
        ? .signed(map, limit: DisplayScale.limit(of: map, percentile: 99.5))
        : .heat(map, DisplayScale(of: map, percentile: 99.5))
      let window = Photograph(photograph, for: Preprocessing(height: 16, width: 16, fit: .crop)).window
      #expect(pixels == PhotographOverlay(photograph, window: window, layer: layer, isSmooth: false).pixels())
    }
    // They are no pictures to explain.
    try command.expectFailure(
      ["explain", "out", "--model", try await Materials.model()], ["out contains no pictures"])
    #expect(
      try await explain("--overlay-only", "--views", "active", "-o", "out").status == 1, "they are not overwritten")
  }

  @Test("the overlay style draws on the photograph; a scale enlarges the panels")
  func style() async throws {
    func size(_ folder: String, _ arguments: String...) async throws -> (width: Int, height: Int) {
      let finished = try command.run(
        ["explain", "photo.png", "--model", try await Materials.model(), "--views", "original,active", "-o", folder]
          + arguments)
      #expect(finished.status == 0 && finished.errors == [])
      let page = try PNGPixels(Data(contentsOf: command.folder.file("\(folder)/photo.saliency.png")))
      return (page.width, page.height)
    }
    // Three panels as wide as the photograph are half as high as wide, three of the input are square.
    let (heat, overlay) = (try await size("heat"), try await size("overlay", "--style", "overlay"))
    #expect(overlay.height < heat.height)
    let large = try await size("large", "--scale", "3")
    #expect(large.width > 2 * heat.width)
  }

  @Test(
    "values that cannot be are told with the code 64",
    arguments: [
      (["--overlay-only", "--format", "pdf"], "--format pdf"), (["--overlay-only", "--views", "rivalry"], "rivalry"),
      (["--scale", "0"], "--scale"), (["--scale=nan"], "--scale"), (["--scale", "11"], "--scale"),
      (["--smooth=-1"], "--smooth"), (["--smooth", "nan"], "--smooth"), (["--smooth", "much"], "--smooth"),
    ])
  func wrong(arguments: [String], word: String) { expectUsageError(["explain", "photo.png"] + arguments, [word]) }
}
