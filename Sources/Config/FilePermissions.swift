import Glibc

/// Who can read files.
enum FilePermissions {
    /// Whether every user of the machine can read a file: by its own mode, and by those of all directories above it. Links are
    /// followed first, as those that Kubernetes makes of each secret. False where that cannot be told.
    static func areOpenToAll(_ path: String) -> Bool {
        guard let resolved = realpath(path, nil) else { return false }
        defer { free(resolved) }
        var part = String(cString: resolved)
        guard Self.mode(of: part) & S_IROTH != 0 else { return false }
        while let slash = part.utf8.lastIndex(of: UInt8(ascii: "/")), part != "/" {
            part = slash == part.startIndex ? "/" : String(part[..<slash])
            // Without this bit nobody else gets past the directory, whatever is in it.
            guard Self.mode(of: part) & S_IXOTH != 0 else { return false }
        }
        return true
    }

    private static func mode(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode : 0
    }
}
