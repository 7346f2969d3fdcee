/// The arithmetic that a network computes with.
public enum Precision: String, Sendable, Codable, CaseIterable {
  /// The weights' own type throughout.
  case full = "float32"
  /// Convolutions, and what lies between them, in bfloat16 (8 bits of mantissa); weights, the statistics of batch
  /// normalisation, the mean over all places and the linear layer as they are. Several times as fast where processor or
  /// GPU multiply bfloat16 matrices in hardware, slower elsewhere.
  case mixed = "bfloat16"
}
