/// Finds where the last whole record of a file ends: what a crash in the middle of a write leaves is not whole.
struct TornTail {
    let path: String
    let descriptor: Int32
    let operations: FileOperations

    /// How far back to look for the end of a record, in bytes; more than any record is long.
    static let limit: Int64 = 256 << 20

    /// - Returns: the file's length without an incomplete last record: `length` itself where there is none.
    /// - Throws: when the file cannot be read, or cannot have been written by us.
    func lengthOfWholeRecords(in format: RecordFormat, length: Int64) throws(SinkError) -> Int64 {
        switch format {
        case .json, .raw: try self.lengthOfWholeLines(length)
        case .lengthDelimited: try self.lengthOfDelimited(length)
        }
    }

    private func lengthOfWholeLines(_ length: Int64) throws(SinkError) -> Int64 {
        var end = length
        var chunk = 1
        while end > 0 {
            guard length - end < Self.limit else {
                throw SinkError(
                    "\(self.path): its last \(Self.limit >> 20) MiB have no newline in them: not a file of records (move it away)"
                )
            }
            let count = min(chunk, Int(end))
            let bytes = try self.bytes(at: end - Int64(count), count: count)
            if let newline = bytes.lastIndex(of: 0x0A) { return end - Int64(count) + Int64(newline) + 1 }
            end -= Int64(count)
            // One byte is all there is to read of a file that is whole.
            chunk = 64 << 10
        }
        return 0
    }

    /// From the beginning, for nothing in the middle says that a record begins there.
    private func lengthOfDelimited(_ length: Int64) throws(SinkError) -> Int64 {
        var end: Int64 = 0
        var window: (start: Int64, bytes: [UInt8]) = (0, [])
        while length - end >= 4 {
            if end < window.start || end + 4 > window.start + Int64(window.bytes.count) {
                window = (end, try self.bytes(at: end, count: Int(min(1 << 20, length - end))))
            }
            let start = Int(end - window.start)
            let count = window.bytes[start..<start + 4].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            guard count <= length - end - 4 else { break }
            end += 4 + count
        }
        guard length - end < Self.limit, end > 0 || length == 0 else {
            throw SinkError("\(self.path): it does not hold length-delimited records (move it away)")
        }
        return end
    }

    private func bytes(at offset: Int64, count: Int) throws(SinkError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try self.operations.bytes(of: self.descriptor, at: offset, count: count)
        } catch {
            throw SinkError("\(self.path): cannot read the end of it: \(error)")
        }
        guard bytes.count == count else { throw SinkError("\(self.path): it became shorter while its end was being read") }
        return bytes
    }
}
