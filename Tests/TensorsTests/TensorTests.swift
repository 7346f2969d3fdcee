import Foundation
import Tensors
import TestSupport
import Testing

@Suite @TorchActor struct TensorTests {
  @Test func dataGoesInAndOut() throws {
    let tensor = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
    #expect(tensor.shape == [2, 3])
    #expect(try tensor.permuted([1, 0]).floats() == [1, 4, 2, 5, 3, 6])
    #expect(try tensor.to(.float64).array(of: Double.self) == [1, 2, 3, 4, 5, 6])
  }

  @Test func emptyTensorsAreTensors() throws {
    let tensor = try Tensor([Float](), shape: [0, 3])
    #expect(tensor.shape == [0, 3])
    #expect(try tensor.floats().isEmpty)
  }

  @Test func shapesThatDoNotFitAreNamed() throws {
    let a = try Tensor(repeating: 1, shape: [2, 3])
    let b = try Tensor(repeating: 1, shape: [4, 5])
    let error = try #require(throws: TorchError.self) { try a + b }
    #expect(error.errorDescription?.hasPrefix("addition of [2, 3], [4, 5] failed: ") == true)
    #expect(!error.isOutOfMemory)
  }

  @Test func tooLittleMemoryIsRecognised() throws {
    let error = try #require(throws: TorchError.self) { try Tensor(repeating: 0, shape: [1 << 50]) }
    #expect(error.isOutOfMemory)
  }

  @Test(
    "large tensors ask for huge pages",
    .enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel/mm/transparent_hugepage")))
  func hugePages() throws {
    let tensor = try Tensor(repeating: 1, shape: [1 << 24])
    var (size, asked) = (0, 0)
    // `String(contentsOfFile:)` ends after a page here.
    let mappings = try #require(try FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd())
    for line in String(decoding: mappings, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0] == "Size:" { size = Int(words[1]) ?? 0 }
      if words[0] == "VmFlags:", words.contains("hg") { asked += size }
    }
    // In KiB.
    #expect(asked >= 4 << 14)
    #expect(tensor.shape == [1 << 24])
  }

  @Test func gradientOfAProduct() throws {
    let x = try Tensor([3] as [Float], shape: [1]).variable()
    let y = try x * x * x
    let seed = try Tensor(repeating: 1, shape: [1])
    let once = try y.gradients(seed: seed, of: [x], retaining: true)
    let again = try y.gradients(seed: seed, of: [x])
    #expect(try once[0]?.floats() == [27])
    #expect(try again[0]?.floats() == [27])
  }

  /// In float32 the gradient of a strided convolution of few channels is computed in a way of its own, in float64 by libtorch.
  @Test(arguments: [
    (kernel: 7, stride: 2, padding: 3), (7, 2, 0), (3, 2, 1), (3, 2, 0), (4, 2, 1), (5, 3, 2), (5, 3, 4), (8, 4, 2),
    (3, 2, 2),
  ])
  func gradientOfAStridedConvolution(_ kernel: Int, _ stride: Int, _ padding: Int) throws {
    let generator = try Generator(seed: 1)
    for (channels, height, width) in [(3, 12, 12), (1, 9, 14), (4, 13, 10), (2, 8, 8)] {
      let image = try Tensor.uniform(-1..<1, shape: [2, channels, height, width], using: generator)
      let weight = try Tensor.uniform(-1..<1, shape: [6, channels, kernel, kernel], using: generator)
      let bias = try Tensor.uniform(-1..<1, shape: [6], using: generator)
      var seed: Tensor?
      func gradient(_ type: ElementType) throws -> (values: [Double], gradient: [Double]) {
        let variable = try image.to(type).variable()
        let result = try variable.convolution(
          weight: weight.to(type), bias: bias.to(type), stride: [stride, stride], padding: [padding, padding])
        let own = try seed ?? Tensor.uniform(-1..<1, shape: result.shape, using: generator)
        seed = own
        let found = try #require(try result.gradients(seed: own.to(type), of: [variable])[0])
        #expect(found.shape == image.shape)
        return (try result.detached().doubles(), try found.doubles())
      }
      let (ours, theirs) = (try gradient(.float32), try gradient(.float64))
      #expect(zip(ours.values, theirs.values).allSatisfy { abs($0 - $1) < 1e-4 })
      #expect(zip(ours.gradient, theirs.gradient).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test func independentInputsHaveNoGradient() throws {
    let x = try Tensor([3] as [Float], shape: [1]).variable()
    let other = try Tensor([3] as [Float], shape: [1]).variable()
    let gradients = try (x * x).gradients(seed: Tensor(repeating: 1, shape: [1]), of: [other])
    #expect(gradients.count == 1 && gradients[0] == nil)
  }

  @Test func gradientModeIsRestoredAfterAnError() throws {
    let x = try Tensor([3] as [Float], shape: [1]).variable()
    struct Stop: Error {}
    #expect(throws: Stop.self) { try Torch.withoutGradient { throw Stop() } }
    #expect(try (x * x).requiresGradient)
    #expect(try Torch.withoutGradient { try (x * x).requiresGradient } == false)
  }

  @Test func randomNumbersDependOnTheSeedAlone() throws {
    func numbers(_ seed: UInt64) throws -> [Float] {
      try Tensor.normal(deviation: 2, shape: [100], using: Generator(seed: seed)).floats()
    }
    #expect(try numbers(1) == numbers(1))
    #expect(try numbers(1) != numbers(2))
  }

  @Test func maximaKnowWhereTheyStand() throws {
    let tensor = try Tensor([1, 5, 2, 7, 0, 3] as [Float], shape: [2, 3])
    let (values, indices) = try tensor.max(axis: 1)
    #expect(try values.floats() == [5, 7])
    #expect(try indices.integers() == [1, 0])
  }

  @Test func theNumberOfThreadsCanBeSet() throws {
    let threads = Torch.threads
    try Torch.setThreads(1)
    #expect(Torch.threads == 1)
    try Torch.setThreads(threads)
  }

  /// Work handed over from many tasks runs on one thread, one piece at a time.
  @Test func workFromManyTasksIsSerial() async throws {
    let sums = try await withThrowingTaskGroup(of: Float.self) { group in
      for value in 0..<50 {
        group.addTask {
          try await TorchActor.run { try Tensor(repeating: Double(value), shape: [10]).sum().floats()[0] }
        }
      }
      var sums: Set<Float> = []
      for try await sum in group { sums.insert(sum) }
      return sums
    }
    #expect(sums == Set((0..<50).map { Float($0 * 10) }))
  }
}
