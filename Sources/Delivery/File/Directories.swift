import Glibc

/// Directories that files are made in.
enum Directories {
    /// The directory that a path lies in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last part of a path.
    static func name(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// Makes a directory and those above it where they are missing, with mode 0750 less the umask, each one safely on disk.
    static func make(_ path: String, _ operations: FileOperations = .system) throws(SystemCallError) {
        do {
            try operations.makeDirectory(path, 0o750)
        } catch {
            switch error.code {
            case EEXIST, EISDIR:
                return
            case ENOENT where self.parent(of: path) != path:
                try self.make(self.parent(of: path), operations)
                do {
                    try operations.makeDirectory(path, 0o750)
                } catch {
                    guard error.code == EEXIST else { throw error }
                    return
                }
            default:
                throw error
            }
        }
        try self.sync(self.parent(of: path), operations)
    }

    /// Makes sure that a directory and those above it are on disk, as far as we may: whoever made them may have been killed before.
    static func secure(_ path: String, _ operations: FileOperations) {
        var directory = path
        while self.parent(of: directory) != directory {
            directory = self.parent(of: directory)
            try? self.sync(directory, operations)
        }
    }

    /// Puts a directory's entries on disk: without it, a new file could be gone after a power failure, synced as it may be.
    static func sync(_ path: String, _ operations: FileOperations = .system) throws(SystemCallError) {
        do {
            try operations.syncDirectory(path)
        } catch {
            // Some file systems do not sync directories and say so in this way; there is nothing better to be done on them.
            guard error.code == EINVAL else { throw error }
        }
    }
}
