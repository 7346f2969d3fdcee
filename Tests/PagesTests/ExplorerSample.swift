import Experiments
import Figures
import Foundation
import Maps
import Networks
import Pictures
import Rasters
import Saliency
import Tensors

@testable import Explorer

/// A photograph explained by a bundled network, and its page.
struct ExplorerSample: Sendable {
  static let photograph = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Examples/chelsea.png")
  static let model = "cifar10-basic-cnn"

  let classifier: any Classifier
  var document: ExplorerDocument
  let explained: PictureJob.Explained
  let photograph: Photograph

  static func make(_ attributions: [any Attribution] = [Gradient()]) async throws -> ExplorerSample {
    let classifier = try await ModelChoice.open(model).classifier
    let analysis = ExplorerAnalysis(classifier, model: model)
    let document = ExplorerDocument(analysis, attributions, Views.paper, version: "1.2.3")
    let job = try PictureJob(document.explainer())
    let explained = Found()
    try await job.run([Self.photograph]) { await explained.keep(try $0.result.get()) }
    return ExplorerSample(
      classifier: classifier, document: document, explained: try await explained.value,
      photograph: try job.photograph(Self.photograph))
  }

  func page(_ classes: [Int] = [], name: String = "chelsea.png") async throws -> Data {
    try await document.page(name, explained, photograph: photograph, classes: classes)
  }

  func explanation(of index: Int) async throws -> Explanation {
    try await TorchActor.run {
      try document.explainer().explain(Preprocessing.image(from: explained.image), classes: [index])[0]
    }
  }

  private actor Found {
    private var found: PictureJob.Explained?
    func keep(_ explained: PictureJob.Explained) { found = explained }
    var value: PictureJob.Explained {
      get throws { if let found { return found } else { throw CancellationError() } }
    }
  }
}

extension Browser {
  /// A canvas' red, green and blue.
  func pixels(_ selector: String) throws -> PixelArray {
    let text: String = try run(
      """
      const canvas = document.querySelector("\(selector)");
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      return canvas.width + " " + canvas.height + " " + Maps.base64(copy.getImageData(0, 0, canvas.width, canvas.height).data);
      """)
    let parts = text.split(separator: " ").map(String.init)
    let (width, height) = (Int(parts[0]) ?? 0, Int(parts[1]) ?? 0)
    let rgba = Array(Data(base64Encoded: parts[2]) ?? Data())
    return PixelArray(
      height: height, width: width, channels: 3, values: rgba.indices.filter { $0 % 4 != 3 }.map { rgba[$0] })
  }

  func text(_ selector: String) throws -> String {
    try run("return document.querySelector(\"\(selector)\").textContent")
  }

  /// Waits until JavaScript's expression is true.
  func wait(for condition: String, seconds: Double = 400) throws {
    let end = Date.now.addingTimeInterval(seconds)
    while try !run("return Boolean(\(condition))", as: Bool.self) {
      guard Date.now < end else { throw WebDriverError(description: "it does not come true: \(condition)") }
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  /// Chooses from a select, or moves a slider, as a reader does.
  func set(_ selector: String, _ value: String) throws {
    _ = try run(
      """
      const element = document.querySelector("\(selector)");
      element.value = "\(value)";
      element.dispatchEvent(new Event(element.tagName === "SELECT" ? "change" : "input"));
      return element.value;
      """, as: String.self)
  }

  /// What buttons save from now on is kept as `window.saved` instead, in base64, with its name.
  func keepSaved() throws {
    _ = try run(
      """
      URL.createObjectURL = (blob) => {
        blob.arrayBuffer().then((buffer) => { window.saved = Maps.base64(new Uint8Array(buffer)); });
        return "blob:kept";
      };
      HTMLAnchorElement.prototype.click = function () { window.savedName = this.download; };
      return true;
      """, as: Bool.self)
  }

  func saved() throws -> (name: String, content: Data) {
    try wait(for: "window.saved")
    let content: String = try run("const kept = window.saved; window.saved = null; return kept;")
    return (try run("return window.savedName"), Data(base64Encoded: content) ?? Data())
  }
}

/// The largest difference of two pictures' components; nil where their sizes differ.
func largestDifference(_ a: PixelArray, _ b: PixelArray) -> Int? {
  guard a.height == b.height, a.width == b.width, a.channels == b.channels else { return nil }
  return zip(a.values, b.values).map { abs(Int($0) - Int($1)) }.max()
}

extension Raster<Float> {
  /// As the command draws it.
  func coloured(signed: Bool, clip: Double = 99.5) -> PixelArray {
    let (scale, limit) = (DisplayScale(of: self, percentile: clip), DisplayScale.limit(of: self, percentile: clip))
    let colours = values.flatMap { value in
      let colour =
        signed ? ColourMap.diverging.colour(value / limit) : ColourMap.heat.colour(scale.position(of: value))
      return [colour.red, colour.green, colour.blue]
    }
    return PixelArray(height: height, width: width, channels: 3, values: colours)
  }
}
