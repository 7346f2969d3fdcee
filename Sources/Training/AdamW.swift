import Foundation
import Tensors

/// I. Loshchilov, F. Hutter, *Decoupled Weight Decay Regularization*, 2017.
///
/// With gradient g at step t: w ← w (1 − ηλ), m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
/// w ← w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε): the same operations in the same order as PyTorch's.
@TorchActor struct AdamW {
  /// Elements per piece: the six arrays of a piece stay in a processor's cache while nine operations go over them.
  private static let piece = 1 << 16

  let recipe: Recipe

  /// Takes one step for one parameter, changing weight, mean and square in place.
  ///
  /// - Parameter step: counted from 1.
  func update(_ weight: Tensor, gradient: Tensor, mean: Tensor, square: Tensor, step: Int) throws {
    let (weight, gradient) = (try weight.detached().reshaped([-1]), try gradient.reshaped([-1]))
    let (mean, square) = (try mean.reshaped([-1]), try square.reshaped([-1]))
    let count = weight.count
    let size = weight.device == .cpu ? Self.piece : count
    for range in (0..<count).batches(of: size) {
      try updatePiece(weight[range], gradient[range], mean[range], square[range], step: step)
    }
  }

  private func updatePiece(
    _ weight: Tensor, _ gradient: Tensor, _ mean: Tensor, _ square: Tensor, step: Int
  ) throws {
    let correction1 = 1 - pow(recipe.beta1, Double(step))
    let correction2 = 1 - pow(recipe.beta2, Double(step))
    try weight.multiplyInPlace(1 - recipe.learningRate * recipe.weightDecay)
    try mean.multiplyInPlace(recipe.beta1)
    try mean.addInPlace(gradient, scale: 1 - recipe.beta1)
    try square.multiplyInPlace(recipe.beta2)
    try square.addProductInPlace(gradient, gradient, scale: 1 - recipe.beta2)
    let root = try square.squareRoot()
    try root.multiplyInPlace(1 / correction2.squareRoot())
    try weight.addQuotientInPlace(mean, root + recipe.epsilon, scale: -recipe.learningRate / correction1)
  }
}
