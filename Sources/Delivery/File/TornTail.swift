import Glibc

/// Finds where the last whole record of a file of lines ends: what a crash in the middle of a write leaves has no newline.
enum TornTail {
    /// How far back to look for a newline, in bytes; more than any record is long.
    static let limit: Int64 = 256 << 20

    /// - Returns: the file's length without an incomplete last line: `length` itself where there is none.
    /// - Throws: when the file cannot be read, or has such a long last line that it cannot have been written by us.
    static func lengthOfWholeRecords(in descriptor: Int32, length: Int64, path: String) throws(SinkError) -> Int64 {
        var end = length
        var chunk = 1
        while end > 0 {
            guard length - end < self.limit else {
                throw SinkError(
                    "\(path): its last \(self.limit >> 20) MiB have no newline in them: not a file of records (move it away)"
                )
            }
            let count = min(chunk, Int(end))
            if let newline = try self.lastNewline(in: descriptor, from: end - Int64(count), count: count, path: path) {
                return end - Int64(count) + Int64(newline) + 1
            }
            end -= Int64(count)
            // One byte is all there is to read of a file that is whole.
            chunk = 64 << 10
        }
        return 0
    }

    private static func lastNewline(
        in descriptor: Int32,
        from offset: Int64,
        count: Int,
        path: String
    ) throws(SinkError) -> Int? {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { bytes.deallocate() }
        var filled = 0
        while filled < count {
            let read: Int
            do {
                read = try SystemCallError.check {
                    pread(descriptor, bytes.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
                }
            } catch {
                throw SinkError("\(path): cannot read the end of it: \(error)")
            }
            guard read > 0 else { throw SinkError("\(path): it became shorter while its end was being read") }
            filled += read
        }
        return UnsafeRawBufferPointer(bytes).lastIndex(of: 0x0A)
    }
}
