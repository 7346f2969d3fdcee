import Maps
import TestSupport
import Testing

@Suite struct PredictionTests {
  @Test func probabilitiesAreTheSoftmax() {
    // softmax(ln 1, ln 2, ln 5) = (1, 2, 5) / 8
    let prediction = Prediction(logits: [0, 0.693_147_2, 1.609_437_9])
    expectClose(prediction.probabilities, [0.125, 0.25, 0.625], absolute: 1e-6)
    #expect(prediction.predictedClass == 2)
  }

  @Test func bigLogitsDoNotOverflow() {
    #expect(Prediction(logits: [1000, 0, -1000]).probabilities == [1, 0, 0])
  }

  @Test func equalLogitsAreRankedByIndex() { #expect(Prediction(logits: [1, 3, 3, 2]).ranking == [1, 2, 3, 0]) }
}
