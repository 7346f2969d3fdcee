import Foundation
import Pictures

/// Why a data set cannot be used.
public enum DatasetError: LocalizedError, Equatable {
  case unknown(name: String)
  case unknownName(name: String)
  case notFetched(name: String)
  case alreadyFetched(name: String, path: String)
  case busy(name: String)
  case otherContent(path: String, name: String, reason: String)
  case notAFolder(path: String)
  case notADataset(path: String)
  case fixedSize(name: String, size: ImageSize)
  case exceedsMemory(path: String, bytes: Double)

  case unreadable(path: String)
  case unwritable(path: String)
  case notIDX(path: String, kind: String)
  case damaged(path: String)
  case tooLong(path: String, expected: Int)
  case otherBytes(path: String)
  case hugeImages(path: String, size: ImageSize)
  case wrongLength(path: String, bytes: Int, expected: Int)
  case noImages(path: String)
  case countMismatch(path: String, labels: Int, images: Int)
  case labelOutOfRange(path: String, index: Int, label: Int, classes: Int)
  case sizeMismatch(path: String, train: ImageSize, test: ImageSize)

  case missingPart(path: String, looked: [String])
  case tooFewClasses(path: String, found: [String])
  case emptyClass(path: String)
  case sameFolder(path: String)
  case differentClasses(path: String, other: String, onlyThere: [String], onlyInOther: [String])
  case differentSizes(path: String, size: ImageSize, first: ImageSize)
  case onlyGrey(path: String)
  case tooManyUnreadable(path: String, errors: [PictureError], total: Int)

  public var errorDescription: String? {
    switch self {
    case .unknown(let name):
      "there is no folder “\(name)” and no data set of that name; known names: \(Self.knownNames)"
    case .unknownName(let name): "there is no data set “\(name)” to fetch; known names: \(Self.knownNames)"
    case .notFetched(let name):
      "\(name) has not been fetched: run `saliency data fetch \(name)`"
        + (Self.package(name).map { " or `apt-get install \($0)`" } ?? "")
    case .alreadyFetched(let name, let path): "\(name) is there already; remove \(path) first to replace it"
    case .busy(let name): "\(name) is being fetched by another program; wait for that"
    case .otherContent(let path, let name, let reason): "\(path) is not recognised as \(name): \(reason)"
    case .notAFolder(let path): "\(path) is a file; a data set is a folder"
    case .notADataset(let path):
      "\(path) is no data set: neither a folder train, nor train-images-idx3-ubyte (or .gz), nor data_batch_1.bin is in it"
    case .fixedSize(let name, let size):
      "the images of \(name) are \(size) and are not resized"
    case .exceedsMemory(let path, let bytes):
      "\(path): the images need \(Self.gigabytes(bytes)) of memory and there are "
        + "\(Self.gigabytes(Double(ProcessInfo.processInfo.physicalMemory)))"
    case .unreadable(let path): "\(path) is missing or cannot be read"
    case .unwritable(let path): "\(path) cannot be written; is the disk full, or the folder not yours?"
    case .notIDX(let path, let kind): "\(path) is not an IDX file of \(kind): its first bytes are others"
    case .damaged(let path): "\(path) is truncated or damaged"
    case .tooLong(let path, let expected): "\(path) goes on after the \(expected) bytes that its header promises"
    case .otherBytes(let path): "\(path) is not one gzip stream from its first byte to its last; compress it again"
    case .hugeImages(let path, let size): "\(path): its header says that the images are \(size), which is too large"
    case .wrongLength(let path, let bytes, let expected):
      "\(path) has \(bytes) bytes, not \(expected): it is truncated or another kind of file"
    case .noImages(let path): "\(path) holds no images"
    case .countMismatch(let path, let labels, let images): "\(path) has \(labels) labels for \(images) images"
    case .labelOutOfRange(let path, let index, let label, let classes):
      "\(path): label \(label) of image \(index) is out of range; there are \(classes) classes, 0 to \(classes - 1)"
    case .sizeMismatch(let path, let train, let test):
      "\(path): the images to train on are \(train), those to test on \(test)"
    case .missingPart(let path, let looked):
      "\(path) has no folder \(looked.joined(separator: " or ")) with a folder of images for each class"
    case .tooFewClasses(let path, let found):
      "\(path) needs at least two class folders and has "
        + (found.isEmpty ? "none" : "only “\(found.joined(separator: ", "))”")
    case .emptyClass(let path): "\(path) contains no pictures; every class needs at least one"
    case .sameFolder(let path): "\(path) is the folder of another class, too; remove one of the links"
    case .differentClasses(let path, let other, let onlyThere, let onlyInOther):
      "\(path) and \(other) have different classes: "
        + [("only \(path)", onlyThere), ("only \(other)", onlyInOther)].filter { !$1.isEmpty }
        .map { "\($0) has \(Self.list($1))" }.joined(separator: ", ")
    case .differentSizes(let path, let size, let first):
      "\(path) is \(size), the images before it are \(first)"
    case .onlyGrey(let path): "\(path) has grey images only; nothing is left without them"
    case .tooManyUnreadable(let path, let errors, let total):
      "\(path): \(errors.count) of \(total) images cannot be read, more than 1%: "
        + Self.list(errors.map(\.localizedDescription), separator: "; ")
    }
  }

  private static var knownNames: String { KnownDataset.all.map(\.name).joined(separator: ", ") }

  private static func package(_ name: String) -> String? { (try? KnownDataset.named(name))?.installed?.package }

  private static func list(_ names: [String], separator: String = ", ") -> String {
    names.prefix(3).joined(separator: separator) + (names.count > 3 ? ", …" : "")
  }

  private static func gigabytes(_ bytes: Double) -> String {
    String(format: "%.1f GB", bytes / 1e9)
  }
}
