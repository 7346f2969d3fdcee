import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct AttributionOptionsTests {
  private let command: Command

  init() throws { command = try Command() }

  private func explain(_ arguments: String...) async throws -> Command.Finished {
    try command.run(["explain", "--model", try await Materials.model()] + arguments)
  }

  @Test("every attribution in one run, with options; the completeness gap is told")
  func attributions() async throws {
    try command.addPictures("photo.png", "other.png")
    let names = ["gradient-x-input", "guided-backpropagation", "integrated-gradients", "smoothgrad", "deeplift"]
    let finished = try await explain(
      "photo.png", "--attributions", names.joined(separator: ","), "--views", "active,signed", "--save-maps", "--json",
      "--steps", "3", "--quadrature", "trapezoid", "--baseline", "other.png", "--samples", "2", "--noise-level", "0.1",
      "--seed", "5", "-o", "out")
    #expect(finished.status == 0 && finished.errors == [])
    let files = names.flatMap { name in ["active", "signed"].map { "photo.\(name).\($0).npy" } }
    #expect(command.files(in: "out") == Set(files + ["photo.saliency.png"]))
    let object = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
    let complete = try #require(object?["completeness"] as? [[String: Any]])
    #expect(complete.compactMap { $0["attribution"] as? String } == ["integrated-gradients", "deeplift"])
    for entry in complete {
      let numbers = try ["sum", "difference", "gap"].map { try #require(entry[$0] as? Double) }
      #expect(abs(numbers[0] - numbers[1] - numbers[2]) < 1e-9)
    }
    // DeepLIFT is exact but for rounding.
    #expect(abs(try #require(complete[1]["gap"] as? Double)) < 1e-4)
    let text = try await explain("photo.png", "--attributions", "deeplift", "--views", "original", "-o", "text")
    #expect(text.lines[0].contains("; deeplift: completeness gap "))
  }

  @Test("occlusion and random masks with options; a window that does not fit is told with the option")
  func masks() async throws {
    try command.addPictures("photo.png")
    let finished = try await explain(
      "photo.png", "--attributions", "occlusion,rise", "--views", "active,signed", "--save-maps", "--window", "6x4",
      "--stride", "3", "--masks", "5", "--mask-cells", "3", "--mask-probability", "0.4", "--baseline", "white", "-o",
      "out")
    #expect(finished.status == 0 && finished.errors == [])
    let files = ["occlusion", "rise"].flatMap { name in ["active", "signed"].map { "photo.\(name).\($0).npy" } }
    #expect(command.files(in: "out") == Set(files + ["photo.saliency.png"]))
    let model = try await Materials.model()
    for (option, value) in [("--window", "500"), ("--stride", "300"), ("--mask-cells", "400")] {
      try command.expectFailure(
        ["explain", "photo.png", "--model", model, "--attributions", "occlusion,rise", option, value], [option])
    }
  }

  @Test("expected gradients draw from a folder of pictures, or say that they need one")
  func baselines() async throws {
    try command.addPictures("photo.png", "other/a.png", "other/b.png")
    let options = ["--attributions", "expected-gradients", "--views", "active", "--samples", "3", "--save-maps"]
    let model = ["--model", try await Materials.model()]
    let finished = try command.run(["explain", "photo.png", "--baselines", "other", "-o", "out"] + options + model)
    #expect(finished.status == 0 && finished.errors == [])
    #expect(command.files(in: "out").contains("photo.expected-gradients.active.npy"))
    try command.expectFailure(["explain", "photo.png"] + options + model, ["--baselines"])
    try command.expectFailure(
      ["explain", "photo.png", "--baselines", "nothing"] + options + model, ["--baselines", "nothing"])
    try command.addPictures("empty/not-yet/a.png")
    try FileManager.default.removeItem(at: command.folder.file("empty/not-yet"))
    try command.expectFailure(
      ["explain", "photo.png", "--baselines", "empty"] + options + model, ["--baselines", "empty"])
  }

  @Test("the same noise whatever else is explained")
  func noise() async throws {
    try command.addPictures("photo.png", "other.png")
    let options = ["--attributions", "smoothgrad", "--views", "original", "--samples", "3", "--save-maps"]
    for (pictures, folder, seed) in [
      (["photo.png"], "alone", "1"), (["other.png", "photo.png"], "both", "1"), (["photo.png"], "seed", "2"),
    ] {
      let finished = try command.run(
        ["explain", "--model", try await Materials.model()] + pictures + options + ["-o", folder, "--seed", seed])
      #expect(finished.status == 0)
    }
    func map(_ folder: String) throws -> [Float] {
      try readNumPy(command.folder.file("\(folder)/photo.smoothgrad.original.npy")).values
    }
    let alone = try map("alone")
    expectClose(try map("both"), alone, absolute: 1e-4 * (alone.max() ?? 0))
    #expect(zip(try map("seed"), alone).contains { abs($0 - $1) > 1e-3 * (alone.max() ?? 0) })
  }

  @Test(
    "options of attributions that cannot be are told with the code 64",
    arguments: [
      ("--steps", "0"), ("--samples", "0"), ("--noise-level", "-0.1"), ("--quadrature", "simpson"),
      ("--attributions", "gradiants"), ("--attributions", "deeplift,deeplift"), ("--window", "0"),
      ("--stride", "2x"), ("--masks", "1"), ("--mask-cells", "0"), ("--mask-probability", "1"),
      ("--max-blur", "0"), ("--path-fraction", "2"), ("--path-distance", "-1"),
    ])
  func wrongAttributionOptions(option: String, value: String) {
    expectUsageError(["explain", "photo.png", "\(option)=\(value)"], [option])
  }

  @Test("of all attributions, those that a model cannot have are left out, and so are their files")
  func allAttributions() throws {
    try command.addPictures("photo.png", "other.png")
    let model = ["--model", Fixture.url("exported/weights.pt2").path, "--size", "16"]
    let finished = try command.run(
      ["explain", "photo.png", "other.png", "--attributions", "all", "--steps", "2", "--samples", "2", "--masks", "4"]
        + ["--views", "original,active", "--save-maps", "-o", "out"] + model)
    #expect(finished.status == 0)
    #expect(
      finished.errors == [
        "Left out, as it needs --baselines: expected-gradients.",
        "Left out, as this model cannot have them: deeplift, lrp, grad-cam, grad-cam++, layer-cam.",
      ])
    let signed = [
      "gradient", "gradient-x-input", "guided-backpropagation", "integrated-gradients", "smoothgrad", "occlusion",
      "rise", "blur-integrated-gradients", "guided-integrated-gradients",
    ]
    let files = ["photo", "other"].flatMap { picture in
      signed.flatMap { ["\(picture).\($0).original.npy", "\(picture).\($0).active.npy"] }
        + ["\(picture).smoothgrad-squared.original.npy", "\(picture).vargrad.original.npy", "\(picture).saliency.png"]
    }
    #expect(command.files(in: "out") == Set(files))
    // What is said to be written is.
    #expect(Set(finished.lines.filter { $0.hasPrefix("  ") }) == Set(files.map { "  out/\($0)" }))
  }

  @Test("attributions that do not fit are told before any work")
  func attributionsThatDoNotFit() async throws {
    try command.addPictures("photo.png")
    let model = try await Materials.model()
    try command.expectFailure(
      ["explain", "photo.png", "--model", model, "--attributions", "deeplift", "--baseline", "nothing.png"],
      ["--baseline", "nothing.png"])
    try command.expectFailure(
      ["explain", "photo.png", "--model", model, "--attributions", "smoothgrad-squared"], ["has no sign", "positive"])
    try command.expectFailure(
      [
        "explain", "photo.png", "--model", Fixture.url("exported/weights.pt2").path, "--size", "16",
        "--attributions", "lrp",
      ], ["lrp", "aten::"])
    try command.expectFailure(
      ["explain", "photo.png", "--model", model, "--attributions", "cam", "--layer", "conv9"],
      ["conv9", "models inspect --layers"])
  }
}
