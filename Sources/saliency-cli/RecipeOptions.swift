import ArgumentParser
import Saliency

/// How a network is trained.
struct RecipeOptions: ParsableArguments {
  @Option(help: "Epochs of a training.") var epochs = 50
  @Option(help: "Images per step of a training.") var batchSize = 128
  @Option(help: "Learning rate of a training.") var learningRate = 0.001

  func validate() throws {
    guard epochs > 0 else { throw ValidationError("--epochs must be at least 1") }
    guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1") }
    guard learningRate > 0, learningRate.isFinite else { throw ValidationError("--learning-rate must be positive") }
  }

  func recipe(seed: UInt64) -> Recipe {
    var recipe = Recipe()
    recipe.epochs = epochs
    recipe.batchSize = batchSize
    recipe.learningRate = learningRate
    recipe.seed = seed
    return recipe
  }
}
