import Foundation
import Tensors

/// Opens TorchScript files and tells why one cannot be opened.
enum ScriptFile {
  /// - Throws: ``ScriptError``, ``ModelFileError/notAModel``, or Foundation's error when the file cannot be read.
  @TorchActor static func load(_ url: URL, device: Device) throws -> ScriptModule {
    let file = try Data(contentsOf: url, options: .alwaysMapped)
    guard file.starts(with: Data("PK".utf8)) else {
      // PyTorch before 1.6 saved weights as a bare pickle.
      throw file.starts(with: [0x80, 0x02]) ? ScriptError.savedWithoutCode : ModelFileError.notAModel
    }
    do { try StoredZip.check(file) } catch ModelFileError.damaged(let reason) {
      throw ScriptError.damaged(reason: reason)
    }
    let module: ScriptModule
    do { module = try ScriptModule(contentsOf: url, device: device) } catch let error as TorchError
      where !error.isOutOfMemory
    { throw explanation(of: error, file) }
    let inputs = try module.inputCount
    guard inputs == 1 else { throw ScriptError.inputs(inputs) }
    return module
  }

  private static func explanation(of error: TorchError, _ file: Data) -> any Error {
    let message = error.message
    if error.kind == .forbidden { return ScriptError.forbidden(message) }
    if error.kind == .damagedFile { return ScriptError.damaged(reason: message) }
    // The zip archive's directory, with the names of all members, is at its end.
    let directory = file.suffix(1 << 20)
    func holds(_ name: String) -> Bool { directory.range(of: Data(name.utf8)) != nil }

    if let match = message.firstMatch(of: #/Unknown builtin op: ([\w:.]+?)\.?\s/#) {
      return ScriptError.unknownOperator(String(match.1))
    }
    let reason = error.lines.first ?? "unknown reason"
    if holds("/constants.pkl") && holds("/code/") && !message.contains("PytorchStreamReader") {
      return ScriptError.unsupportedCode(reason: reason)
    }
    if holds("/models/model.json") || holds("serialized_exported_program.json") { return ScriptError.exportedProgram }
    if holds("/data.pkl") && !holds("/constants.pkl") { return ScriptError.savedWithoutCode }
    return message.contains("PytorchStreamReader") ? ScriptError.damaged(reason: reason) : ModelFileError.notAModel
  }
}
