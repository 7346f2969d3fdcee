import Foundation
import Saliency
import Testing

@testable import saliency_cli

@Suite struct AdviceTests {
  @Test(
    "the command adds which option helps to what the library says",
    arguments: [
      (PictureError.tooLarge(path: "a.png", width: 9, height: 9, maximumPixels: 80) as any Error, "--max-pixels"),
      (PictureError.exceedsMemory(path: "a.png", needed: 2, allowed: 1), "--memory"),
      (DatasetError.fixedSize(name: "cifar10", size: ImageSize(height: 32, width: 32)), "--size"),
      (MethodError.tooLittleMemory(needed: 2, given: 1), "--memory"),
      (MethodError.signlessAttribution("vargrad", view: "active"), "--views original"),
      (MethodError.window("9×9", input: "8×8"), "--window"), (MethodError.stride("9×9", window: "8×8"), "--stride"),
      (MethodError.maskCells(9, most: 8), "--mask-cells"), (MethodError.noBaselines("deeplift"), "--baselines"),
      (EvaluationError.unknownClasses(["cat"]), "--labels"), (EvaluationError.precision, "--precision"),
      (TrainingError.loss(step: 1, epoch: 2), "--learning-rate"), (EvaluationError.tooManyPixels(most: 9), "--size"),
      (ScriptError.fails(input: [1, 3, 8, 8], reason: "no"), "--size"), (ScriptError.notFinite("outputs"), "--mean"),
      (EvaluationError.missingBlocks([1]), "--resume"), (RunFolderError.busy(folder: "results"), "--output"),
    ])
  func advice(error: any Error, option: String) {
    #expect(error.told.hasPrefix(error.message + "; "))
    #expect(error.told.contains(option) && !error.message.contains("--"))
  }

  @Test("an error without advice is told as it is")
  func plain() { #expect(PictureError.empty(path: "a.png").told == PictureError.empty(path: "a.png").message) }
}
