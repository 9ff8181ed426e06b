import Glibc

/// Directories that files are made in.
enum Directories {
    /// The directory that a path lies in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes a directory and those above it where they are missing, with mode 0750 less the umask, each one safely on disk.
    static func make(_ path: String) throws(SystemCallError) {
        do {
            _ = try SystemCallError.check { mkdir(path, 0o750) }
        } catch {
            switch error.code {
            case EEXIST, EISDIR:
                return
            case ENOENT where self.parent(of: path) != path:
                try self.make(self.parent(of: path))
                do {
                    _ = try SystemCallError.check { mkdir(path, 0o750) }
                } catch {
                    guard error.code == EEXIST else { throw error }
                    return
                }
            default:
                throw error
            }
        }
        try self.sync(self.parent(of: path))
    }

    /// - Throws: when no file can be made in the directory.
    static func checkWritable(_ path: String) throws(SystemCallError) {
        _ = try SystemCallError.check { faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) }
    }

    /// Puts a directory's entries on disk: without it, a new file could be gone after a power failure, synced as it may be.
    static func sync(_ path: String) throws(SystemCallError) {
        let descriptor = try SystemCallError.check { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        do {
            _ = try SystemCallError.check { fsync(descriptor) }
        } catch {
            // Some file systems do not sync directories and say so in this way; there is nothing better to be done on them.
            guard error.code == EINVAL else { throw error }
        }
    }
}
