import ArgumentParser
import Saliency

/// `224` or `240x320` (height × width).
struct SizeOption: ExpressibleByArgument {
  let size: ImageSize

  init?(argument: String) {
    let sides = argument.lowercased().split(whereSeparator: { "x×".contains($0) }).compactMap { Int($0) }
    guard argument.split(whereSeparator: { "xX×".contains($0) }).count == sides.count, (1...2).contains(sides.count),
      sides.allSatisfy({ (1...16_384).contains($0) })
    else { return nil }
    size = ImageSize(height: sides[0], width: sides[sides.count - 1])
  }
}
