import ArgumentParser
import Foundation
import Saliency

/// Where data sets are, and what of one is used.
struct DatasetOptions: ParsableArguments {
  static let help: ArgumentHelp = """
    A name of saliency data list, or a folder: of IDX files, of CIFAR-10's binary files, or with train/<class>/… and \
    test/<class>/… (or val/<class>/…).
    """

  @OptionGroup var kept: DataFolderOptions

  @Option(help: "Use N images of each part only, spread evenly over it.") var limit: Int?

  @Flag(help: "Leave grey images of class folders out instead of expanding them to three channels.") var skipGrey =
    false

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  /// Opens the data set as it is trained on: images of class folders are stretched to `size`.
  func open(_ dataset: String, size: ImageSize?) async throws -> Dataset {
    try await open(dataset, size: size, isSizeRequired: true, .stretch)
  }

  /// Opens the data set as a classifier wants it. IDX and binary files are not resized as they are read.
  func open(_ dataset: String, for preprocessing: Preprocessing) async throws -> Dataset {
    try await open(
      dataset, size: ImageSize(height: preprocessing.height, width: preprocessing.width), isSizeRequired: false,
      preprocessing.resize)
  }

  private func open(
    _ dataset: String, size: ImageSize?, isSizeRequired: Bool, _ resize: ImageFolder.Resize
  ) async throws -> Dataset {
    let opened = try await Self.open(
      dataset, in: kept.folder, size: size, isSizeRequired: isSizeRequired, skipGrey: skipGrey, resize)
    return limit.map { opened.limited(to: $0) } ?? opened
  }

  /// Opens a whole data set as a classifier wants it; for nil as it is trained on.
  static func open(
    _ dataset: String, in folder: DataFolder, for preprocessing: Preprocessing?
  ) async throws -> Dataset {
    let size = preprocessing.map { ImageSize(height: $0.height, width: $0.width) }
    return try await open(
      dataset, in: folder, size: size, isSizeRequired: false, skipGrey: false, preprocessing?.resize ?? .stretch)
  }

  private static func open(
    _ dataset: String, in folder: DataFolder, size: ImageSize?, isSizeRequired: Bool, skipGrey: Bool,
    _ resize: ImageFolder.Resize
  ) async throws -> Dataset {
    let opened = try await Dataset.open(
      dataset, in: folder, size: size, isSizeRequired: isSizeRequired, skipGrey: skipGrey, cache: folder,
      resize: resize,
      progress: { done, total in
        Console.progress(Double(done) / Double(total), "\(done)/\(total) images read")
      })
    Console.clearProgress()
    for problem in opened.unreadable { Console.warn("\(problem.localizedDescription); left out") }
    for warning in opened.warnings { Console.warn(warning) }
    return opened
  }
}

extension ImageFolder.Resize {
  fileprivate static let stretch = ImageFolder.Resize("stretch") { pixels, height, width in
    try await pixels.resized(height: height, width: width)
  }
}

extension Preprocessing {
  /// As a picture is brought to the input size, in colours.
  fileprivate var resize: ImageFolder.Resize {
    // As in training, so that the decoded images are the same.
    guard fit != .stretch else { return .stretch }
    return ImageFolder.Resize(fit.rawValue) { pixels, height, width in
      try await Preprocessing(height: height, width: width, fit: fit).fitted(pixels)
    }
  }
}
