import Networks
import Rasters
import Tensors
import TestSupport
import Testing

@testable import Maps

@Suite @TorchActor struct PreprocessingTests {

  private func grey(_ values: [UInt8], height: Int, width: Int) -> PixelArray {
    PixelArray(height: height, width: width, channels: 1, values: values)
  }

  @Test func pixelsBecomeZeroToOne() throws {
    let image = try Preprocessing(height: 1, width: 3, channels: 1).image(
      from: grey([0, 51, 255], height: 1, width: 3))
    #expect(image.shape == [1, 1, 1, 3])
    expectClose(try image.floats(), [0, 0.2, 1], absolute: 1e-6)
  }

  @Test func greyPicturesAreRepeatedForColourModels() throws {
    let image = try Preprocessing(height: 1, width: 2).image(from: grey([10, 20], height: 1, width: 2))
    #expect(image.shape == [1, 3, 1, 2])
    expectClose(try image.floats(), [10, 20, 10, 20, 10, 20].map { $0 / 255 }, absolute: 1e-6)
  }

  @Test func coloursBecomeLuminanceForGreyModels() throws {
    let pixels = PixelArray(height: 1, width: 2, channels: 3, values: [255, 0, 0, 100, 150, 200])
    let image = try Preprocessing(height: 1, width: 2, channels: 1).image(from: pixels)
    let second: Float = (0.299 * 100 + 0.587 * 150 + 0.114 * 200) / 255
    expectClose(try image.floats(), [0.299, second], absolute: 1e-6)
  }

  @Test func normalizationIsPerChannel() throws {
    let preprocessing = Preprocessing(
      height: 1, width: 1, mean: [0.5, 0.25, 0], standardDeviation: [0.5, 0.25, 2])
    let image = try Tensor([1, 1, 1] as [Float], shape: [1, 3, 1, 1])
    expectClose(try preprocessing.normalized(image).floats(), [1, 3, 0.5], absolute: 1e-6)
  }

  @Test func resizingEqualsTorchvision() throws {
    let file = try SafeTensors(contentsOf: Fixture.url("resize/resize.safetensors"))
    #expect(file.tensors.count > 5)
    for (name, expected) in file.tensors {
      let parts = name.split(separator: ".")
      let source = parts[1].split(separator: "x").compactMap { Int($0) }
      let target = parts[2].split(separator: "x").compactMap { Int($0) }
      let preprocessing = Preprocessing(
        height: target[0], width: target.count > 1 ? target[1] : target[0], channels: source[0],
        fit: parts[0] == "crop" ? .crop : .stretch)
      let picture = try Formula.tensor(2000, [1] + source)
      let scaled = preprocessing.scaledSize(height: source[1], width: source[2])
      let image = try preprocessing.cut(picture.resized(height: scaled.height, width: scaled.width))
      // Weights are rounded to float32 in either, summed in another order.
      expectClose(try image.floats(), try expected.floats(), absolute: 2e-6, name)
    }
  }

  @Test(arguments: [(1, 1), (1, 500), (3, 7), (700, 2)]) func everyPictureFits(height: Int, width: Int) throws {
    for fit in Preprocessing.Fit.allCases {
      let picture = PixelArray(repeating: 128, height: height, width: width, channels: 3)
      let image = try Preprocessing(height: 28, width: 36, fit: fit).image(from: picture)
      #expect(image.shape == [1, 3, 28, 36])
      expectClose(try image.floats(), Array(repeating: 128.0 / 255, count: 3 * 28 * 36), absolute: 1e-5)
    }
  }

  @Test(
    "band by band a picture gets the same bits as at one go",
    arguments: [(301, 200), (40, 700), (97, 5), (28, 36), (29, 36), (28, 90)])
  func bands(height: Int, width: Int) throws {
    var random = SeededGenerator(seed: 5)
    for (channels, wanted) in [(1, 1), (3, 3), (3, 1), (1, 3)] {
      let values = (0..<height * width * channels).map { _ in UInt8.random(in: 0...255, using: &random) }
      let picture = PixelArray(height: height, width: width, channels: channels, values: values)
      let preprocessing = Preprocessing(height: 28, width: 36, channels: wanted)
      let whole = try picture.planes(height: 28, width: 36, converted: preprocessing.converted).floats()
      for bandSize in [1, 5 * width * channels, 17 * width * channels] {
        let bands = try picture.planes(
          height: 28, width: 36, converted: preprocessing.converted, bandSize: bandSize)
        #expect(bands.shape == [1, wanted, 28, 36])
        #expect(try bands.floats().map(\.bitPattern) == whole.map(\.bitPattern))
      }
    }
  }

  @Test(
    "the window is the part of the picture that becomes the input",
    arguments: [(Preprocessing.Fit.crop, 100, 160), (.crop, 300, 90), (.stretch, 60, 100)])
  func window(fit: Preprocessing.Fit, height: Int, width: Int) throws {
    let preprocessing = Preprocessing(height: 28, width: 28, channels: 1, fit: fit)
    let window = preprocessing.window(height: height, width: width)
    // A slope along each axis: its values at the input's middle and ends tell where these lie.
    for isAcross in [true, false] {
      let length = isAcross ? width : height
      let slope = PixelArray(
        height: height, width: width,
        values: (0..<height * width).map { pixel in
          UInt8((Double(isAcross ? pixel % width : pixel / width) + 0.5) / Double(length) * 255)
        })
      let seen = try preprocessing.seen(slope)
      let (start, size) = isAcross ? (window.x, window.width) : (window.y, window.height)
      for place in [3, 14, 24] {
        let expected = (start + size * (Double(place) + 0.5) / 28) / Double(length)
        let found = Double(isAcross ? seen[14, place] : seen[place, 14])
        #expect(abs(found - expected) < 0.012, "\(isAcross ? "across" : "down"), \(place)")
      }
    }
  }
}
