import Delivery
import Glibc
import NIOCore

/// A file of dead letters, read line by line: however large it is, one line is in memory.
struct DeadLetterFile: ~Copyable {
    enum Line {
        case record(DeadLetterRecord, ByteBuffer)
        /// A line that is no dead letter, and why.
        case unreadable(String)
    }

    /// The file cannot be read.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The longest line that is taken: NATS carries messages of 64 MiB at the most, and an escaped byte has six.
    private static let longestLine = 400 << 20

    private let path: String
    private let descriptor: CInt
    private var buffer = ByteBuffer()
    private var isAtEnd = false

    /// The number of the line that was read last, from 1.
    private(set) var number = 0

    /// - Parameter path: `-` is standard input.
    init(path: String) throws(Failure) {
        self.path = path
        self.descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard self.descriptor >= 0 else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(self.descriptor) }

    /// - Returns: nil at the end. Empty lines are passed over.
    mutating func next() throws(Failure) -> Line? {
        while let line = try self.nextLine() {
            self.number += 1
            if line.readableBytes == 0 { continue }
            do {
                return .record(try DeadLetterRecord(line: line), line)
            } catch {
                return .unreadable(error.description)
            }
        }
        return nil
    }

    private mutating func nextLine() throws(Failure) -> ByteBuffer? {
        var searched = 0
        while true {
            let view = self.buffer.readableBytesView.dropFirst(searched)
            if let newline = view.firstIndex(of: UInt8(ascii: "\n")) {
                let line = self.buffer.readSlice(length: newline - self.buffer.readerIndex)
                self.buffer.moveReaderIndex(forwardBy: 1)
                return line
            }
            searched = self.buffer.readableBytes
            guard searched <= Self.longestLine else {
                throw Failure(description: "\(self.path): line \(self.number + 1) has no end")
            }
            guard !self.isAtEnd else {
                guard searched > 0 else { return nil }
                return self.buffer.readSlice(length: searched)
            }
            try self.fill()
        }
    }

    private mutating func fill() throws(Failure) {
        self.buffer.discardReadBytes()
        let descriptor = self.descriptor
        var result = 0
        self.buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 16) { bytes in
            repeat { result = read(descriptor, bytes.baseAddress, bytes.count) } while result < 0 && errno == EINTR
            return max(0, result)
        }
        guard result >= 0 else { throw Failure(description: "\(self.path): \(String(cString: strerror(errno)))") }
        self.isAtEnd = result == 0
    }
}
