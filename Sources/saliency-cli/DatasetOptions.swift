import ArgumentParser
import Foundation
import Saliency

/// Where fetched data sets and decoded images are kept.
struct DataFolderOptions: ParsableArguments {
  @Option(
    help: "Folder of fetched data sets and decoded images (default: $XDG_CACHE_HOME/saliency, or ~/.cache/saliency).")
  var data: String?

  var folder: DataFolder { data.map { DataFolder(URL(filePath: $0, directoryHint: .isDirectory)) } ?? .standard }
}

/// Where data sets are, and what of one is used.
struct DatasetOptions: ParsableArguments {
  static let help: ArgumentHelp = """
    A name of saliency data list, or a folder: of IDX files, of CIFAR-10's binary files, or with train/<class>/… and \
    test/<class>/… (or val/<class>/…).
    """

  @OptionGroup var kept: DataFolderOptions

  @Option(help: "Use N images of each part only, spread evenly over it.") var limit: Int?

  @Flag(
    inversion: .prefixedNo,
    help: """
      Leave grey images of class folders out instead of expanding them to three channels (default: for Imagenette, as \
      the paper's authors did).
      """)
  var skipGrey: Bool?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
  }

  /// Opens the data set as a classifier wants it; for nil as it is trained on: images of class folders are stretched to `size`.
  func open(_ dataset: String, for preprocessing: Preprocessing?, size: ImageSize? = nil) async throws -> Dataset {
    try await opened {
      try await .open(
        dataset, for: preprocessing, size: size, in: kept.folder, skipGrey: skipGrey, cache: kept.folder,
        progress: Self.show)
    }
  }

  /// Opens the data set as a classifier wants it, or the pictures in a folder, each of the class that the classifier takes it for.
  func open(_ dataset: String, explainedBy classifier: any Classifier) async throws -> Dataset {
    do { return try await open(dataset, for: classifier.preprocessing) } catch DatasetError.notADataset {
      let folder = URL(filePath: dataset, directoryHint: .isDirectory)
      return try await opened { try await .pictures(in: folder, for: classifier, progress: Self.show) }
    }
  }

  private func opened(_ open: () async throws -> Dataset) async throws -> Dataset {
    let dataset = try await Self.told(open())
    return limit.map { dataset.limited(to: $0) } ?? dataset
  }

  /// Opens a whole data set as a classifier wants it; for nil as it is trained on.
  static func open(
    _ dataset: String, in folder: DataFolder, for preprocessing: Preprocessing?
  ) async throws -> Dataset {
    try await told(.open(dataset, for: preprocessing, in: folder, cache: folder, progress: show))
  }

  private static func show(_ done: Int, _ total: Int) {
    Console.progress(Double(done) / Double(total), "\(done)/\(total) images read")
  }

  /// Says what its user should know of it.
  private static func told(_ dataset: Dataset) -> Dataset {
    Console.clearProgress()
    for problem in dataset.unreadable { Console.warn("\(problem.localizedDescription); left out") }
    for warning in dataset.warnings { Console.warn(warning) }
    return dataset
  }
}

/// The data set that a model is measured on: a bundled model's own unless another is named.
struct MeasuredDataset: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "\(DatasetOptions.help.abstract) A bundled model's own, unless given.", valueName: "name|folder"))
  var dataset: String?

  /// The name or folder; nil where there is none for a model.
  func known(for model: ModelOptions) -> String? { dataset ?? BundledModel.named(model.model)?.dataset }

  /// - Throws: `CommandError` where there is none.
  func named(for model: ModelOptions) throws -> String {
    if let known = known(for: model) { return known }
    throw CommandError("--dataset is needed: \(model.model) is not a bundled model, whose data set is known")
  }
}
