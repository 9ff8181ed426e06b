import Glibc

extension FileOperations {
    /// Makes a file beside the one of that path, and puts it into its place, safely on disk: at any time, the path names one or the
    /// other, and whole. There must be nobody else who does that.
    ///
    /// - Parameters:
    ///   - mode: the permissions, exactly; the umask does not count.
    ///   - flags: how the file is opened, in addition to what it takes to make it.
    ///   - write: writes the content.
    /// - Returns: the descriptor of the new file.
    /// - Throws: when it is not in its place for sure.
    func replace(
        _ path: String,
        mode: UInt32,
        flags: Int32,
        write: (Int32) throws(SystemCallError) -> Void
    ) throws(SystemCallError) -> Int32 {
        let draft = "\(path).new"
        do {
            // What is there is left from a crash.
            try self.remove(draft)
        } catch {
            guard error.isMissing else { throw error }
        }
        let descriptor = try self.open(draft, flags | O_CLOEXEC | O_CREAT | O_EXCL, mode)
        do throws(SystemCallError) {
            try self.setMode(descriptor, mode)
            try write(descriptor)
            try self.syncUninterrupted(descriptor)
            try self.rename(draft, path)
            try Directories.sync(Directories.parent(of: path), self)
            return descriptor
        } catch {
            self.close(descriptor)
            try? self.remove(draft)
            throw error
        }
    }
}
