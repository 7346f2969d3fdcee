/// G. L. Steele, D. Lea, C. H. Flood, *Fast Splittable Pseudorandom Number Generators*, 2014: the same numbers on every machine.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  /// - Parameter stream: which of the sequences that belong to a seed.
  package init(seed: UInt64, stream: UInt64 = 0) {
    var mixer = SplitMix64(state: seed)
    state = mixer.next() ^ stream &* 0xD134_2543_DE82_EF95
  }

  /// The numbers of one of the passes of an image, by its index.
  init(seed: UInt64, image: Int, pass: Int) {
    var ofImage = SplitMix64(seed: seed, stream: UInt64(image))
    self.init(seed: ofImage.next(), stream: UInt64(pass))
  }

  private init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
