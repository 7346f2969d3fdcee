import Foundation
import Saliency

let model = try await ModelChoice.open("cifar10-basic-cnn")
let explainer = try Explainer(model.classifier, views: [Active(), Inactive()])
let picture = try Picture.read(URL(filePath: "Examples/chelsea.png"))
let explanation = try await TorchActor.run {
  try explainer.explain(model.classifier.preprocessing.image(from: picture.pixels))[0]
}
print(model.classifier.labels[explanation.prediction.predictedClass])
for map in explanation.maps { print(map.view, "is largest with", map.values.values.max() ?? 0) }
