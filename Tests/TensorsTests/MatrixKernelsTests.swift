import Foundation
import Tensors
import Testing

@Suite @TorchActor struct MatrixKernelsTests {
  @Test("OpenBLAS does not take a processor for one without AVX2 that has it")
  func kernels() throws {
    typealias Name = @convention(c) () -> UnsafePointer<CChar>?
    // Debian's BLAS may be another one, or the processor too old.
    guard let symbol = dlsym(nil, "openblas_get_corename"),
      try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).contains(" avx2 ")
    else { return }
    #expect(unsafeBitCast(symbol, to: Name.self)().map { String(cString: $0) } != "Prescott")
  }
}
