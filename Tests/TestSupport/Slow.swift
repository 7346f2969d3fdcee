import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// What runs the program, trains networks or takes seconds otherwise: left out by `Scripts/test --fast`.
  public static var slow: Self {
    .disabled(
      if: ProcessInfo.processInfo.environment["SALIENCY_FAST_TESTS"] != nil, "it is not one of the fast tests")
  }
}
