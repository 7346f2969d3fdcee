import Saliency
import TestSupport
import Testing

@Suite(.slow) struct ModelsTests {
  @Test("every bundled model is listed with all there is to know")
  func list() throws {
    let finished = try Command().run("models")
    #expect(finished.status == 0 && finished.errors == [])
    let lines = finished.lines
    #expect(BundledModel.all.count >= 2 && lines.count == 3 * BundledModel.all.count)
    for (index, model) in BundledModel.all.enumerated() where lines.count > 3 * index + 2 {
      let information = try ModelInformation(contentsOf: model.url)
      let input = information.preprocessing
      let accuracy = String(format: "%.4f", try #require(information.origin.accuracy))
      #expect(
        lines[3 * index]
          == "\(model.name): \(information.architecture.title), input \(input.channels)×\(input.height)×\(input.width), "
          + "accuracy \(accuracy)")
      #expect(lines[3 * index + 1] == "  data set: \(information.origin.dataset)")
      #expect(lines[3 * index + 2] == "  classes: \(information.labels.names.joined(separator: ", "))")
    }
  }
}
