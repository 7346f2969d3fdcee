import Foundation
import Saliency

/// What a page of the explorer is told: by a server, one JSON object a line, or by the page itself, which then holds all of them.
///
/// Arrays of numbers are little-endian and in base64, as JSONEncoder writes `Data`.
package protocol ExplorerMessage: Encodable, Sendable {
  var type: String { get }
}

extension ExplorerMessage {
  /// As a server sends it: JSON and the line's end.
  package func line() throws -> Data { Data((try json() + "\n").utf8) }
}

/// What there is to ask for.
package struct AboutMessage: ExplorerMessage {
  struct View: Encodable {
    let name, meaning: String
    let direction: Direction
    let needsSign, comparesClasses, hasNegatives: Bool
  }

  struct Attribution: Encodable {
    let name: String
    let sign: Sign?
  }

  struct Stop: Encodable {
    let position: Float
    let red, green, blue: UInt8
  }

  struct Colours: Encodable {
    let heat, diverging: [Stop]
    let classes: [String]
    let otherClass: String
  }

  package struct Model: Codable, Sendable, Equatable {
    /// What `--model` takes.
    package let name: String
    package let title: String
  }

  package let type = "about"
  let version: String
  let views: [View]
  let signedView: String
  let attributions: [Attribution]
  let colours: Colours
  let replacements: [String]
  let fractions: [Double]
  let clip: Double
  let opacity: Float
  /// Those that the reader can change to; empty where there is no server.
  let models: [Model]
  /// The names of the pictures that the program ships.
  let examples: [String]
  let isServed: Bool

  /// - Parameters:
  ///   - attributions: those that are offered, in order.
  ///   - views: those that are offered, in order.
  package init(
    version: String, attributions: [any Maps.Attribution] = Attributions.all, views: [any Maps.View] = Views.all,
    replacements: [Replacement] = Replacement.allCases, models: [Model] = [], examples: [String] = [],
    isServed: Bool = false
  ) {
    self.version = version
    self.views = views.map {
      View(
        name: $0.name, meaning: $0.meaning, direction: $0.direction, needsSign: $0.needsSign,
        comparesClasses: $0.comparesClasses, hasNegatives: $0.hasNegatives)
    }
    signedView = Views.signed.name
    self.attributions = attributions.map { Attribution(name: $0.name, sign: $0.sign) }
    func stops(_ map: ColourMap) -> [Stop] {
      map.stops.map {
        Stop(position: $0.position, red: $0.colour.red, green: $0.colour.green, blue: $0.colour.blue)
      }
    }
    colours = Colours(
      heat: stops(.heat), diverging: stops(.diverging), classes: Colour.categories.map(\.hex),
      otherClass: Colour.otherCategory.hex)
    self.replacements = replacements.map(\.rawValue)
    fractions = DeletionSteps.fractions
    let figure = ExplanationFigure(model: "")
    (clip, opacity) = (figure.clip, figure.opacity)
    self.models = models
    self.examples = examples
    self.isServed = isServed
  }
}

/// The model that answers from now on.
package struct ModelMessage: ExplorerMessage {
  struct Unfit: Encodable {
    let name, reason: String
  }

  package let type = "model"
  let name: String
  let labels: [String]
  let height, width: Int
  /// σ of the Gaussian that maps are smoothed with for display, in their pixels.
  let smoothing: Double
  /// With which classes the explained one is compared.
  let rivals: String
  /// The attributions that it cannot have, and why.
  let unfit: [Unfit]
  let warnings: [String]
}

/// A picture as the model saw it, and what the model says.
package struct PictureMessage: ExplorerMessage {
  package let type = "picture"
  package let id: String
  let model: String
  /// The file's name.
  let name: String
  /// The whole photograph's sides, and the part of it that the model saw.
  let photographHeight, photographWidth: Int
  let window: PhotographOverlay.Window
  let hadTransparency: Bool
  /// The input, uint8 [H, W, C].
  let height, width, channels: Int
  let input: Data
  /// One float32 for each class.
  let logits, probabilities: Data
  /// How long it took, in seconds.
  let seconds: Double
}

/// The photograph itself.
package struct PhotographMessage: ExplorerMessage {
  package let type = "photograph"
  let picture: String
  let height, width: Int
  /// `image/png` or `image/jpeg`.
  let format: String
  let content: Data

  /// Small pictures as they are, bit for bit; large ones, whose noise would take many megabytes, as JPEG. Neither bears what the
  /// file says of camera, time and place.
  init(_ pixels: PixelArray, picture: String) throws {
    let isSmall = pixels.height * pixels.width <= 1_000_000
    self.picture = picture
    (height, width) = (pixels.height, pixels.width)
    format = isSmall ? "image/png" : "image/jpeg"
    content = try isSmall ? pixels.encodedPNG(for: "the photograph") : pixels.encodedJPEG(for: "the photograph")
  }
}

/// The maps of one class, of one attribution.
package struct MapsMessage: ExplorerMessage {
  struct Map: Encodable {
    let view: String
    /// float32 [H, W], unscaled.
    let values: Data
  }

  struct Side: Encodable {
    /// int32 [H, W], the rivals' indices.
    let rivals: Data
    /// float32 [H, W].
    let margins: Data
  }

  package let type = "maps"
  let picture, model, attribution: String
  let explainedClass: Int
  let height, width: Int
  let maps: [Map]
  let strongest, weakest: Side?
  /// How many classes it was compared with; 0: no view compares.
  let rivals: Int
  let completenessGap: Double?
}

/// The signed map of one class against another.
package struct ContrastMessage: ExplorerMessage {
  package let type = "contrast"
  let picture, model, attribution: String
  let explainedClass, rival: Int
  let height, width: Int
  let values: Data
}

/// What the model answers while pixels are deleted in the order of a map.
package struct DeletionMessage: ExplorerMessage {
  package struct Answer: Encodable, Sendable {
    /// The predicted class and its probability, and the probabilities of the explained class and of its rival.
    let predicted: Int
    let probability, explained: Double
    let rival: Double?
  }

  package let type = "deletion"
  let picture, model, attribution, view: String
  let explainedClass: Int
  let rival: Int?
  /// From which step on each pixel is deleted; 255: never.
  let steps: Data
  let deleted: [Int]
  let answers: [String: [Answer]]
}

/// What the model answers when the reader's own pixels are replaced.
package struct AnswerMessage: ExplorerMessage {
  package let type = "answer"
  let probabilities: Data
}

package struct ProgressMessage: ExplorerMessage {
  package let type = "progress"
  let share: Double
  let text: String
}

package struct ErrorMessage: ExplorerMessage {
  package let type = "error"
  let message: String

  package init(message: String) { self.message = message }

  /// What is wrong, in one line.
  package init(_ error: any Error) {
    message = error.localizedDescription.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}

extension Array {
  /// The numbers as they lie in memory, which is little-endian on every machine that this package is built for.
  var bytes: Data { withUnsafeBytes { Data($0) } }
}
