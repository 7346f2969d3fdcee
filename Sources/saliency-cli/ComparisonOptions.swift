import ArgumentParser
import Saliency

/// With which classes the explained one is compared.
struct ComparisonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Compare with all other classes, or with the N most probable ones (default: all; 20 of a model with more than 50 \
      classes that does not end in a linear layer).
      """, valueName: "all|N"))
  var rivals: RivalsOption?

  func rivals(of classifier: any Classifier) -> Rivals {
    rivals?.rivals ?? .usual(for: classifier)
  }

  /// Tells that not all classes are compared with, where the user did not say so.
  func tell(_ classifier: any Classifier, cost: String = "") {
    guard rivals == nil, case .top(let most) = rivals(of: classifier) else { return }
    Console.note(
      "Compared with the \(most) most probable of \(classifier.labels.count - 1) other classes; --rivals all compares with "
        + "all of them\(cost).")
  }
}

/// `all` or a number.
struct RivalsOption: ExpressibleByArgument, CustomStringConvertible {
  let rivals: Rivals

  init?(argument: String) {
    if argument.lowercased() == "all" {
      rivals = .all
    } else {
      guard let count = Int(argument), count > 0 else { return nil }
      rivals = .top(count)
    }
  }

  var description: String { rivals.option }
}

extension Rivals {
  /// As the option says it.
  var option: String { if case .top(let count) = self { "\(count)" } else { "all" } }
}
