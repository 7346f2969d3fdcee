import Experiments
import Foundation
import Saliency
import Synchronization
import TestSupport
import Testing

@testable import Explorer

/// What a page is answered, without a browser.
@Suite(.serialized) struct ExplorerServiceTests {
  private static let model = "fashion-mnist-basic-cnn"

  private let session: ExplorerSession
  private let service: ExplorerService

  init() async throws {
    var limits = ExplorerSession.Limits()
    (limits.pictures, limits.maximumPixels) = (3, 1_000_000)
    session = ExplorerSession(
      try ExplorerModels(Self.model, settings: ScriptSettings(), folder: nil, device: .cpu), version: "1",
      limits: limits)
    try await session.use(Self.model)
    service = ExplorerService(session, version: "1")
  }

  private typealias Message = [String: Any]

  private func ask(_ question: String, named name: String? = nil, _ body: Data) async throws -> [Message] {
    let lines = Mutex<[Data]>([])
    do {
      if question == "export" {
        _ = try await service.file(body)
      } else {
        try await service.answer(question, named: name, body) { message in
          let line = try message.line()
          lines.withLock { $0.append(line) }
        }
      }
    } catch {
      let line = try ErrorMessage(error).line()
      lines.withLock { $0.append(line) }
    }
    return try lines.withLock { $0 }.map { try #require(JSONSerialization.jsonObject(with: $0) as? Message) }
  }

  private func ask(_ path: String, _ wish: Message) async throws -> [Message] {
    try await ask(path, JSONSerialization.data(withJSONObject: wish))
  }

  private static let pixels = PixelArray(
    height: 20, width: 24, values: (0..<480).map { UInt8(truncatingIfNeeded: $0 * $0 * 31 % 251) })

  private func add(_ name: String = "a b.png") async throws -> [Message] {
    try await ask("pictures", named: name, Self.pixels.encodedPNG(for: "a test"))
  }

  private func addedPicture() async throws -> String {
    let messages = try await add()
    return try #require(messages[0]["id"] as? String)
  }

  private func floats(_ value: Any?) throws -> [Float] {
    let text = try #require(value as? String)
    let data = try #require(Data(base64Encoded: text))
    return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  @Test("a picture is answered with the prediction and the maps of one pass; further maps are the explainer's")
  func maps() async throws {
    let messages = try await add()
    #expect(messages.map { $0["type"] as? String } == ["picture", "maps"])
    #expect(messages[0]["name"] as? String == "a b.png" && messages[0]["photographWidth"] as? Int == 24)
    let classifier = try await session.current().classifier
    let explainer = try Explainer(classifier, attributions: [GradientXInput()], views: [Active(), Signed()])
    let explanation = try await TorchActor.run {
      try explainer.explain(classifier.preprocessing.image(from: Self.pixels), classes: [4])[0]
    }
    #expect(try floats(messages[0]["logits"]) == explanation.prediction.logits)
    let picture = try #require(messages[0]["id"] as? String)
    let found = try await ask(
      "maps", ["picture": picture, "class": 4, "attribution": "gradient-x-input", "views": ["active", "signed"]])
    let answer = try #require(found.last)
    let maps = try #require(answer["maps"] as? [Message])
    for (map, expected) in zip(maps, explanation.maps) {
      #expect(map["view"] as? String == expected.view)
      #expect(try floats(map["values"]) == expected.values.values)
    }
    #expect(maps.count == 2 && answer["strongest"] != nil && answer["rivals"] as? Int == 9)
  }

  @Test("deletion and the reader's own pixels are answered as the model answers", arguments: Replacement.allCases)
  func deletion(_ replacement: Replacement) async throws {
    let picture = try await addedPicture()
    let wish: Message = [
      "picture": picture, "class": 2, "attribution": "gradient", "view": "positive",
      "replacement": replacement.rawValue,
    ]
    let told = try await ask("deletion", wish)
    let answer = try #require(told.last)
    let classifier = try await session.current().classifier
    let image = try await classifier.preprocessing.seen(Self.pixels)
    let expected = try await TorchActor.run {
      let map = try Explainer(classifier, views: [Positive()]).explain(
        Preprocessing.image(from: image), classes: [2])[0].maps[0]
      let steps = DeletionSteps(map.values)
      return (steps, try steps.answers(image, replacement, classifier))
    }
    #expect(answer["deleted"] as? [Int] == expected.0.deleted)
    let answers = try #require((answer["answers"] as? [String: [Message]])?[replacement.rawValue])
    expectClose(
      answers.compactMap { $0["explained"] as? Double }, expected.1.map { Double($0.probabilities[2]) }, absolute: 1e-4)
    // The same pixels, painted.
    let marks = Data(expected.0.steps.map { $0 <= 10 ? 1 : 0 })
    let own = try await ask(
      "answer", ["picture": picture, "replacement": replacement.rawValue, "marks": marks.base64EncodedString()])
    expectClose(try floats(own[0]["probabilities"]), expected.1[10].probabilities, absolute: 1e-5)
  }

  @Test("what is broken, too large or unknown is told in one line, and the session lives on")
  func errors() async throws {
    let large = try PixelArray(repeating: 7, height: 1001, width: 1000).encodedPNG(for: "a test")
    let whole = try Self.pixels.encodedPNG(for: "a test")
    for (name, body, text) in [
      ("x.png", Data("no picture".utf8), "x.png is not a picture"), ("x.png", whole.prefix(200), "x.png is truncated"),
      ("x.png", large, "x.png has 1000×1001 pixels, more than the limit of 1000000"),
      ("x.png", Data(), "x.png is empty"),
      ("../../etc/passwd", Data("no".utf8), "passwd is not a picture"),
      ("\0\n", Data("no".utf8), "picture is not"),
    ] {
      let messages = try await ask("pictures", named: name, body)
      #expect(messages.count == 1 && messages[0]["type"] as? String == "error")
      let message = try #require(messages[0]["message"] as? String)
      #expect(message.contains(text) && !message.contains("\n"), "\(message)")
    }
    let picture = try await addedPicture()
    let wishes: [(String, Message)] = [
      ("maps", ["picture": "99", "class": 0, "attribution": "gradient", "views": ["active"]]),
      ("maps", ["picture": picture, "class": 10, "attribution": "gradient", "views": ["active"]]),
      ("maps", ["picture": picture, "class": -1, "attribution": "gradient", "views": ["active"]]),
      ("maps", ["picture": picture, "class": 0, "attribution": "nothing", "views": ["active"]]),
      ("maps", ["picture": picture, "class": 0, "attribution": "gradient", "views": ["nothing"]]),
      ("maps", ["picture": 7]),
      (
        "deletion",
        ["picture": picture, "class": 0, "attribution": "gradient", "view": "signed", "replacement": "black"]
      ),
      ("answer", ["picture": picture, "replacement": "black", "marks": "AAAA"]),
      ("answer", ["picture": picture, "replacement": "green", "marks": ""]), ("model", ["name": "/etc/passwd"]),
      ("model", ["name": "nothing"]), ("example", ["name": "../Package.swift"]), ("nothing", [:]),
      ("export", ["picture": picture, "class": 0, "attribution": "gradient", "views": ["active"], "format": "exe"]),
    ]
    for (path, wish) in wishes {
      let messages = try await ask(path, wish)
      #expect(messages.last?["type"] as? String == "error", "\(path) \(wish)")
    }
    #expect(try await ask("maps", Data("{".utf8)).first?["type"] as? String == "error")
    #expect(try await ask("look", ["picture": picture]).first?["type"] as? String == "picture")
  }

  @Test("no more than the last pictures are kept")
  func eviction() async throws {
    var ids: [String] = []
    for _ in 0..<5 { ids.append(try await addedPicture()) }
    for (place, id) in ids.enumerated() {
      let type = try await ask("look", ["picture": id]).first?["type"] as? String
      #expect(type == (place < 2 ? "error" : "picture"))
    }
  }

  @Test("another model takes the place of the one in use, and sees the same pictures")
  func models() async throws {
    let picture = try await addedPicture()
    let messages = try await ask("model", ["name": "cifar10-basic-cnn"])
    #expect(messages.last?["name"] as? String == "cifar10-basic-cnn")
    let seen = try await ask("look", ["picture": picture])
    #expect(seen[0]["channels"] as? Int == 3 && seen[0]["height"] as? Int == 32)
    // One that is not there leaves the one in use where it is.
    #expect(try await ask("model", ["name": "nothing"]).last?["type"] as? String == "error")
    #expect(try await session.current().model == "cifar10-basic-cnn")
  }

  @Test("the page may ask nobody but its server")
  func page() async throws {
    #expect(try await String(decoding: service.page(), as: UTF8.self).contains(service.policy))
    #expect(service.policy.hasPrefix("default-src 'none'; img-src data: blob:; style-src 'sha256-"))
    #expect(service.policy.hasSuffix("connect-src 'self'; base-uri 'none'; form-action 'none'"))
  }
}
