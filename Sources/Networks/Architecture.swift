/// The built-in networks.
public enum Architecture: String, Sendable, CaseIterable, Codable {
  case basicCNN = "basic-cnn"
  case resNet18 = "resnet18"
  case resNet34 = "resnet34"
  case resNet50 = "resnet50"
  case efficientNetLite0 = "efficientnet-lite0"
  case vitTiny = "vit-tiny"

  /// Those that the paper is about.
  public static let paper: [Architecture] = [.basicCNN, .resNet18]

  /// A name for people.
  public var title: String {
    switch self {
    case .basicCNN: "Basic CNN"
    case .resNet18: "ResNet-18"
    case .resNet34: "ResNet-34"
    case .resNet50: "ResNet-50"
    case .efficientNetLite0: "EfficientNet-Lite0"
    case .vitTiny: "ViT-Tiny"
    }
  }

  /// The network for images with `channels` channels and `classes` classes, of any size but for a transformer, whose weights belong to
  /// the size given.
  public func graph(channels: Int, classes: Int, height: Int, width: Int) -> Graph {
    switch self {
    case .basicCNN: .basicCNN(channels: channels, classes: classes)
    case .resNet18: .resNet18(channels: channels, classes: classes)
    case .resNet34: .resNet34(channels: channels, classes: classes)
    case .resNet50: .resNet50(channels: channels, classes: classes)
    case .efficientNetLite0: .efficientNetLite0(channels: channels, classes: classes)
    case .vitTiny: .vitTiny(channels: channels, classes: classes, height: height, width: width)
    }
  }
}
