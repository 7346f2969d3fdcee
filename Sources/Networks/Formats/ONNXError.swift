import Foundation

/// Why an ONNX file cannot be used. The messages do not name the file: whoever opens it does.
public enum ONNXError: LocalizedError, Equatable, Sendable {
  case damaged(String)
  case version(String, found: Int, known: ClosedRange<Int>)
  case unknownOperator(String, domain: String, version: Int)
  /// What an operator asks for that cannot be done.
  case unsupported(String)
  /// A file of weights beside the model.
  case externalData(String, problem: String)
  case inputs([String])
  case input(String, problem: String)
  case outputs([String])

  public var errorDescription: String? {
    switch self {
    case .damaged(let what): "the ONNX file is damaged: \(what)"
    case .version(let what, let found, let known):
      "the file is written for \(what) \(found), and \(known.lowerBound) to \(known.upperBound) are understood; in Python, export it "
        + "with torch.onnx.export(…, opset_version=18)"
    case .unknownOperator(let name, let domain, let version):
      "the model uses the operator \(name) of \(domain.isEmpty ? "ONNX's opset" : "“\(domain)”, version") \(version), "
        + "which cannot be run here"
    case .unsupported(let what): "the model \(what), which cannot be run here"
    case .externalData(let name, let problem): "the model's weights are said to lie in “\(name)”, but \(problem)"
    case .inputs(let names):
      names.isEmpty
        ? "the model has no input; a classifier takes one batch of images"
        : "the model wants \(names.count) inputs (\(Self.list(names))), not one batch of images"
    case .input(let name, let problem):
      "the model's input “\(name)” \(problem), where a classifier takes one batch of images [N, C, H, W]"
    case .outputs(let names):
      names.isEmpty
        ? "the model has no output"
        : "the model has \(names.count) outputs (\(Self.list(names))), and which one has the logits [N, K] cannot be told; export it "
          + "with that one alone"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}
