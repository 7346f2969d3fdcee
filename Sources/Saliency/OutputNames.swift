import Foundation

/// What the results of picture files are called: the file's stem, or as much more of its path as tells equal stems apart.
public enum OutputNames {
  /// One name per file. `a/cat.png` and `b/cat.png` become `a-cat` and `b-cat`; `cat.png` and `cat.jpg` in one folder
  /// become `cat.png` and `cat.jpg`.
  public static func names(for urls: [URL]) -> [String] {
    var names = urls.map { $0.deletingPathExtension().lastPathComponent }
    let deepest = urls.map { $0.pathComponents.count }.max() ?? 0
    for level in 1...max(1, 2 * deepest) {
      let groups = Dictionary(grouping: names.indices) { names[$0] }.values.filter { $0.count > 1 }
      if groups.isEmpty { return names }
      for index in groups.joined() { names[index] = name(urls[index], level: level) }
    }
    // Paths such as a-b/c and a/b-c can still look alike: a number tells them apart, but one that no other name ends with.
    var taken = Set(names)
    var seen: Set<String> = []
    return names.map { name in
      if seen.insert(name).inserted { return name }
      var number = 2
      while !taken.insert("\(name)-\(number)").inserted { number += 1 }
      return "\(name)-\(number)"
    }
  }

  /// At odd levels with the extension: stem, then stem and extension, then one folder more, and so on.
  private static func name(_ url: URL, level: Int) -> String {
    let file = level % 2 == 1 ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent
    let folders = url.standardizedFileURL.pathComponents.dropLast().filter { $0 != "/" }.suffix(level / 2)
    return (folders + [file]).joined(separator: "-")
  }
}
