import Checksums
import NIOCore

/// How records lie in a file, one after the other: length, checksum, and that many bytes. Numbers are big-endian, of 32 bits;
/// the checksum is a CRC-32 of the length and the bytes.
enum RecordFormat {
    /// How the records of a file end.
    enum Ending: Equatable {
        case whole
        /// The last record is not whole, as after a crash while it was written.
        case torn
        /// A record is not as it was written, and others come after it.
        case damaged
    }

    static let overhead = 8

    /// Far more than a message can have.
    static let maxLength = 256 * 1024 * 1024

    static func append(to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        let start = buffer.writerIndex
        buffer.writeRepeatingByte(0, count: Self.overhead)
        body(&buffer)
        let length = UInt32(buffer.writerIndex - start - Self.overhead)
        buffer.setInteger(length, at: start)
        let checksum = Self.checksum(of: buffer, at: start, length: Int(length))
        buffer.setInteger(checksum, at: start + 4)
    }

    /// Reads records until they end or one is refused.
    ///
    /// - Parameter body: returns false when a record means nothing, which is taken for damage.
    /// - Returns: how they end, and after how many bytes the good ones do.
    static func scan(_ file: ByteBuffer, _ body: (ByteBuffer) -> Bool) -> (ending: Ending, goodBytes: Int) {
        var offset = file.readerIndex
        let end = file.writerIndex
        while offset < end {
            guard end - offset >= Self.overhead, let length = file.getInteger(at: offset, as: UInt32.self) else {
                return (.torn, offset - file.readerIndex)
            }
            let next = offset + Self.overhead + Int(length)
            guard length <= Self.maxLength else { return (.damaged, offset - file.readerIndex) }
            guard next <= end else { return (.torn, offset - file.readerIndex) }
            guard
                length > 0,
                file.getInteger(at: offset + 4, as: UInt32.self) == Self.checksum(of: file, at: offset, length: Int(length)),
                let record = file.getSlice(at: offset + Self.overhead, length: Int(length)),
                body(record)
            else { return (next == end ? .torn : .damaged, offset - file.readerIndex) }
            offset = next
        }
        return (.whole, offset - file.readerIndex)
    }

    private static func checksum(of buffer: ByteBuffer, at start: Int, length: Int) -> UInt32 {
        buffer.withVeryUnsafeBytes { bytes in
            let seed = CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<start + 4]))
            let body = start + Self.overhead
            return CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[body..<body + length]), seed: seed)
        }
    }
}
