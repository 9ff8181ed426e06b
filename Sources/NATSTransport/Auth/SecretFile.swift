import Glibc

/// Reads small files: seeds, credentials, certificates, keys.
enum SecretFile {
    /// Larger than any chain of certificates that a server would take.
    static let maximumSize = 1 << 20

    /// Why a file could not be read, for people: `No such file or directory`.
    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// What tells one state of a file from the next without reading it.
    struct Stamp: Equatable {
        private let device: UInt64
        private let inode: UInt64
        private let size: Int64
        private let seconds: Int
        private let nanoseconds: Int

        /// Nil when there is no such file.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.device = UInt64(status.st_dev)
            self.inode = UInt64(status.st_ino)
            self.size = Int64(status.st_size)
            self.seconds = status.st_mtim.tv_sec
            self.nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// Never waits, whatever the path leads to: anything but a regular file is refused.
    static func read(_ path: String) throws(Problem) -> SecretBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.problem(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.problem(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Problem(description: "it is not a regular file") }
        guard status.st_size <= Self.maximumSize else {
            throw Problem(description: "it is larger than \(Self.maximumSize) bytes")
        }
        var bytes = SecretBytes(count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.problem(errno)
            }
            filled += count
        }
        bytes.truncate(to: filled)
        return bytes
    }

    private static func problem(_ code: CInt) -> Problem {
        Problem(description: strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
}
