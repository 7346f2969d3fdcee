import Foundation
import Saliency

let model = try await ModelChoice.open("fashion-mnist-basic-cnn")
let asTheyAre = ImageFolder.Resize("as they are") { pixels, _, _ in pixels }
let test = try await Dataset.open("fashion-mnist", resize: asTheyAre).test.limited(to: 100)
let benchmark = try DeletionBenchmark(Explainer(model.classifier), images: test)
let run = try DeletionRun(benchmark, model: model, folder: URL(filePath: "results"), existing: .resume)

_ = try await run.run()
if let result = try await run.result() {
  let report = DeletionReport(run.settings, result)
  try report.write(to: run.folder)
  for row in report.table { print(row.joined(separator: "  ")) }
}
