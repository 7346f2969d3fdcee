import Foundation

/// Keeps a folder for one user of it at a time, be it a program or a part of one. The lock goes with the last reference, or with the
/// program, however it ends.
package final class FolderLock: Sendable {
  private let path: String
  private let file: Int32

  /// - Throws: ``FolderLock/Busy`` when somebody else has it; ``FileError`` when the folder cannot be written to.
  package init(_ folder: URL) throws {
    let url = folder.appending(path: ".lock")
    path = url.path(percentEncoded: false)
    while true {
      let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard file >= 0 else { throw FileError.current(url) }
      var (mine, named) = (stat(), stat())
      guard flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
        close(file)
        throw Busy()
      }
      // Who had it before removes the file as it lets go: then another file has the name, or none.
      if fstat(file, &mine) == 0, stat(path, &named) == 0, mine.st_ino == named.st_ino {
        self.file = file
        return
      }
      close(file)
    }
  }

  deinit {
    unlink(path)
    close(file)
  }

  /// The folder is in use.
  package struct Busy: Error {}
}
