import CTorch
import Foundation

/// Where tensors live and operations run.
public enum Device: String, Sendable, Codable, CaseIterable {
  case cpu
  /// The first NVIDIA GPU; needs a CUDA libtorch (`LIBTORCH`).
  case cuda

  /// As libtorch calls it.
  package var name: String { self == .cuda ? "cuda:0" : "cpu" }
}

/// Facts and settings of the linked libtorch.
public enum Torch {
  /// Its version, e.g. `1.13.1`.
  public static var version: String { String(cString: ct_version()) }

  /// Whether there is a GPU that this libtorch can use.
  public static var hasCUDA: Bool { ct_cuda_is_available() }

  /// Whether this processor multiplies bfloat16 matrices faster than float32 ones.
  public static let multipliesBfloat16 = ct_multiplies_bfloat16()

  /// The number of processor threads that operations use; at start, all processors.
  @TorchActor public static var threads: Int { Int(ct_threads()) }

  @TorchActor public static func setThreads(_ count: Int) throws {
    try check(ct_set_threads(Int32(clamping: count)), "setting the number of threads to \(count)")
  }

  /// Runs `body` without recording what gradients would need, which saves memory and time.
  @TorchActor public static func withoutGradient<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ct_gradient_mode()
    ct_set_gradient_mode(false)
    defer { ct_set_gradient_mode(before) }
    return try body()
  }
}
