import Foundation
import Saliency

/// The sum over channels of |g|: every channel counts, not only the strongest one.
struct Total: View {
  let name = "total"
  let comparesClasses = false
  let needsSign = false
  let direction = Direction.either
  let meaning = "changes the score most in all its channels together"

  func maps(_ extremes: ClassExtremes) throws -> Tensor { try extremes.own.absolute().sum([1]) }
}

let model = try await ModelChoice.open("cifar10-basic-cnn")
let picture = try Picture.read(URL(filePath: "Examples/chelsea.png"))
let explainer = try Explainer(model.classifier, views: [Total(), Active()])

// Tensors live behind TorchActor; what comes back are plain arrays.
let explanation = try await TorchActor.run {
  try explainer.explain(model.classifier.preprocessing.image(from: picture.pixels))[0]
}
for map in explanation.maps {
  let largest = map.values.values.max() ?? 0
  print(map.view, "is largest with", largest)
}
