import Glibc
import NIOCore

/// A file that is only ever added to.
final class AppendFile {
    let path: String
    private(set) var size: Int
    private let descriptor: Int32

    /// Opens a file, or makes it, to add to its end.
    init(_ path: String, truncatingTo length: Int? = nil) throws(StoreError) {
        self.path = path
        self.descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard self.descriptor >= 0 else { throw Self.error(path) }
        if let length, ftruncate(self.descriptor, off_t(length)) != 0 {
            let error = Self.error(path)
            close(self.descriptor)
            throw error
        }
        self.size = Int(lseek(self.descriptor, 0, SEEK_END))
    }

    deinit { close(self.descriptor) }

    func append(_ bytes: ByteBuffer, sync: Bool) throws(StoreError) {
        var rest = bytes
        while rest.readableBytes > 0 {
            let count = rest.withUnsafeReadableBytes { write(self.descriptor, $0.baseAddress, $0.count) }
            if count == -1, errno == EINTR { continue }
            guard count > 0 else { throw Self.error(self.path) }
            rest.moveReaderIndex(forwardBy: count)
            self.size += count
        }
        if sync { try self.sync() }
    }

    func sync() throws(StoreError) {
        guard fdatasync(self.descriptor) == 0 else { throw Self.error(self.path) }
    }

    /// - Returns: nil when there is no such file.
    static func read(_ path: String) throws(StoreError) -> ByteBuffer? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Self.error(path)
        }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        lseek(descriptor, 0, SEEK_SET)
        var buffer = ByteBufferAllocator().buffer(capacity: max(size, 1))
        while buffer.readableBytes < size {
            var error: StoreError?
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size - buffer.readableBytes) { bytes in
                let count = Glibc.read(descriptor, bytes.baseAddress, min(bytes.count, size))
                if count < 0, errno != EINTR { error = Self.error(path) }
                return max(0, count)
            }
            if let error { throw error }
            if count == 0 { break }
        }
        return buffer
    }

    static func error(_ path: String) -> StoreError {
        .file(path: path, reason: ChildProcess.words(errno))
    }
}
