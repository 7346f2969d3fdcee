import Maps
import Testing

@Suite struct OutputScaleTests {
  @Test(
    "probabilities and their logarithms are told from logits",
    arguments: [
      ([[0.2, 0.8], [1, 0]], OutputScale.probabilities), ([[0.2, 0.8], [0.5, 0.6]], .logits),
      ([[-0.1, 1.1]], .logits), ([[-0.6931, -0.6931]], .logProbabilities), ([[-0.6931, 0]], .logits),
      ([[1], [1]], .logits), ([[.nan, 1]], .logits),
    ])
  func scales(rows: [[Double]], scale: OutputScale) { #expect(OutputScale(rows: rows) == scale) }
}
