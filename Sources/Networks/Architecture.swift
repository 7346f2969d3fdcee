/// The built-in networks.
public enum Architecture: String, Sendable, CaseIterable, Codable {
  case basicCNN = "basic-cnn"
  case resNet18 = "resnet18"

  /// A name for people.
  public var title: String { self == .basicCNN ? "Basic CNN" : "ResNet-18" }

  /// The network for images with `channels` channels and `classes` classes, of any size.
  public func graph(channels: Int, classes: Int) -> Graph {
    switch self {
    case .basicCNN: .basicCNN(channels: channels, classes: classes)
    case .resNet18: .resNet18(channels: channels, classes: classes)
    }
  }
}
