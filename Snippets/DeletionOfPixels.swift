import Foundation
import Saliency

let model = try await ModelChoice.open("fashion-mnist-basic-cnn")
let data = try await Dataset.open("fashion-mnist", for: model.classifier.preprocessing)
let benchmark = try DeletionBenchmark(Explainer(model.classifier), images: data.test.limited(to: 100))
let run = try DeletionRun(benchmark, model: model)

let folder = try run.open(URL(filePath: "results"), existing: .resume)
let report = try await run.run(in: folder)
try folder.write(report.findings)
print(report.findings.text)
