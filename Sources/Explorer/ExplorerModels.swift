import Foundation
import Saliency

/// The models that a reader may change to, by the names that `--model` takes. None but the one in use is in memory.
package struct ExplorerModels: Sendable {
  private let settings: ScriptSettings
  private let device: Device
  /// What the settings are said of.
  private let named: String
  package let list: [AboutMessage.Model]

  /// - Parameters:
  ///   - named: the one to begin with, of which `settings` are said; those of others are read from beside their files.
  ///   - folder: of model files; nil: none but those that have names.
  /// - Throws: Foundation's error when the folder cannot be read.
  package init(_ named: String, settings: ScriptSettings, folder: URL?, device: Device) throws {
    (self.named, self.settings, self.device) = (named, settings, device)
    let known = BundledModel.all.map(\.name) + KnownModel.all.filter(\.isFetched).map(\.name)
    var list = known.map { AboutMessage.Model(name: $0, title: $0) }
    if let folder {
      let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      list += files.filter { Self.endings.contains($0.pathExtension.lowercased()) }.map {
        AboutMessage.Model(name: $0.relativePath, title: $0.lastPathComponent)
      }.sorted { $0.title < $1.title }
    }
    if !list.contains(where: { $0.name == named }) {
      list.insert(.init(name: named, title: URL(filePath: named).lastPathComponent), at: 0)
    }
    self.list = list
  }

  private static let endings: Set = ["safetensors", "pt2", "onnx", "pt", "pth"]

  /// - Throws: ``ModelChoiceError``; ``ExplorerError/unknown(_:)`` for a name that is not in the list.
  package func open(_ name: String) async throws -> ModelChoice.Opened {
    guard list.contains(where: { $0.name == name }) else { throw ExplorerError.unknown("model “\(name)” here") }
    let settings = name == named ? settings : ScriptSettings()
    return try await TorchActor.run { try ModelChoice.open(name, settings: settings, device: device) }
  }
}

/// What a page asks for that is not there.
package enum ExplorerError: LocalizedError, Equatable, Sendable {
  case unknownPicture
  case unknown(String)
  case malformed(String)

  package var errorDescription: String? {
    switch self {
    case .unknownPicture: "this picture is no longer in memory; open it again"
    case .unknown(let what): "there is no \(what)"
    case .malformed(let what): "the request is not understood: \(what)"
    }
  }
}

/// The photographs that ship with this package.
package enum ShippedPictures {
  /// None if the program was moved and its sources are gone.
  package static let all: [URL] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Examples")
    return (try? Picture.pictures(in: folder)) ?? []
  }()
}
