import Glibc

/// A directory nobody else can look into; removed, with the files that were written here, when the object goes.
final class TemporaryDirectory: Sendable {
    private static let file = "nats.conf"

    let path: String

    init() throws(NatsServerError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/stan-bridged-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .file(path: parent, reason: "could not make a temporary directory: \(ChildProcess.words(errno))")
        }
        self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        unlink("\(self.path)/\(Self.file)")
        rmdir(self.path)
    }

    /// Writes the configuration file and returns its path.
    func writeConfiguration(_ text: String) throws(NatsServerError) -> String {
        let path = "\(self.path)/\(Self.file)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, reason: ChildProcess.words(errno)) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written == -1, errno == EINTR { continue }
            guard written > 0 else { throw .file(path: path, reason: ChildProcess.words(errno)) }
            rest = rest.dropFirst(written)
        }
        return path
    }
}
