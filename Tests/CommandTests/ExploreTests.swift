import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct ExploreTests {
  @Test("explain --format html writes one page for each picture, and no figure")
  func page() async throws {
    let command = try Command()
    try Materials.picture(seed: 1).writePNG(to: command.folder.file("photo.png"))
    let model = try await Materials.model()
    let finished = try command.run([
      "explain", "photo.png", "--model", model, "--format", "html", "--class", "Dog", "--class", "cat", "--json",
    ])
    #expect(finished.status == 0 && finished.errors == [], "\(finished)")
    #expect(command.files(in: ".") == ["photo.png", "photo.saliency.html"])
    let object = try #require(JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    #expect(object["figure"] as? String == "photo.saliency.html")
    #expect((object["explained"] as? [String: Any])?["class"] as? String == "Dog")
    let page = try String(contentsOf: command.folder.file("photo.saliency.html"), encoding: .utf8)
    #expect(page.contains("default-src 'none'") && !page.contains("connect-src"))
    // The maps of both classes, Dog's first, and of one against the other.
    let classes = page.matches(of: #/"explainedClass":(\d)[^{}]*"height":16,"maps"/#).map { String($0.1) }
    #expect(classes == ["3", "2"])
    #expect(page.contains(#""rival":2,"type":"contrast""#))
    try command.expectFailure(
      ["explain", "photo.png", "--model", model, "--format", "html"], ["photo.saliency.html exists", "--force"])
  }

  @Test("the explorer prints its address, answers under it alone, and ends with Ctrl-C")
  func explore() async throws {
    let command = try Command()
    let output = command.folder.file("address")
    try Data().write(to: output)
    var answers: [String] = []
    let finished = try command.run(
      ["explore", "--model", await Materials.model()], output: output.path,
      signalling: {
        let line = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        guard answers.isEmpty, let match = line.firstMatch(of: #/^http:\/\/127\.0\.0\.1:(\d+)(\/[0-9a-f]{32}\/)\n$/#),
          let port = UInt16(match.1)
        else { return nil }
        answers = [String(match.2), "/"].map { (try? LocalClient.ask(port, "GET \($0) HTTP/1.1")) ?? "" }
        return SIGINT
      })
    #expect(answers.count == 2 && answers[0].contains("Which pixels, and which way?"))
    #expect(answers.last?.hasPrefix("HTTP/1.1 403 ") == true)
    #expect(finished.status == 130 && finished.errors.last == "Interrupted.")
  }

  @Test("what cannot be is told")
  func wrong() async throws {
    let command = try Command()
    try command.expectFailure(
      ["explore", "--model", await Materials.model(), "--models-folder", "nowhere"], ["--models-folder nowhere"])
    try command.expectFailure(["explore", "--model", "nothing.pt"], ["nothing.pt"])
    expectUsageError(["explain", "photo.png", "--class", "a", "--class", "b"], ["--format html takes several"])
    expectUsageError(["explore", "--port", "70000"], ["--port"])
  }
}
