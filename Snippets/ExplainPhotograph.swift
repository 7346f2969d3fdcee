import Foundation
import Saliency

let model = try await ModelChoice.open("cifar10-basic-cnn")
let labels = model.classifier.labels
let job = try PictureJob(Explainer(model.classifier, views: [Active(), Inactive()]))

try await job.run([URL(filePath: "Examples/chelsea.png")]) { outcome in
  let explained = try outcome.result.get()
  let prediction = explained.explanation.prediction
  let probability = prediction.probabilities[prediction.predictedClass]
  print(labels[prediction.predictedClass], String(format: "%.1f%%", 100 * probability))

  for map in explained.explanation.maps {
    let marked = map.values.values.count { $0 > 0 }
    print(map.view, "marks", marked, "of", map.values.values.count, "pixels")
  }
  let figure = ExplanationFigure(model: model.name)
    .figure(explained, views: ["active", "inactive"], labels: labels)
  try figure.write(to: URL(filePath: "chelsea.pdf"), as: .pdf)
}
