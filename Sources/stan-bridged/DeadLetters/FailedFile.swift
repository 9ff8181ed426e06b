import Delivery
import Glibc
import NIOCore

/// Where the lines go of messages that were not taken again: as they are, so that it is a dead-letter file itself.
final class FailedFile {
    private let path: String
    private let descriptor: CInt

    init(path: String) throws(SinkError) {
        self.path = path
        self.descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard self.descriptor >= 0 else { throw SinkError("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(self.descriptor) }

    func append(_ line: ByteBuffer) throws(SinkError) {
        var rest = line
        rest.writeStaticString("\n")
        while rest.readableBytes > 0 {
            let count = rest.withUnsafeReadableBytes { write(self.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SinkError("\(self.path): \(String(cString: strerror(errno)))") }
            rest.moveReaderIndex(forwardBy: count)
        }
    }

    func sync() throws(SinkError) {
        guard fdatasync(self.descriptor) == 0 || errno == EINVAL else {
            throw SinkError("\(self.path): \(String(cString: strerror(errno)))")
        }
    }
}
