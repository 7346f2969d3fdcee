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
      "explain", "photo.png", "--model", model, "--format", "html", "--class", "Dog", "--class", "cat", "--class",
      "dog", "--json",
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

  @Test("the results of a benchmark are shown: its curves, and its images by how much a map failed")
  func results() throws {
    let command = try Command()
    // A handful of images in the place of a data set that has been fetched.
    try command.addIDX("set", side: 28, train: 4, test: 6)
    let datasets = command.cache.url.appending(path: "saliency/datasets")
    try FileManager.default.createDirectory(at: datasets, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: datasets.appending(path: "fashion-mnist"), withDestinationURL: command.folder.file("set"))
    // One run keeps its images, and the other does not.
    for (folder, more) in [("results/kept", ["--save-images"]), ("results/plain", [])] {
      let run = try command.run(
        [
          "benchmark", "--model", "fashion-mnist-basic-cnn", "--views", "positive", "--fractions", "0,0.5", "--metrics",
          "black,white", "--no-controls", "--output", folder,
        ] + more)
      #expect(run.status == 0, "\(run)")
    }
    let found = try shown(["explore", "results"], command)
    let rankings = try #require(found.first?["rankings"] as? [[String: Any]])
    #expect(found.map { $0["path"] as? String } == ["kept", "plain"])
    #expect(rankings.map { $0["metric"] as? String } == ["black", "white"])
    #expect(rankings.map { $0["shouldChange"] as? Bool } == [true, false])
    for ranking in rankings {
      let worst = try #require(ranking["worst"] as? [[String: Any]])
      let failures = worst.compactMap { $0["failure"] as? Double }
      #expect(worst.count == 6 && failures == failures.sorted(by: >))
      for image in worst {
        // With two points a map fails by half where the answer changes, or by one or nothing where it stays.
        let classes = try #require(image["classes"] as? [Int])
        let stays = classes[0] == classes[1]
        let expected = ranking["shouldChange"] as? Bool == true ? (stays ? 1 : 0.5) : (stays ? 0 : 0.5)
        #expect(image["failure"] as? Double == expected)
      }
    }
    // Both are shown with the same images, the second's out of the data set.
    let pictures = found.map { $0["pictures"] as? [String: String] }
    #expect(pictures[0]?.count == 6 && pictures[0] == pictures[1])
    #expect(found[0]["truths"] as? [String: Int] == found[1]["truths"] as? [String: Int])
    #expect(found[1]["missing"] == nil)
    #expect((found[0]["labels"] as? [String])?.count == 10)
    try command.expectFailure(["explore", "set"], ["set holds no finished results"])

    // A data set of other content, and none, are told.
    try command.addIDX("fashion-else", side: 28, train: 4, test: 7)
    let other = try shown(["explore", "results/plain", "--dataset", "fashion-else"], command)
    #expect(other[0]["missing"] as? String == "the run kept no images, and fashion-else holds others than it measured")
    #expect((other[0]["pictures"] as? [String: String])?.isEmpty == true)
    let none = try shown(["explore", "results/plain", "--dataset", "nothing"], command)
    #expect((none[0]["missing"] as? String)?.contains("nothing") == true)
  }

  /// What a page of results is told.
  private func shown(_ arguments: [String], _ command: Command) throws -> [[String: Any]] {
    let output = command.folder.file("address")
    try Data().write(to: output)
    var page = ""
    let finished = try command.run(
      arguments, output: output.path,
      signalling: {
        let line = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        guard page.isEmpty, let match = line.firstMatch(of: #/127\.0\.0\.1:(\d+)(\/[0-9a-f]{32}\/)\n/#),
          let port = UInt16(match.1)
        else { return nil }
        page = (try? LocalClient.ask(port, "GET \(match.2) HTTP/1.1")) ?? ""
        return SIGINT
      })
    #expect(finished.status == 130, "\(finished)")
    let start = try #require(page.range(of: "id=\"page-data\">")).upperBound
    let json = page[start...].prefix { $0 != "<" }
    return try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
  }

  @Test("what cannot be is told")
  func wrong() async throws {
    let command = try Command()
    try command.expectFailure(
      ["explore", "--model", await Materials.model(), "--models-folder", "nowhere"], ["--models-folder nowhere"])
    try command.expectFailure(["explore", "--model", "nothing.pt"], ["nothing.pt"])
    let taken = try LocalServer { _, _ in }
    let port = try #require(taken.address().port)
    try command.expectFailure(
      ["explore", "--model", await Materials.model(), "--port", "\(port)"],
      ["--port \(port): Address already in use; choose another"])
    #expect(taken.requests.isEmpty)
    expectUsageError(["explain", "photo.png", "--class", "a", "--class", "b"], ["--format html takes several"])
    expectUsageError(["explore", "--port", "70000"], ["--port"])
  }
}
