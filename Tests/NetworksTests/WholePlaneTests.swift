import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite @TorchActor struct WholePlaneTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let plane: [Int]
    var kernel = 3
    var stride = 1
    var padding = 1
    var testDescription: String { "\(plane) kernel \(kernel) stride \(stride) padding \(padding)" }
  }

  /// In float64, where sums in another order differ by far less.
  @Test(arguments: [
    Case(plane: [1, 1]), Case(plane: [2, 2]), Case(plane: [2, 1]), Case(plane: [1, 2], stride: 2),
    Case(plane: [2, 2], stride: 2), Case(plane: [3, 3], kernel: 3, padding: 0),
    Case(plane: [3, 2], kernel: 7, padding: 3),
    Case(plane: [1, 1], kernel: 1, padding: 0),
  ]) func valuesAndGradientsAreTheConvolutions(_ example: Case) throws {
    let input = try Formula.tensor(1, [3, 4] + example.plane).to(.float64)
    let weight = try Formula.tensor(2, [5, 4, example.kernel, example.kernel]).to(.float64)
    let bias = try Formula.tensor(3, [5]).to(.float64)
    let plane = try #require(
      WholePlane(input.shape, kernel: weight.shape, stride: example.stride, padding: example.padding))

    let ours = try [input, weight, bias].map { try $0.variable() }
    let result = try plane.run(ours[0], weight: plane.weight(ours[1]), bias: plane.bias(ours[2]))
    let theirs = try [input, weight, bias].map { try $0.variable() }
    let expected = try theirs[0].convolution(
      weight: theirs[1], bias: theirs[2], stride: [example.stride, example.stride],
      padding: [example.padding, example.padding])
    #expect(result.shape == expected.shape)
    expectClose(try result.doubles(), try expected.doubles(), relative: 1e-12, absolute: 1e-12, "values")

    let seed = try Formula.tensor(4, expected.shape).to(.float64)
    let gradients = try zip(
      result.gradients(seed: seed, of: ours), expected.gradients(seed: seed, of: theirs))
    for (name, pair) in zip(["input", "weight", "bias"], gradients) {
      let (one, other) = try (#require(pair.0), #require(pair.1))
      expectClose(try one.doubles(), try other.doubles(), relative: 1e-12, absolute: 1e-12, name)
    }
  }

  @Test(arguments: [
    Case(plane: [3, 3]), Case(plane: [4, 4], stride: 2), Case(plane: [2, 3]),
    Case(plane: [2, 2], kernel: 1, padding: 0),
    Case(plane: [2, 2], kernel: 1, stride: 2, padding: 0), Case(plane: [1, 1], padding: 0),
  ]) func windowsThatMissAPlaceStayConvolutions(_ example: Case) {
    #expect(
      WholePlane(
        [3, 4] + example.plane, kernel: [5, 4, example.kernel, example.kernel], stride: example.stride,
        padding: example.padding) == nil)
  }

  @Test func groupsDilationsAndOblongWindowsStayConvolutions() {
    func plane(stride: [Int] = [1, 1], padding: [Int] = [1, 1], dilation: [Int] = [1, 1], groups: Int = 1)
      -> WholePlane?
    {
      let call = Graph.Convolution(
        input: Graph.Place(0), weight: "w", bias: nil, stride: stride, padding: padding, dilation: dilation,
        groups: groups)
      return WholePlane([3, 4, 1, 1], kernel: [4, 4 / groups, 3, 3], call)
    }
    #expect(plane() != nil)
    #expect(plane(groups: 4) == nil && plane(dilation: [2, 2]) == nil && plane(stride: [1, 2]) == nil)
  }
}
