import ArgumentParser
import Foundation
import Saliency

/// Attributions, views and rivals.
struct MapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Comma-separated list of \(Attributions.all.map(\.name).joined(separator: ", ")); of groups of them: \
      \(AttributionGroup.allCases.map(\.rawValue).joined(separator: ", ")); or all: each with the views that it has.
      """, valueName: "list"))
  var attributions = NameList(names: ["gradient"])

  @Option(
    help: ArgumentHelp(
      "Comma-separated list of \((Views.all.map(\.name) + [Rivalry.name]).joined(separator: ", ")).", valueName: "list")
  )
  var views = NameList(names: Views.paper.map(\.name))

  @OptionGroup(visibility: .hidden) var options: AttributionOptions
  @OptionGroup(visibility: .hidden) var comparison: ComparisonOptions

  private static let groups = AttributionGroup.allCases.map(\.rawValue) + ["all"]

  /// Whether some are taken because they belong to a group, so that those which a model cannot have are left out.
  private var takesGroups: Bool { attributions.names.contains { Self.groups.contains($0) } }

  /// The attributions' names, groups taken apart.
  private var attributionNames: [String] {
    let known = Attributions.all
    return attributions.names.flatMap { name in
      guard Self.groups.contains(name) else { return [name] }
      return known.filter { name == "all" || $0.group.rawValue == name }.map(\.name)
    }.unique
  }

  func validate() throws {
    try attributions.check("--attributions", among: Attributions.all.map(\.name) + Self.groups)
    try views.check("--views", among: Views.all.map(\.name) + [Rivalry.name])
  }

  /// Refuses the views that rank no pixels.
  func refuseUnranked() throws {
    guard !views.names.contains(where: { Views.named($0)?.hasNegatives ?? true }) else {
      let unranked = Views.all.filter(\.hasNegatives).map(\.name) + [Rivalry.name]
      throw ValidationError(
        "--views: \(unranked.joined(separator: " and ")) give no order of deletion; choose from the other views")
    }
  }

  /// Whether any view compares the explained class with others.
  var comparesClasses: Bool {
    views.names.contains { $0 == Rivalry.name || Views.named($0)?.comparesClasses == true }
  }

  /// The explainer, with the views that a style needs besides.
  ///
  /// - Parameter seed: decides the random numbers of attributions that draw any.
  func explainer(_ classifier: any Classifier, style: MapStyle = .heat, seed: UInt64) async throws -> Explainer {
    let chosen = views.names.compactMap { Views.named($0) }
    var found = try await options.attributions(attributionNames, for: classifier, seed: seed)
    if takesGroups {
      if options.baselines == nil, !attributions.names.contains(ExpectedGradients().name),
        let place = found.firstIndex(where: { $0 is ExpectedGradients })
      {
        found.remove(at: place)
        Console.note("Left out, as it needs --baselines: \(ExpectedGradients().name).")
      }
      let unfit = try await TorchActor.run { [found] in
        try found.filter { attribution in
          do {
            try attribution.check(classifier)
            try attribution.probe(classifier)
            return false
          } catch let error as MethodError where error.isOfClassifier { return true }
        }.map(\.name)
      }
      found.removeAll { unfit.contains($0.name) }
      if !unfit.isEmpty {
        Console.note("Left out, as this model cannot have them: \(unfit.joined(separator: ", ")).")
      }
    }
    return try Explainer(
      classifier, attributions: found,
      views: ExplanationFigure.viewsToCompute(chosen, style: style), rivals: comparison.rivals(of: classifier),
      includesRivalry: views.names.contains(Rivalry.name), leavesOutSigned: takesGroups)
  }

}

/// `a,b,c`
struct NameList: ExpressibleByArgument, CustomStringConvertible {
  let names: [String]

  init(names: [String]) { self.names = names }

  init?(argument: String) {
    names = argument.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    guard !names.isEmpty else { return nil }
  }

  var description: String { names.joined(separator: ",") }

  /// Refuses names that are not known, and those that are there twice.
  func check(_ option: String, among known: [String]) throws {
    if let stranger = names.first(where: { !known.contains($0) }) {
      throw ValidationError(
        "\(option): there is no “\(stranger)”\(stranger.suggestion(among: known)); choose from "
          + known.joined(separator: ", "))
    }
    guard Set(names).count == names.count else { throw ValidationError("\(option) names something twice") }
  }
}

/// With which classes the explained one is compared.
struct ComparisonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Compare with all other classes, or with the N most probable ones (default: all; 20 of a model with more than 50 \
      classes that does not end in a linear layer).
      """, valueName: "all|N"))
  var rivals: Rivals?

  func rivals(of classifier: any Classifier) -> Rivals { rivals ?? .usual(for: classifier) }

  /// Tells that not all classes are compared with, where the user did not say so.
  func tell(_ classifier: any Classifier, cost: String = "") {
    guard rivals == nil, case .top(let most) = rivals(of: classifier) else { return }
    Console.note(
      "Compared with the \(most) most probable of \(classifier.labels.count - 1) other classes; --rivals all compares with "
        + "all of them\(cost).")
  }
}

/// `all` or a number.
extension Rivals: ExpressibleByArgument {
  public init?(argument: String) {
    if argument.lowercased() == "all" {
      self = .all
    } else {
      guard let count = Int(argument), count > 0 else { return nil }
      self = .top(count)
    }
  }

  /// As the option says it.
  var option: String { if case .top(let count) = self { "\(count)" } else { "all" } }
}
