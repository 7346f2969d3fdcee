/// What is said of all models that were trained on a well-known data set in the usual way: input, normalisation and classes.
public enum ModelPreset: String, Sendable, CaseIterable {
  /// As torchvision's models of ImageNet's 1,000 classes: the shorter side is scaled to 256, the centre of 224×224 cut out and
  /// normalised by ImageNet's mean and standard deviation. At another size the shorter side is scaled to size / 0.875 alike.
  case imagenet
  /// CIFAR-10: 32×32 without normalisation, which differs from model to model.
  case cifar10

  public var settings: ScriptSettings {
    switch self {
    case .imagenet:
      ScriptSettings(
        labels: Self.names(PackageResources.imagenet_txt), height: 224, width: 224, fit: .crop,
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
    case .cifar10:
      ScriptSettings(labels: Self.names(PackageResources.cifar10_txt), height: 32, width: 32, fit: .stretch)
    }
  }

  /// One a line; lines that begin with # are about the file.
  private static func names(_ file: [UInt8]) -> [String] {
    String(decoding: file, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }
}
