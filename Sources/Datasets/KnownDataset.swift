import Downloads
import Foundation

/// A data set that has a name here: where it is published and how its content is told from other content.
public struct KnownDataset: Sendable {
  public let name: String
  /// What it is, in a few words for people.
  public let summary: String
  let source: Source
  let content: KnownContent
  /// Where a package of the system puts it, and the package.
  let installed: (folder: String, package: String)?

  enum Source: Sendable {
    case archive(PublishedFile)
    /// Files that are kept as they are.
    case files([PublishedFile])
  }

  init(
    _ name: String, _ summary: String, _ source: Source, _ content: KnownContent,
    installed: (folder: String, package: String)? = nil
  ) {
    self.name = name
    self.summary = summary
    self.source = source
    self.content = content
    self.installed = installed
  }

  var files: [PublishedFile] {
    switch source {
    case .archive(let file): [file]
    case .files(let files): files
    }
  }

  /// The size of the download in bytes.
  public var downloadSize: Int { files.reduce(0) { $0 + $1.size } }

  /// The data set of that name.
  ///
  /// - Throws: ``DatasetError/unknownName(name:)``.
  public static func named(_ name: String) throws -> KnownDataset {
    guard let dataset = all.first(where: { $0.name == name.lowercased() }) else {
      throw DatasetError.unknownName(name: name)
    }
    return dataset
  }
}

/// A file as it was published.
struct PublishedFile: Sendable {
  let addresses: [URL]
  let checksum: Checksum
  /// In bytes, up to a few percent.
  let size: Int

  /// The name that the file has at its first address.
  var name: String { addresses[0].lastPathComponent }

  /// With room for a size that is not exact; whether the file is the right one is for the checksum to say.
  var download: Download { Download(from: addresses, checksum: checksum, maximumBytes: size + size / 10) }
}

extension KnownDataset {
  /// All of them. Addresses and checksums are those in torchvision 0.29 (`torchvision/datasets/cifar.py`, `imagenette.py` and
  /// `mnist.py`); for CIFAR-10's binary version they are those of https://www.cs.toronto.edu/~kriz/cifar.html. The sizes are
  /// those in TensorFlow Datasets (`tensorflow_datasets/url_checksums`).
  public static let all: [KnownDataset] = [
    KnownDataset(
      "cifar10", "50,000 + 10,000 colour images of 32×32, 10 classes",
      .archive(
        file("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170_052_171, cifar)), .cifar10),
    KnownDataset(
      "imagenette", "9,469 + 3,925 photographs, 10 classes",
      .archive(file("imagenette2.tgz", "fe2fc210e6bb7c5664d602c3cd71e612", 1_556_914_727, imagenette)),
      .imagenette(shorterSide: nil)),
    KnownDataset(
      "imagenette-320", "imagenette with a shorter side of 320 pixels",
      .archive(file("imagenette2-320.tgz", "3df6f0d01a2c9592104656642f5e78a3", 341_553_947, imagenette)),
      .imagenette(shorterSide: 320)),
    KnownDataset(
      "imagenette-160", "imagenette with a shorter side of 160 pixels",
      .archive(file("imagenette2-160.tgz", "e793b78cc4c9e9a4ccc0c1155377a412", 98_948_031, imagenette)),
      .imagenette(shorterSide: 160)),
    KnownDataset(
      "mnist", "60,000 + 10,000 grey images of 28×28, 10 digits",
      .files([
        file("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422, mnist),
        file("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881, mnist),
        file("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877, mnist),
        file("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542, mnist),
      ]), .mnist),
    KnownDataset(
      "fashion-mnist", "60,000 + 10,000 grey images of 28×28, 10 classes",
      .files([
        file("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880, fashionMNIST),
        file("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe", 29_515, fashionMNIST),
        file("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79", 4_422_102, fashionMNIST),
        file("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310", 5_148, fashionMNIST),
      ]), .fashionMNIST, installed: ("/usr/share/datasets/fashion-mnist", "dataset-fashion-mnist")),
  ]

  private static let cifar = ["https://www.cs.toronto.edu/~kriz/"]
  private static let imagenette = ["https://s3.amazonaws.com/fast-ai-imageclas/"]
  private static let mnist = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/",
  ]
  private static let fashionMNIST = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]

  private static func file(_ name: String, _ md5: String, _ size: Int, _ servers: [String]) -> PublishedFile {
    PublishedFile(
      addresses: servers.compactMap { URL(string: $0 + name) }, checksum: Checksum(.md5, md5), size: size)
  }
}
