import Checksums

/// How a ``FileRecord`` lies in its file: pure. `docs/files.md` describes it.
///
/// The file has two slots of the same size. A slot is a head, the content and zeros; the head is the magic word, a version, the number
/// of the write, the content's length and a CRC-32 of all of it.
enum FileRecordCodec {
    struct Slot: Equatable {
        /// Grows with each write; the higher of two is the later one.
        var number: UInt64
        var record: FileRecord
    }

    enum Reading: Equatable {
        /// Nothing but zeros: it was never written.
        case empty
        case damaged
        /// Whole, in another version of the format.
        case foreign(version: UInt32)
        case good(Slot)
    }

    static let version: UInt32 = 1
    static let headLength = 32

    /// `STANHELD` in ASCII.
    private static let magic: UInt64 = 0x5354_414E_4845_4C44

    /// The content's length and the checksum are the last eight bytes of the head.
    private static let checksumOffset = 28

    /// Appends head and content.
    static func append(_ slot: Slot, to buffer: inout RecordBuffer) {
        let start = buffer.count
        buffer.append(bigEndian: self.magic)
        buffer.append(bigEndian: self.version)
        buffer.append(bigEndian: UInt32(0))
        buffer.append(bigEndian: slot.number)
        buffer.append(bigEndian: UInt64(0))
        self.append(slot.record, to: &buffer)
        buffer.store(bigEndian: UInt32(buffer.count - start - self.headLength), at: start + self.checksumOffset - 4)
        let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])
        buffer.store(bigEndian: self.checksum(of: bytes), at: start + self.checksumOffset)
    }

    /// Reads a slot: any bytes at all.
    static func read(_ bytes: [UInt8]) -> Reading {
        if bytes.allSatisfy({ $0 == 0 }) { return .empty }
        var head = JournalReader(bytes, range: 0..<min(self.headLength, bytes.count))
        guard bytes.count >= self.headLength, let magic = try? head.word(), magic == self.magic,
            let version = try? head.halfWord(), (try? head.halfWord()) != nil, let number = try? head.word(),
            let length = (try? head.halfWord()).map(Int.init), let checksum = try? head.halfWord(),
            length <= bytes.count - self.headLength
        else { return .damaged }
        let end = self.headLength + length
        guard bytes.withUnsafeBytes({ self.checksum(of: UnsafeRawBufferPointer(rebasing: $0[..<end])) }) == checksum else {
            return .damaged
        }
        guard version == self.version else { return .foreign(version: version) }
        var reader = JournalReader(bytes, range: self.headLength..<end)
        guard let record = try? self.record(&reader), reader.isAtEnd else { return .damaged }
        return .good(Slot(number: number, record: record))
    }

    /// Of all but the checksum itself.
    private static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        CRC32.checksum(
            UnsafeRawBufferPointer(rebasing: bytes[(self.checksumOffset + 4)...]),
            seed: CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<self.checksumOffset]))
        )
    }

    // MARK: The content

    private static func append(_ record: FileRecord, to buffer: inout RecordBuffer) {
        buffer.append(lengthPrefixed: record.sink)
        buffer.append(varint: record.identity.device)
        buffer.append(varint: record.identity.inode)
        buffer.append(varint: UInt64(record.length))
        let held = zip(record.held.sources, record.held.sequences).filter { !$0.1.isEmpty }
        buffer.append(varint: UInt64(held.count))
        for (source, sequences) in held {
            buffer.append(lengthPrefixed: source.channel)
            buffer.append(source.deadLetter == nil ? 0 : 1)
            if let origin = source.deadLetter {
                buffer.append(lengthPrefixed: origin.route)
                buffer.append(lengthPrefixed: origin.sink)
            }
            buffer.append(varint: UInt64(sequences.lives.count))
            for life in sequences.lives { self.append(life, to: &buffer) }
        }
    }

    /// Runs of a life rise, so most numbers are small when each is told by its distance from the one before.
    private static func append(_ life: [HeldSequences.Run], to buffer: inout RecordBuffer) {
        buffer.append(varint: UInt64(life.count))
        var sequence: UInt64 = 0
        var timestamp: Int64 = 0
        for run in life {
            buffer.append(varint: run.first &- sequence)
            buffer.append(varint: run.last &- run.first)
            buffer.append(zigzag: run.firstTimestamp &- timestamp)
            buffer.append(zigzag: run.lastTimestamp &- run.firstTimestamp)
            sequence = run.last
            timestamp = run.lastTimestamp
        }
    }

    private static func record(_ reader: inout JournalReader) throws(JournalReader.Malformed) -> FileRecord {
        let sink = try reader.text()
        let identity = FileStatus.Identity(device: try reader.varint(), inode: try reader.varint())
        guard let length = Int64(exactly: try reader.varint()) else { throw JournalReader.Malformed() }
        var held = HeldMessages()
        for _ in 0..<(try reader.varint()) {
            let channel = try reader.text()
            var origin: HeldMessages.DeadLetterOrigin?
            if try reader.flag() { origin = HeldMessages.DeadLetterOrigin(route: try reader.text(), sink: try reader.text()) }
            let source = HeldMessages.Source(channel: channel, deadLetter: origin)
            for _ in 0..<(try reader.varint()) { try self.readLife(of: source, &reader, into: &held) }
        }
        return FileRecord(sink: sink, identity: identity, length: length, held: held)
    }

    private static func readLife(
        of source: HeldMessages.Source,
        _ reader: inout JournalReader,
        into held: inout HeldMessages
    ) throws(JournalReader.Malformed) {
        var life: [HeldSequences.Run] = []
        var sequence: UInt64 = 0
        var timestamp: Int64 = 0
        for _ in 0..<(try reader.varint()) {
            let (first, overflow) = sequence.addingReportingOverflow(try reader.varint())
            let (last, endOverflow) = first.addingReportingOverflow(try reader.varint())
            let firstTimestamp = timestamp &+ (try reader.zigzag())
            let lastTimestamp = firstTimestamp &+ (try reader.zigzag())
            guard !overflow, !endOverflow, life.isEmpty || first > sequence, life.isEmpty || firstTimestamp >= timestamp,
                lastTimestamp >= firstTimestamp
            else { throw JournalReader.Malformed() }
            life.append(
                HeldSequences.Run(first: first, last: last, firstTimestamp: firstTimestamp, lastTimestamp: lastTimestamp)
            )
            sequence = last
            timestamp = lastTimestamp
        }
        held.append(life: life, of: source)
    }
}
