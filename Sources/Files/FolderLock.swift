import Foundation

/// Keeps a folder for one user of it at a time, be it a program or a part of one, or for several that share it and nobody else. The lock
/// goes with the last reference, or with the program, however it ends.
///
/// It is the system's (`flock`), which most shared file systems know: on NFS 4 and others it holds between machines, too.
package final class FolderLock: Sendable {
  private let path: String
  private let file: Int32

  /// - Parameters:
  ///   - name: of the file that stands for the lock; a folder may have several.
  ///   - isShared: whether others may have it at the same time that share it, too.
  /// - Throws: `FolderLock/Busy` when somebody else has it; ``FileError`` when the folder cannot be written to, or its file system knows
  ///   no locks.
  package init(_ folder: URL, name: String = ".lock", isShared: Bool = false) throws {
    let url = folder.appending(path: name)
    path = url.path(percentEncoded: false)
    while true {
      let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard file >= 0 else { throw FileError.current(url) }
      var (mine, named) = (stat(), stat())
      guard flock(file, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
        let error = errno
        close(file)
        guard error == EWOULDBLOCK else { throw FileError.noLocks(url, error) }
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

  /// Waits until nobody else has it.
  ///
  /// - Throws: `FolderLock/Busy` after `seconds`; ``FileError``; `CancellationError`.
  package static func waited(_ folder: URL, name: String, seconds: Double = .infinity) throws -> FolderLock {
    let begin = ContinuousClock.now
    while true {
      do { return try FolderLock(folder, name: name) } catch let busy as Busy {
        guard (ContinuousClock.now - begin) / .seconds(1) < seconds else { throw busy }
        try Task.checkCancellation()
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
  }

  /// Lets others share it from now on.
  package func share() { _ = flock(file, LOCK_SH | LOCK_NB) }

  deinit {
    // Others that share it need the file.
    if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    close(file)
  }

  /// The folder is in use.
  package struct Busy: Error {}
}

extension FileError {
  /// A file that cannot be locked.
  package static func noLocks(_ url: URL, _ error: Int32) -> FileError {
    let words = String(cString: strerror(error))
    return FileError(path: url.relativePath, reason: "its file system does not lock files (\(words))")
  }
}
