import ArgumentParser
import Foundation
import Saliency

extension Preprocessing.Fit: ExpressibleByArgument {}
extension ModelPreset: ExpressibleByArgument {}

/// The model, and how pictures become its input.
struct ModelOptions: ParsableArguments {
  @Option(
    name: [.customShort("m"), .customLong("model")],
    help: """
      A bundled or fetched model (see saliency models), a safetensors file of this program, an archive of torch.export, an \
      ONNX file, a TorchScript file, or weights of torch.save (default: \(BundledModel.defaultName); for explain \
      \(KnownModel.imageNetEfficientNetLite0.name) once it has been fetched).
      """)
  var named: String?

  @OptionGroup var input: ModelInputOptions

  /// `CommandLineCheck` makes the parser's own word of it.
  @Flag(help: "Show every option, the rare ones too.") var helpAll = false

  var model: String { named ?? BundledModel.defaultName }

  /// Opens the model and tells what its user should know of it.
  ///
  /// - Parameter usual: the model's name where the user names none.
  func open(on device: Device, usual: String = BundledModel.defaultName) async throws -> ModelChoice.Opened {
    let opened = try await openQuietly(on: device, usual: usual)
    for warning in opened.warnings { Console.warn("\(named ?? usual): \(warning.told)") }
    return opened
  }

  func openQuietly(on device: Device, usual: String = BundledModel.defaultName) async throws -> ModelChoice.Opened {
    let (settings, model) = (try input.settings, named ?? usual)
    return try await TorchActor.run { try ModelChoice.open(model, settings: settings, device: device) }
  }
}

/// What a model's file does not say: how pictures become its input, and the names of its classes.
struct ModelInputOptions: ParsableArguments {
  @Option(
    help: """
      How models of a well-known data set take pictures, and its classes: imagenet (as torchvision: 224×224, crop, mean, std, 1,000 \
      names) or cifar10 (32×32, 10 names). Other options go before it.
      """)
  var preset: ModelPreset?

  @Option(help: "Text file with the class names, one a line, in the order of the logits.") var labels: String?

  @Option(help: ArgumentHelp("The model's input size: N or HxW.", visibility: .hidden)) var size: ImageSize?

  @Option(
    help: ArgumentHelp(
      """
      How a picture is brought to that size: stretch (the aspect is not kept) or crop (shorter side to size/0.875, then the \
      centre).
      """, visibility: .hidden))
  var fit: Preprocessing.Fit?

  @Option(
    help: ArgumentHelp(
      "Numbers, one per channel, that the model's input has subtracted, such as 0.485,0.456,0.406.",
      visibility: .hidden))
  var mean: NumberList?

  @Option(
    help: ArgumentHelp(
      "Numbers, one per channel, that the model's input is then divided by.", visibility: .hidden))
  var std: NumberList?

  var settings: ScriptSettings {
    get throws {
      var settings = ScriptSettings(
        height: size?.height, width: size?.width, fit: fit, mean: mean?.values, standardDeviation: std?.values
      )
      if let labels {
        do { settings.labels = try ScriptSettings.labels(contentsOf: URL(filePath: labels)) } catch {
          throw CommandError("--labels \(error.told)")
        }
      }
      if let preset { settings = settings.completed(by: preset.settings) }
      return settings
    }
  }
}

/// `224` or `240x320` (height × width).
extension ImageSize: ExpressibleByArgument {
  public init?(argument: String) {
    let parts = argument.split(omittingEmptySubsequences: false) { "xX×".contains($0) }
    let sides = parts.compactMap { Int($0) }
    guard sides.count == parts.count, (1...2).contains(sides.count), sides.allSatisfy({ (1...16_384).contains($0) })
    else { return nil }
    self.init(height: sides[0], width: sides[sides.count - 1])
  }
}

/// `0.485,0.456,0.406`
struct NumberList: ExpressibleByArgument, CustomStringConvertible {
  let values: [Double]

  init(_ values: [Double]) { self.values = values }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard values.count == parts.count, values.allSatisfy(\.isFinite) else { return nil }
  }

  var description: String { values.map { String($0) }.joined(separator: ",") }
}

/// `2GB`, `500MB`, or bytes.
struct MemorySize: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let units = [("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("G", 1e9), ("M", 1e6), ("K", 1e3), ("", 1.0)]
    let text = argument.uppercased()
    guard let (suffix, factor) = units.first(where: { text.hasSuffix($0.0) }),
      let number = Double(text.dropLast(suffix.count)), number > 0, number * factor < 1e15
    else { return nil }
    bytes = Int(number * factor)
  }
}
