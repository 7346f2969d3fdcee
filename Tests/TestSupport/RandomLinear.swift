import Maps
import Tensors

/// A linear classifier of three channels with weights of the formula.
@TorchActor public func randomLinear(classes: Int, height: Int, width: Int) throws -> LinearClassifier {
  let weight = try Formula.signed(3, [classes, 3 * height * width]).floats()
  return try LinearClassifier(weight: weight, classes: classes, channels: 3, height: height, width: width)
}
