import Foundation

extension Error {
  /// One line that says what is wrong with which file.
  ///
  /// This is `localizedDescription`, except for Foundation's errors: on Linux those say neither the file nor the reason.
  public var message: String {
    guard let error = self as? CocoaError else { return localizedDescription }
    return [error.filePath, error.reason].compactMap(\.self).joined(separator: ": ")
  }
}

extension CocoaError {
  /// The system's own words, if it said anything.
  package var reason: String {
    let cause = underlying.map { $0 as NSError }
    if let cause, cause.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(cause.code))).lowercased()
    }
    return isFileError && code.rawValue < CocoaError.fileWriteUnknown.rawValue ? "cannot be read" : "cannot be written"
  }
}
