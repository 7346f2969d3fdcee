import Distribution
import Foundation
import TestSupport
import Testing

@Suite struct ProcessorQuotaTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func add(_ text: String, as path: String) throws {
    let url = folder.file(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func read(_ groups: String) -> Int? { ProcessorQuota.read(below: folder.url, groups: groups) }

  @Test("the least of a group and those above it counts, rounded up")
  func unified() throws {
    try add("max 100000\n", as: "cpu.max")
    #expect(read("0::/\n") == nil)
    try add("350000 100000\n", as: "jobs/cpu.max")
    try add("400000 100000\n", as: "jobs/one/cpu.max")
    try add("20000 100000\n", as: "jobs/small/cpu.max")
    #expect(read("0::/jobs\n") == 4 && read("0::/jobs/one\n") == 4 && read("0::/jobs/small\n") == 1)
    #expect(read("0::/jobs/none/such\n") == 4)
  }

  @Test("version 1 has two files")
  func former() throws {
    try add("-1\n", as: "cpu,cpuacct/cpu.cfs_quota_us")
    try add("100000\n", as: "cpu,cpuacct/cpu.cfs_period_us")
    let groups = "4:memory:/a\n2:cpu,cpuacct:/a\n0::/\n"
    #expect(read(groups) == nil)
    try add("150000\n", as: "cpu,cpuacct/a/cpu.cfs_quota_us")
    try add("50000\n", as: "cpu,cpuacct/a/cpu.cfs_period_us")
    #expect(read(groups) == 3)
  }

  @Test("what is no number is no limit", arguments: ["", "max", "a b", "0 100000", "-1 -1", "1e300 1", "nan 1", "1 0"])
  func nonsense(text: String) throws {
    try add(text, as: "cpu.max")
    #expect(read("0::/") == nil && read("nonsense") == nil && read("") == nil)
  }

  @Test("this machine's is none or at least one")
  func own() { #expect(ProcessorQuota.read() ?? 1 >= 1) }
}
