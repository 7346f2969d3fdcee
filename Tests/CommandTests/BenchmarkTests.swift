import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct BenchmarkTests {
  private let command: Command
  private let options: [String]

  init() async throws {
    command = try Command()
    try command.addDataset(train: 1, test: 6)
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    options = [
      "benchmark", "--dataset", "data", "--model", try await Materials.model(), "--labels", "labels.txt", "--block",
      "2",
    ]
  }

  private static let results: Set<String> = [
    "settings.json", "blocks", "curves.csv", "summary.json", "predictions.npy", "black-deletion.png",
    "black-deletion.pdf", "black-deletion.svg", "white-deletion.png", "white-deletion.pdf", "white-deletion.svg",
  ]

  private func predictions(_ folder: String) throws -> Data {
    try Data(contentsOf: command.file("\(folder)/predictions.npy"))
  }

  @Test("a table and all files; parts joined give the same")
  func wholeAndParts() throws {
    let finished = try command.run(options + ["--output", "whole"])
    #expect(finished.status == 0 && finished.errors == [])
    #expect(command.files(in: "whole") == Self.results)
    #expect(finished.lines[0].contains("small.safetensors on data, test: 12 images, accuracy "))
    #expect(finished.lines[3].hasPrefix("gradient original "))
    // What is claimed of the maps, in the words that the files have.
    let claims = finished.lines[13...].prefix { !$0.hasPrefix("  whole/") }
    #expect(claims.first?.hasPrefix("The order of the maps that the paper claims ") == true)
    #expect(claims.contains { $0.hasPrefix("The advantage of every map over random pixels ") })
    #expect(finished.lines.count == 13 + claims.count + 9)
    let summary = try JSONSerialization.jsonObject(with: Data(contentsOf: command.file("whole/summary.json")))
    for claim in try #require((summary as? [String: Any])?["claims"] as? [[String: Any]]) {
      let (verdict, metric) = (claim["verdict"] as? String ?? "?", claim["metric"] as? String ?? "?")
      #expect(claims.contains { $0.contains("\(verdict) in ") && $0.contains("\(metric)-") })
    }
    for part in ["1", "2"] {
      let done = try command.run(options + ["--output", "part\(part)", "--shard", "\(part)/2"])
      #expect(done.lines == ["part \(part) of 2 is done; join all parts with saliency benchmark --merge"])
    }
    let joined = try command.run("benchmark", "--merge", "part1", "part2", "--output", "joined")
    #expect(joined.status == 0)
    #expect(try predictions("joined") == predictions("whole"))
    #expect(joined.lines[3...12] == finished.lines[3...12])
    try command.expectFailure(["benchmark", "--merge", "part1", "--output", "x"], ["3 blocks are missing"])
    try command.expectFailure(["benchmark", "--merge", "part1", "part1", "--output", "x"], ["merge each part once"])
    try command.expectFailure(["benchmark", "--merge", "data", "--output", "x"], ["data", "no results"])
  }

  @Test("an openssl.cnf that takes SHA-256 away changes nothing")
  func otherAlgorithms() throws {
    try command.add(
      Data("openssl_conf = o\n[o]\nproviders = p\n[p]\nlegacy = l\n[l]\nactivate = 1\n".utf8), as: "openssl.cnf")
    let finished = try command.run(
      options + ["--output", "run"], environment: ["OPENSSL_CONF": command.file("openssl.cnf").path])
    #expect(finished.status == 0 && finished.errors == [])
  }

  @Test("two processes that a launcher started share the work, and what comes out is what one makes")
  func shared() throws {
    let alone = try command.run(options + ["--output", "whole", "--threads", "1"])
    let both = try command.runTogether(options + ["--output", "run"])
    #expect(both.map(\.status) == [0, 0] && both.allSatisfy { $0.errors.count <= 1 })
    // Both print the tables if the second began when the first had ended.
    let tables = both.filter { $0.output != "" }
    #expect(!tables.isEmpty && tables.allSatisfy { $0.lines[3...12] == alone.lines[3...12] })
    #expect(try predictions("run") == predictions("whole"))
    #expect(command.files(in: "run") == Self.results)
    // The same command again has nothing to do but to put the results together.
    let again = try command.run(options + ["--output", "run"], environment: Command.environment(rank: 0))
    #expect(again.lines[3...12] == alone.lines[3...12] && again.errors == [])
    try command.expectFailure(
      options + ["--output", "run", "--distributed", "off"], ["run holds results", "--resume", "--force"])
    let forced = try command.run(options + ["--output", "run", "--force", "--distributed", "on"])
    #expect(forced.status == 1 && forced.errors.first?.contains("--force") == true)
    let nonsense = try command.run(options + ["--output", "new"], environment: Command.environment(rank: 2))
    #expect(nonsense.status == 1 && nonsense.errors.first?.contains("RANK=2") == true)
  }

  @Test("a process that is killed is named, and what it did not finish is computed by the next one")
  func lostProcess() throws {
    #expect(try command.run(options + ["--output", "whole", "--threads", "1"]).status == 0)
    // With the claim of a block that nobody holds, as one leaves it that is killed; when that happens is chance.
    let broken = try command.run(
      options + ["--output", "run", "--threads", "1"], environment: Command.environment(rank: 0),
      signalling: { command.files(in: "run/blocks").contains("000000.safetensors") ? SIGKILL : nil })
    #expect(broken.status == -SIGKILL)
    try #require(command.files(in: "run").contains(".claims"))
    var claims = try Data(contentsOf: command.file("run/.claims"))
    let names = 16 + 6
    claims.append(Data(count: max(0, names + 6 * 96 - claims.count)))
    claims[16 + 5] = UInt8(ascii: "b")
    claims.replaceSubrange(
      names + 5 * 96..<names + 6 * 96,
      with: Data("rank 0 of 2 (torchrun) on node3, process 9".utf8) + Data(count: 96 - 42))
    try claims.write(to: command.file("run/.claims"))
    let next = try command.run(
      options + ["--output", "run", "--threads", "1"], environment: Command.environment(rank: 1))
    #expect(next.status == 0)
    #expect(
      next.errors.contains("Warning: block 5 was begun by rank 0 of 2 (torchrun) on node3, process 9, and not finished")
    )
    #expect(try predictions("run") == predictions("whole"))
  }

  @Test("the training images, where they are asked for, which are another measurement")
  func trainingImages() throws {
    let trained = try command.run(options + ["--split", "train", "--output", "out"])
    #expect(trained.lines.first?.contains("small.safetensors on data, train: 2 images, accuracy ") == true)
    try command.expectFailure(options + ["--output", "out", "--resume"], ["out", "test images"])
  }

  @Test("interrupted or killed and resumed, it ends as if nothing had happened", arguments: [SIGINT, SIGKILL])
  func interrupted(signal: Int32) throws {
    #expect(try command.run(options + ["--output", "whole"]).status == 0)
    var sent = false
    let broken = try command.run(
      options + ["--output", "run"],
      signalling: {
        guard !sent, command.files(in: "run/blocks").contains("000000.safetensors") else { return nil }
        sent = true
        return signal
      })
    #expect(broken.status == (signal == SIGINT ? 130 : -SIGKILL))
    #expect(!command.files(in: "run").contains("predictions.npy"))
    try command.expectFailure(options + ["--output", "run"], ["run holds results", "--resume", "--force"])
    #expect(try command.run(options + ["--output", "run", "--resume"]).status == 0)
    #expect(try predictions("run") == predictions("whole"))
    try command.expectFailure(options + ["--output", "run", "--resume", "--seed", "7"], ["not mixed"])
    #expect(
      try command.run(options + ["--output", "run", "--force", "--no-controls", "--metrics", "mean"]).status == 0)
    // Of the run before nothing is left.
    #expect(
      command.files(in: "run")
        == Self.results.filter { !$0.contains("deletion") }.union(
          ["png", "pdf", "svg"].map { "mean-deletion.\($0)" }))
  }

  @Test("attributions times views; other options of an attribution are another measurement")
  func attributions() throws {
    let chosen =
      options + [
        "--attributions", "smoothgrad,deeplift", "--views", "original,active", "--fractions", "0,0.5", "--metrics",
        "black", "--no-controls", "--output", "run",
      ]
    let finished = try command.run(chosen + ["--samples", "2"])
    #expect(finished.status == 0 && finished.errors == [])
    let names = ["smoothgrad original", "smoothgrad active", "deeplift original", "deeplift active"]
    #expect(zip(finished.lines[3...], names).allSatisfy { $0.hasPrefix($1) })
    try command.expectFailure(
      chosen + ["--samples", "3", "--resume"], ["different: options of attributions", "not mixed"])
    #expect(try command.run(chosen + ["--samples", "2", "--resume"]).status == 0)
    try command.expectFailure(
      options + ["--attributions", "vargrad", "--output", "other"], ["vargrad has no sign", "--views original"])
    let all = try command.run(
      options + [
        "--attributions", "all", "--views", "original,positive", "--fractions", "0,0.5", "--steps", "2", "--samples",
        "2", "--masks", "2", "--no-controls", "--output", "all",
      ])
    // All but expected gradients, which need baselines; two have no sign.
    let count = Attributions.selfSufficient.count
    let areas = all.lines.prefix { !$0.hasPrefix("How much further") }
    #expect(all.status == 0 && areas.count { $0.contains(" original ") && !$0.hasPrefix("  ") } == count)
    #expect(areas.count { $0.contains(" positive ") && !$0.hasPrefix("  ") } == count - 2)
    // Against the gradient all but its own two; against the original every signed attribution's positive.
    let gains = all.lines.split { $0.hasPrefix("How much further") }.dropFirst().map { table in
      table.dropFirst().count { $0.contains(#/ [−+]\d\.\d{4}/#) }
    }
    #expect(gains == [2 * count - 2 - 2, count - 2])
  }

  @Test("a folder of pictures: each is of the class that the model takes it for")
  func pictures() throws {
    for index in 0..<3 { try command.addPictures("photographs/\(index).png") }
    let model = try #require(options.firstIndex(of: "--model")).advanced(by: 1)
    let chosen = [
      "benchmark", "--model", options[model], "--dataset", "photographs", "--attributions", "gradient,deeplift",
      "--views",
      "original,positive", "--metrics", "black,sensitivity-n", "--sensitivity-samples", "3", "--sensitivity-sizes",
      "1,9",
    ]
    let finished = try command.run(chosen + ["--output", "run"])
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines[0].contains("on photographs, pictures: 3 images, accuracy 1.0000"))
    let table = try String(contentsOf: command.file("run/attributions.csv"), encoding: .utf8).split(separator: "\n")
    #expect(
      table[0] == "metric,attribution,view,good,score,low,high,than_gradient,than_gradient_low,than_gradient_high,"
        + "than_original,than_original_low,than_original_high,seconds")
    // Two attributions with two views each, and a sum in sensitivity-n; random pixels by both metrics.
    #expect(table.count == 1 + 2 * 2 + 1 + 3 * 2 + 1)
    let cells = table.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(cells.allSatisfy { $0.count == 14 })
    #expect(cells.dropFirst().allSatisfy { $0[1] == "random" || (Double($0[13]) ?? 0) > 0 })
    let page = try String(contentsOf: command.file("run/attributions.html"), encoding: .utf8)
    #expect(page.contains("better than the gradient") && page.contains("deeplift positive"))
    #expect(page.split(separator: "<table>").count == 3)
    try command.add(Data("text".utf8), as: "notes/notes.txt")
    try command.expectFailure(
      ["benchmark", "--model", options[model], "--dataset", "notes", "--output", "no"], ["notes", "picture"])
  }

  @Test("RISE and sensitivity-n: interrupted, in parts, or at one go, all the same")
  func curveMetrics() throws {
    let chosen =
      options + [
        "--metrics", "rise-deletion,rise-insertion,sensitivity-n", "--rise-steps", "3", "--sensitivity-sizes", "1,9",
        "--sensitivity-samples", "4", "--views", "original,active",
      ]
    let names = ["rise-deletion", "rise-insertion", "sensitivity-n"]
    let finished = try command.run(chosen + ["--output", "whole"])
    #expect(finished.status == 0 && finished.errors == [])
    #expect(
      command.files(in: "whole")
        == Set(["settings.json", "blocks", "curves.csv", "summary.json"])
        .union(names.flatMap { name in ["npy", "png", "pdf", "svg"].map { "\(name).\($0)" } }))
    #expect(
      finished.lines[2].split(separator: " ").filter { $0.contains("-") }.map(String.init).prefix(3) == names[...])
    let rows = ["gradient original ", "gradient active ", "gradient sum ", "random "]
    #expect(zip(finished.lines[3...], rows).allSatisfy { $0.hasPrefix($1) })

    for part in ["1", "2"] {
      #expect(try command.run(chosen + ["--output", "part\(part)", "--shard", "\(part)/2"]).status == 0)
    }
    #expect(try command.run("benchmark", "--merge", "part1", "part2", "--output", "joined").status == 0)
    try FileManager.default.removeItem(at: command.file("whole/blocks/000002.safetensors"))
    try FileManager.default.removeItem(at: command.file("whole/rise-deletion.npy"))
    #expect(try command.run(chosen + ["--output", "whole", "--resume"]).status == 0)
    for name in names {
      #expect(
        try Data(contentsOf: command.file("joined/\(name).npy")) == Data(contentsOf: command.file("whole/\(name).npy")))
    }
    try command.expectFailure(
      chosen + ["--output", "whole", "--resume", "--substrate", "blur"],
      ["different: metrics or their options", "not mixed"])
    try command.expectFailure(
      chosen + ["--output", "x", "--sensitivity-sizes", "1,300"], ["--sensitivity-sizes", "256"])
    try command.expectFailure(chosen + ["--output", "x", "--memory", "1KB"], ["raise --memory"])
  }

  @Test("a full disk stops it, and what was done is gone on with")
  func fullDisk() throws {
    let full = try command.run(options + ["--output", "run"], fileSizeLimit: 1024)
    #expect(full.status == 1 && full.errors.last?.hasPrefix("Error: ") == true, "\(full.errors)")
    #expect(command.files(in: "run/blocks").isEmpty)
    #expect(try command.run(options + ["--output", "run", "--resume"]).status == 0)
  }

  @Test("data and models that do not belong together")
  func strangers() throws {
    try command.expectFailure(
      options.filter { !["--labels", "labels.txt"].contains($0) } + ["--output", "run"],
      ["“bright”, “dark”", "--labels"])
    try command.expectFailure(["benchmark"] + options.dropFirst(3) + ["--output", "x"], ["--dataset"])
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--fractions", "0.5,0.1"), ("--fractions", "0,1.1"), ("--fractions", "x"), ("--metrics", "red"),
      ("--metrics", "black,black"), ("--views", "signed"), ("--views", "rivalry"), ("--shard", "3/2"),
      ("--shard", "0/2"), ("--block", "0"), ("--order", "up"), ("--limit", "0"), ("--rise-steps", "0"),
      ("--sensitivity-samples", "1"),
      ("--sensitivity-sizes", "5,2"), ("--sensitivity-sizes", "0,2"), ("--sensitivity-sizes", "1.5"),
      ("--substrate", "white"), ("--precision", "float16"), ("--metrics", "rise-deletion,rise-deletion"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["benchmark", "--dataset", "d", "--output", "o", "\(option)=\(value)"], [option])
  }
}
