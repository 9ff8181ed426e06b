/// What the bytes of a journal say.
struct JournalScan: Equatable {
    enum Ending: Equatable {
        case whole
        /// The last record is not whole, as after a crash while it was written.
        case torn
        /// A record is not as it was written, and others come after it.
        case damaged
    }

    private enum Stage {
        case header
        case snapshot
        case batches
    }

    /// nil when it is no journal, or one that does not even have the snapshot that it began with.
    private(set) var identity: JournalIdentity?

    /// The version of the format, where it is not ours.
    private(set) var foreignVersion: UInt64?

    /// A memory that the route had at some time: empty where there is no identity.
    private(set) var memory = RouteMemory()

    /// The length of the header and the snapshot, in bytes.
    private(set) var snapshotBytes = 0

    /// The length of all records that are good, in bytes.
    private(set) var goodBytes = 0

    private(set) var ending = Ending.whole

    init(_ bytes: [UInt8]) {
        var stage = Stage.header
        while self.goodBytes < bytes.count {
            guard let record = Self.record(in: bytes, at: self.goodBytes) else {
                self.ending = Self.ending(of: bytes, at: self.goodBytes)
                break
            }
            var reader = JournalReader(bytes, range: record)
            guard (try? self.take(&reader, stage: &stage)) != nil, reader.isAtEnd || self.foreignVersion != nil else {
                self.ending = .damaged
                break
            }
            self.goodBytes = record.upperBound
            if self.foreignVersion != nil { break }
            if stage == .batches, self.snapshotBytes == 0 { self.snapshotBytes = self.goodBytes }
        }
        if stage != .batches {
            self.identity = nil
            self.memory = RouteMemory()
        }
    }

    private mutating func take(_ reader: inout JournalReader, stage: inout Stage) throws(JournalReader.Malformed) {
        switch (stage, JournalCodec.Kind(rawValue: try reader.byte())) {
        case (.header, .header):
            let (version, identity) = try reader.identity()
            self.identity = identity
            if identity == nil { self.foreignVersion = version }
            stage = .snapshot
        case (.snapshot, .openMessages):
            while !reader.isAtEnd {
                let (sequence, message) = try reader.openMessage()
                self.memory.open[sequence] = message
            }
        case (.snapshot, .settledSegments):
            while !reader.isAtEnd {
                let (number, segment) = try reader.settledSegment()
                self.memory.settled.insert(segment, number: number)
            }
        case (.snapshot, .snapshotEnd):
            self.memory.newest = try reader.newest()
            stage = .batches
        case (.batches, .batch):
            let batch = try reader.batch()
            guard reader.isAtEnd else { throw JournalReader.Malformed() }
            self.memory.apply(batch)
        default:
            throw JournalReader.Malformed()
        }
    }

    /// - Returns: where the bytes of the record lie; nil when it is not whole.
    private static func record(in bytes: [UInt8], at offset: Int) -> Range<Int>? {
        guard let length = self.length(in: bytes, at: offset) else { return nil }
        let start = offset + JournalCodec.overhead
        guard length > 0, length <= min(JournalCodec.maximumLength, bytes.count - start) else { return nil }
        let isGood = bytes.withUnsafeBytes { bytes in
            let record = UnsafeRawBufferPointer(rebasing: bytes[offset..<start + length])
            let checksum = record.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            return UInt32(bigEndian: checksum) == JournalCodec.checksum(ofRecord: record)
        }
        return isGood ? start..<start + length : nil
    }

    private static func length(in bytes: [UInt8], at offset: Int) -> Int? {
        guard bytes.count - offset >= JournalCodec.overhead else { return nil }
        return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    /// How a file ends that is not good from `offset` on.
    private static func ending(of bytes: [UInt8], at offset: Int) -> Ending {
        guard let length = self.length(in: bytes, at: offset) else { return .torn }
        // After a power failure, a file can be longer than what was written of it: the rest is zeros.
        if bytes[offset...].allSatisfy({ $0 == 0 }) { return .torn }
        if length > JournalCodec.maximumLength { return .damaged }
        return bytes.count - offset - JournalCodec.overhead <= length ? .torn : .damaged
    }
}
