import ArgumentParser
import Foundation
import Saliency

/// Attributions, views and rivals.
struct MapOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Comma-separated list of \(Attributions.all.map(\.name).joined(separator: ", ")); or all: each with the views that it has.",
      valueName: "list"))
  var attributions = NameList(names: ["gradient"])

  @Option(
    help: ArgumentHelp(
      "Comma-separated list of \((Views.all.map(\.name) + [Rivalry.name]).joined(separator: ", ")).", valueName: "list")
  )
  var views = NameList(names: Views.paper.map(\.name))

  @OptionGroup var options: AttributionOptions

  @Option(help: "Compare with all other classes, or with the N highest-scoring ones.") var rivals = RivalsOption(.all)

  private var takesAll: Bool { attributions.names == ["all"] }

  var attributionNames: [String] { takesAll ? Attributions.all.map(\.name) : attributions.names }

  func validate() throws {
    if !takesAll { try Self.check(attributions, "--attributions", Attributions.all.map(\.name)) }
    try Self.check(views, "--views", Views.all.map(\.name) + [Rivalry.name])
  }

  /// Refuses the views that rank no pixels.
  func refuseUnranked() throws {
    guard !views.names.contains(where: { [Rivalry.name, "signed"].contains($0) }) else {
      throw ValidationError("--views: signed and rivalry give no order of deletion; choose from the other views")
    }
  }

  static func check(_ list: NameList, _ option: String, _ known: [String]) throws {
    if let stranger = list.names.first(where: { !known.contains($0) }) {
      throw ValidationError("\(option): there is no “\(stranger)”; choose from \(known.joined(separator: ", "))")
    }
    guard Set(list.names).count == list.names.count else { throw ValidationError("\(option) names something twice") }
  }

  /// The explainer, with the views that a style needs besides.
  ///
  /// - Parameter seed: decides the random numbers of attributions that draw any.
  func explainer(_ classifier: any Classifier, style: MapStyle = .heat, seed: UInt64) async throws -> Explainer {
    let chosen = views.names.compactMap { Views.named($0) }
    return try Explainer(
      classifier,
      attributions: await options.attributions(
        attributionNames, for: classifier, seed: seed),
      views: ExplanationFigure.viewsToCompute(chosen, style: style), rivals: rivals.rivals,
      includesRivalry: views.names.contains(Rivalry.name), leavesOutSigned: takesAll)
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
}

/// `all` or a number.
struct RivalsOption: ExpressibleByArgument, CustomStringConvertible {
  let rivals: Rivals

  init(_ rivals: Rivals) { self.rivals = rivals }

  init?(argument: String) {
    if argument.lowercased() == "all" {
      self.init(.all)
      return
    }
    guard let count = Int(argument), count > 0 else { return nil }
    self.init(.top(count))
  }

  var description: String { if case .top(let count) = rivals { "\(count)" } else { "all" } }
}
