import ArgumentParser
import Saliency

/// `224` or `240x320` (height × width).
struct SizeOption: ExpressibleByArgument {
  let size: ImageSize

  init?(argument: String) {
    let parts = argument.split(omittingEmptySubsequences: false) { "xX×".contains($0) }
    let sides = parts.compactMap { Int($0) }
    guard sides.count == parts.count, (1...2).contains(sides.count), sides.allSatisfy({ (1...16_384).contains($0) })
    else { return nil }
    size = ImageSize(height: sides[0], width: sides[sides.count - 1])
  }
}
