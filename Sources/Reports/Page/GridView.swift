import Experiments
import Foundation

/// The examples of one experiment: a row for every image and attribution.
struct GridView {
  let name: String
  let heading: String
  let choice: String
  let notes: [String]
  let exampleRows: [Row]

  struct Row {
    let index: Int
    let attribution: String
    /// Where there are several.
    let attributionShown: String?
    let label, key, probability, number, picture: String
    let width, height: Int
    let maps: [(view: String, picture: String, alt: String)]
  }

  init(_ experiment: PageExperiment, _ examples: PageExamples) {
    name = experiment.name
    heading = experiment.heading
    choice = examples.choice
    var notes: [String] = []
    if !examples.without.isEmpty {
      let named = examples.without.prefix(10).joined(separator: ", ") + (examples.without.count > 10 ? ", …" : "")
      notes.append(
        "No image was classified correctly, so that none is shown, of "
          + (examples.without.count == 1 ? "the class " : "\(examples.without.count) classes: ") + named + ".")
    }
    if examples.leftOut > 0 {
      notes.append(
        "\(Text.count(examples.leftOut)) further classes are left out, so that this page does not become too long.")
    }
    self.notes = notes
    exampleRows = examples.examples.enumerated().flatMap { index, example in
      let attributions = example.maps.map(\.attribution).unique
      return attributions.map { attribution in
        Row(
          index: index, attribution: attribution, attributionShown: attributions.count > 1 ? attribution : nil,
          label: example.name, key: "\(experiment.name)/examples/\(index)/probability",
          probability: Text.percent(example.probability), number: Text.count(example.index),
          picture: example.picture.base64EncodedString(), width: examples.width, height: examples.height,
          maps: example.maps.filter { $0.attribution == attribution }.map {
            (
              view: $0.view, picture: $0.picture.base64EncodedString(),
              alt: "The \($0.view) map of an image of class \(example.name)"
            )
          })
      }
    }
  }
}
