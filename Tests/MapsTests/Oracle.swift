import Maps

/// The maps of one image, written straight from the formulas, one scalar after the other.
///
/// `gradients[q]` holds g_q, row-major over channels, rows and columns.
struct Oracle {
  let gradients: [[Float]]
  let explained: Int
  let rivals: [Int]
  let channels: Int

  private var pixels: Int { gradients[0].count / channels }

  private func map(_ value: (_ element: Int) -> Float) -> [Float] {
    (0..<pixels).map { pixel in (0..<channels).map { value($0 * pixels + pixel) }.reduce(-.infinity, max) }
  }

  func map(_ view: String) -> [Float] {
    let own = gradients[explained]
    switch view {
    case "original": return map { abs(own[$0]) }
    case "positive": return map { max(own[$0], 0) }
    case "negative": return map { max(-own[$0], 0) }
    case "active":
      return map { element in rivals.allSatisfy { own[element] > gradients[$0][element] } ? abs(own[element]) : 0 }
    case "inactive":
      return map { element in rivals.allSatisfy { own[element] < gradients[$0][element] } ? abs(own[element]) : 0 }
    case "signed":
      return (0..<pixels).map { pixel in
        var best = own[pixel]
        for channel in 1..<max(channels, 2) where channel < channels {
          let value = own[channel * pixels + pixel]
          if abs(value) > abs(best) { best = value }
        }
        return best
      }
    default: return []
    }
  }

  /// Per pixel the rival and the margin: the strongest rival's, or the weakest's.
  func rivalry(strongest: Bool) -> [(rival: Int, margin: Float)] {
    let own = gradients[explained]
    return (0..<pixels).map { pixel in
      var answer: (rival: Int, margin: Float)?
      for channel in 0..<channels {
        let element = channel * pixels + pixel
        var rival = rivals[0]
        for candidate in rivals.dropFirst() {
          let (value, best) = (gradients[candidate][element], gradients[rival][element])
          if strongest ? value > best : value < best { rival = candidate }
        }
        let margin = strongest ? own[element] - gradients[rival][element] : gradients[rival][element] - own[element]
        if let known = answer, known.margin >= margin { continue }
        answer = (rival, margin)
      }
      return answer ?? (0, 0)
    }
  }
}
