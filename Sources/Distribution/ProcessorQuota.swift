import Foundation

/// How many processors a container lets its processes use at a time, which the number of processors that they see does not say.
package enum ProcessorQuota {
  /// Rounded up; nil where there is no limit.
  ///
  /// Of the control groups of this process and all above them the least counts: `cpu.max` of version 2, `cpu.cfs_quota_us` and
  /// `cpu.cfs_period_us` of version 1 (https://docs.kernel.org/admin-guide/cgroup-v2.html, …/scheduler/sched-bwc.html).
  ///
  /// - Parameters:
  ///   - root: where the groups' files are.
  ///   - groups: what `/proc/self/cgroup` says.
  package static func read(
    below root: URL = URL(filePath: "/sys/fs/cgroup"),
    groups: String? = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
  ) -> Int? {
    (groups ?? "").split(separator: "\n").flatMap { line -> [Double] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { return [] }
      let isUnified = parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("cpu") else { return [] }
      var folder = isUnified ? root : root.appending(path: parts[1])
      // In a container the path may be the one outside, of which nothing is seen, and its own group the topmost.
      return ([""] + parts[2].split(separator: "/").map(String.init)).compactMap { name in
        if !name.isEmpty { folder.append(path: name) }
        return isUnified ? unified(folder) : former(folder)
      }
    }.min().map { max(1, Int($0.rounded(.up))) }
  }

  private static func unified(_ folder: URL) -> Double? {
    let words = (text(folder, "cpu.max") ?? "").split(separator: " ").map { Double($0) }
    return words.count == 2 ? ratio(words[0], words[1]) : nil
  }

  private static func former(_ folder: URL) -> Double? {
    ratio(text(folder, "cpu.cfs_quota_us").flatMap(Double.init), text(folder, "cpu.cfs_period_us").flatMap(Double.init))
  }

  /// Nil for `max` and −1, which mean no limit.
  private static func ratio(_ quota: Double?, _ period: Double?) -> Double? {
    guard let quota, let period, quota > 0, period > 0, quota / period < 1e6 else { return nil }
    return quota / period
  }

  private static func text(_ folder: URL, _ name: String) -> String? {
    (try? String(contentsOf: folder.appending(path: name), encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
