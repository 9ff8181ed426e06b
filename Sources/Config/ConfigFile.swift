import Glibc

/// Config files on disk: the only part of this room that touches the world.
package enum ConfigFile {
    /// Reads and checks a config file. Its secrets are read from this process's environment and from disk.
    ///
    /// Never throws: a file that cannot be read is a diagnostic like any other.
    package static func load(path: String) -> LoadedConfiguration {
        switch Self.read(path, limit: JSONScanner.maximumSize) {
        case .success(let bytes):
            return Configuration.load(bytes, file: path, surroundings: Self.surroundings(ofFile: path))
        case .failure(let problem):
            let message = "cannot be read: \(problem)"
            let diagnostic = Diagnostic(severity: .error, file: path, place: nil, path: "", message: message)
            return LoadedConfiguration(configuration: nil, diagnostics: [diagnostic])
        }
    }

    /// The process's environment and files, with relative paths relative to the folder of the config file.
    package static func surroundings(ofFile path: String) -> Surroundings {
        Surroundings(
            directory: Self.directory(of: path),
            variable: { name in getenv(name).map { String(cString: $0) } },
            readFile: { path, limit in Self.read(path, limit: limit) },
            isOpenToAll: FilePermissions.areOpenToAll,
            hostName: Self.hostName
        )
    }

    private static var hostName: String? {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The absolute folder of a file, so that relative paths in it stay right when the process changes its own.
    private static func directory(of path: String) -> String {
        let absolute: String
        if path.utf8.first == UInt8(ascii: "/") {
            absolute = path
        } else if let current = getcwd(nil, 0) {
            absolute = String(cString: current) + "/" + path
            free(current)
        } else {
            absolute = path
        }
        guard let slash = absolute.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(absolute[...slash])
    }

    private static func read(_ path: String, limit: Int) -> Result<[UInt8], FileProblem> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(Self.problem(errno)) }
        defer { _ = close(descriptor) }

        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return .success(bytes) }
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(Self.problem(errno))
            }
            bytes += chunk[..<count]
            if bytes.count > limit { return .failure(FileProblem("it is larger than \(ByteSize(limit))")) }
        }
    }

    private static func problem(_ code: CInt) -> FileProblem {
        FileProblem(strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
}
