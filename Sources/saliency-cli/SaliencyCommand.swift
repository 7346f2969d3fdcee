import ArgumentParser
import Foundation
import Saliency

@main struct SaliencyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "saliency",
    abstract: "Shows which pixels should get brighter and which darker for an image classifier to be surer.",
    version: "0.1.0",
    subcommands: [
      Explain.self, Explore.self,
      Benchmark.self, Reproduce.self, Report.self, Evaluate.self, Audit.self, SanityCheckCommand.self,
      Roar.self,
      GroundTruth.self,
      Models.self, Train.self,
      DataCommand.self,
    ])

  static func main() async {
    let arguments: [String]
    do { arguments = try CommandLineCheck.checked(Array(CommandLine.arguments.dropFirst())) } catch {
      Console.error(error.message)
      exit(withError: ExitCode.validationFailure)
    }
    await main(arguments)
  }
}

/// What a parser makes something else of than was meant is found before it sees it.
enum CommandLineCheck {
  /// The arguments for the parser.
  ///
  /// - Throws: what is wrong with a command's name, or with an argument that is meant for a file and begins like an option.
  static func checked(_ arguments: [String]) throws -> [String] {
    try checkCommand(arguments[...], of: SaliencyCommand.self)
    let beforeFiles = arguments.firstIndex(of: "--") ?? arguments.endIndex
    for argument in arguments[..<beforeFiles] where isMistakenFile(argument) {
      throw CommandError("“\(argument)” is no option; if it is a file, write ./\(argument)")
    }
    try checkArchitecture(arguments[..<beforeFiles])
    return arguments.map { $0 == "--help-all" ? "--help-hidden" : $0 == "-help" ? "--help" : $0 }
  }

  /// Whether an argument begins with a dash and is none of the options: those of one dash have one letter.
  private static func isMistakenFile(_ argument: String) -> Bool {
    guard argument.count > 2, argument.hasPrefix("-"), argument != "-help", !argument.contains("=") else {
      return false
    }
    if argument.hasPrefix("--") && !argument.contains(".") { return false }
    return !argument.hasPrefix("--") && argument.dropFirst().first?.isNumber != true
      || Picture.extensions.contains((argument as NSString).pathExtension.lowercased())
      || FileManager.default.fileExists(atPath: argument)
  }

  /// The parser's own words for a wrong value name no other, or take a line for each.
  private static func checkArchitecture(_ arguments: ArraySlice<String>) throws {
    let option = "--architecture"
    let after = arguments.firstIndex(of: option).map { arguments.dropFirst($0 + 1).first ?? "" }
    let joined = arguments.first { $0.hasPrefix(option + "=") }?.dropFirst(option.count + 1)
    guard let name = after ?? joined.map(String.init), !name.isEmpty, Architecture(rawValue: name) == nil else {
      return
    }
    let known = Architecture.allCases.map(\.rawValue)
    throw CommandError(
      "\(option): there is no “\(name)”\(name.suggestion(among: known)); choose from \(known.joined(separator: ", "))")
  }

  private static func checkCommand(_ arguments: ArraySlice<String>, of parent: any ParsableCommand.Type) throws {
    let commands = Dictionary(parent.configuration.subcommands.map { ($0._commandName, $0) }) { first, _ in first }
    guard let word = arguments.first, !commands.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
    if let command = commands[word] { return try checkCommand(arguments.dropFirst(), of: command) }
    let names = commands.keys.sorted()
    if let guess = word.guess(among: names) {
      throw CommandError("there is no command “\(word)”; did you mean \(guess)?")
    }
    if commands["explain"] != nil, FileManager.default.fileExists(atPath: word) {
      throw CommandError("there is no command “\(word)”; did you mean saliency explain \(word)?")
    }
    throw CommandError("there is no command “\(word)”; the commands are \(names.joined(separator: ", "))")
  }
}
