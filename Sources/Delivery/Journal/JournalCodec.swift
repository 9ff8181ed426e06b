import Checksums

/// How a delivery journal lies in its file. `docs/journal.md` describes it.
///
/// A file is a row of records. Each is its length, its checksum, and that many bytes, the first of which says what it is. Length and
/// checksum have 32 bits, the highest byte first; the checksum is a CRC-32 of the length and the bytes. A header comes first, then
/// the parts of a snapshot and its end, then batches.
enum JournalCodec {
    enum Kind: UInt8 {
        case header = 1
        case openMessages = 2
        case settledSegments = 3
        case snapshotEnd = 4
        case batch = 5
    }

    static let version: UInt64 = 1

    /// Begins the header, so that whoever looks into a file sees what it is.
    static let magic: StaticString = "stan-bridged journal"

    /// Length and checksum.
    static let overhead = 8

    /// More than any record that is written has.
    static let maximumLength = 16 << 20

    /// The bounds of one record: what has more becomes several.
    static let maximumEvents = 4096
    static let maximumSettled = 65_536
    static let snapshotPartBytes = 256 << 10

    /// The most bytes of a reason that are kept.
    static let maximumReason = 1024

    static func appendRecord(_ kind: Kind, to buffer: inout RecordBuffer, _ body: (inout RecordBuffer) -> Void) {
        let start = buffer.count
        buffer.append(atMost: self.overhead) { _ in self.overhead }
        buffer.append(kind.rawValue)
        body(&buffer)
        buffer.store(bigEndian: UInt32(buffer.count - start - self.overhead), at: start)
        buffer.store(bigEndian: self.checksum(ofRecord: UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])), at: start + 4)
    }

    /// - Parameter record: the whole record, at least ``overhead`` bytes; the checksum in it does not count.
    static func checksum(ofRecord record: UnsafeRawBufferPointer) -> UInt32 {
        CRC32.checksum(
            UnsafeRawBufferPointer(rebasing: record[self.overhead...]),
            seed: CRC32.checksum(UnsafeRawBufferPointer(rebasing: record[..<4]))
        )
    }
}
