import Saliency
import Testing

@Suite struct ModelsTests {
  @Test("every bundled model has a line with all there is to know")
  func table() throws {
    let finished = try Command().run("models")
    #expect(finished.status == 0 && finished.errors == [])
    for word in ["model", "architecture", "data set", "classes", "input", "accuracy"] {
      #expect(finished.lines.first?.contains(word) == true)
    }
    #expect(finished.lines.count == 1 + BundledModel.all.count)
    for model in BundledModel.all {
      let information = try ModelInformation(contentsOf: model.url)
      let line = finished.lines.first { $0.hasPrefix(model.name) }
      for text in [information.architecture.title, information.origin.dataset] + information.labels.names {
        #expect(line?.contains(text) == true)
      }
    }
  }
}
