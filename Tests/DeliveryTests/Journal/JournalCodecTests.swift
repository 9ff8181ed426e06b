import TestSupport
import Testing

@testable import Delivery

@Suite("Journal codec")
struct JournalCodecTests {
    @Test("What was written is read, whatever it is", arguments: 1...40)
    func roundTrip(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let before = (0..<30).map { _ in generator.nextBatch() }
        let after = (0..<30).map { _ in generator.nextBatch() }
        let bytes = journalBytes(after, after: memory(before))
        let scan = JournalScan(bytes)
        #expect(scan.identity == identity())
        #expect(scan.memory == memory(before + after))
        #expect(scan.ending == .whole)
        #expect(scan.goodBytes == bytes.count)
        #expect(scan.snapshotBytes == journalBytes([], after: memory(before)).count)
    }

    @Test("A batch is read as it was written, in its order", arguments: 1...200)
    func batches(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let batch = generator.nextBatch()
        let bytes = RecordBuffer { JournalCodec.append(batch, to: &$0) }.array
        guard !batch.isEmpty else {
            #expect(bytes.isEmpty)
            return
        }
        var reader = JournalReader(bytes, range: JournalCodec.overhead + 1..<bytes.count)
        #expect(try reader.batch() == batch)
        #expect(reader.isAtEnd)
    }

    @Test("An identity is read as it was written, with names left out or not")
    func identities() {
        for identity in [
            identity(durableName: nil, queue: "archivers", sinks: [], deadLetter: nil),
            identity(route: "", cluster: "ü", durableName: "", queue: ""),
            identity(sinks: (0..<RouteLedger.maximumSinks).map { "sink \($0)" }),
        ] {
            #expect(JournalScan(journalBytes([], of: identity)).identity == identity)
        }
    }

    @Test("Sequences cost about a byte each: in order, and as 64 requests in parallel settle them")
    func size() {
        let ordered = RecordBuffer { JournalCodec.append(settling(10_000_000..<10_000_100), to: &$0) }
        #expect(ordered.count < 25)
        var generator = SeededGenerator(seed: 1)
        var parallel = Array(UInt64(10_000_000)..<10_000_064)
        var settled: [UInt64] = []
        for next in UInt64(10_000_064)..<10_010_064 {
            let index = Int.random(in: parallel.indices, using: &generator)
            settled.append(parallel[index])
            parallel[index] = next
        }
        let bytes = RecordBuffer { JournalCodec.append(settling(settled), to: &$0) }
        #expect(Double(bytes.count) / Double(settled.count) < 2)
    }

    @Test("A large batch becomes several records, none of them too large to be read")
    func largeBatch() {
        var batch = settling((0..<200_000).map { $0 * 3 })
        batch.newest = RouteMemory.Newest(sequence: 600_000, timestamp: -1)
        let failure = RouteMemory.Failure(attempts: 1, firstAttemptAt: 2, givenUp: String(repeating: "x", count: 1000))
        batch.events = (0..<10_000).map { .failed($0 * 3 + 1, sink: 1, failure) }
        let scan = JournalScan(journalBytes([batch]))
        #expect(scan.ending == .whole)
        #expect(scan.memory == memory([batch]))
    }

    @Test("A large snapshot becomes several records")
    func largeSnapshot() {
        var batch = settling((0..<50_000).map { $0 * 1500 })
        let failure = RouteMemory.Failure(attempts: 1, firstAttemptAt: 2, givenUp: String(repeating: "x", count: 1000))
        batch.events = (0..<2_000).map { .failed($0 * 1500 + 1, sink: 1, failure) }
        let bytes = journalBytes([], after: memory([batch]))
        #expect(JournalScan(bytes).memory == memory([batch]))
        #expect(Self.records(of: bytes).count > 10)
        #expect(Self.records(of: bytes).allSatisfy { $0.count < 2 * JournalCodec.snapshotPartBytes })
    }

    @Test("A long reason is cut, and not in the middle of a character")
    func longReason() {
        var batch = JournalBatch()
        let reason = "a" + String(repeating: "ü", count: 10_000)
        batch.events = [.failed(1, sink: 0, RouteMemory.Failure(attempts: 1, firstAttemptAt: 0, givenUp: reason))]
        let kept = JournalScan(journalBytes([batch])).memory.open[1]?.failures[0]?.givenUp
        #expect(kept == "a" + String(repeating: "ü", count: 511))
    }

    // MARK: Damage

    private static let batches: [JournalBatch] = {
        var generator = SeededGenerator(seed: 7)
        return (0..<6).map { _ in generator.nextBatch() }
    }()

    /// The memories that a file may give that is not whole: none, and those of its prefixes.
    private static func prefixes(_ batches: [JournalBatch], after snapshot: RouteMemory) -> [RouteMemory] {
        var memory = snapshot
        return [RouteMemory(), snapshot]
            + batches.map { batch in
                memory.apply(batch)
                return memory
            }
    }

    /// Whole records, with length and checksum.
    private static func records(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var records: [ArraySlice<UInt8>] = []
        var offset = 0
        while offset < bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            records.append(bytes[offset..<offset + JournalCodec.overhead + length])
            offset += JournalCodec.overhead + length
        }
        return records
    }

    @Test("A file that ends anywhere gives what was recorded up to some moment")
    func cut() {
        let snapshot = memory(Self.batches.prefix(3))
        let batches = Array(Self.batches.dropFirst(3))
        let whole = journalBytes(batches, after: snapshot)
        let prefixes = Self.prefixes(batches, after: snapshot)
        var seen: [RouteMemory] = []
        for length in 0...whole.count {
            let scan = JournalScan(Array(whole.prefix(length)))
            #expect(prefixes.contains(scan.memory))
            #expect(scan.goodBytes <= length)
            #expect(scan.ending == (scan.goodBytes == length ? .whole : .torn))
            if !seen.contains(scan.memory) { seen.append(scan.memory) }
        }
        #expect(seen.count == prefixes.count)
    }

    @Test("A byte that is not as it was written is noticed, wherever it is")
    func flipped() {
        let snapshot = memory(Self.batches.prefix(3))
        let batches = Array(Self.batches.dropFirst(3))
        let whole = journalBytes(batches, after: snapshot)
        let prefixes = Self.prefixes(batches, after: snapshot).dropLast()
        for index in whole.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var bytes = whole
                bytes[index] ^= change
                let scan = JournalScan(bytes)
                #expect(prefixes.contains(scan.memory))
                #expect(scan.ending != .whole)
            }
        }
    }

    @Test("Zeros behind the last record, as a power failure leaves them, are a torn end")
    func zeros() {
        let whole = journalBytes(Self.batches)
        for count in [1, 7, 8, 9, 4096] {
            let scan = JournalScan(whole + [UInt8](repeating: 0, count: count))
            #expect(scan.memory == memory(Self.batches))
            #expect(scan.ending == .torn)
            #expect(scan.goodBytes == whole.count)
        }
    }

    @Test("Any bytes at all are read to some end", arguments: 1...300)
    func mutated(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = journalBytes(Self.batches)
        generator.mutate(&bytes)
        let scan = JournalScan(bytes)
        #expect(scan.goodBytes <= bytes.count)
        let noise = (0..<200).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        #expect(JournalScan(noise).identity == nil)
    }

    @Test("Content that nobody wrote is refused even with the right checksum", arguments: 1...300)
    func mutatedContent(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var records = Self.records(of: journalBytes(Self.batches, after: memory(Self.batches)))
        let index = Int.random(in: records.indices, using: &generator)
        var content = Array(records[index].dropFirst(JournalCodec.overhead + 1))
        let kind = try #require(JournalCodec.Kind(rawValue: records[index][records[index].startIndex + JournalCodec.overhead]))
        generator.mutate(&content)
        records[index] = RecordBuffer { JournalCodec.appendRecord(kind, to: &$0) { $0.append(content) } }.array[...]
        let scan = JournalScan(Array(records.joined()))
        // It may be right by chance; it must not be more than the bytes are good for.
        #expect(scan.memory.settled.count < 2 * JournalCodec.maximumSettled * records.count)
    }

    @Test("A number of things that are not there does not cost memory")
    func hugeCounts() {
        let header = RecordBuffer { JournalCodec.append(identity(), to: &$0) }.array
        let end = RecordBuffer { JournalCodec.append(RouteMemory(), to: &$0) }.array
        func isRefused(_ kind: JournalCodec.Kind, _ body: (inout RecordBuffer) -> Void) -> Bool {
            let record = RecordBuffer { JournalCodec.appendRecord(kind, to: &$0, body) }.array
            let bytes = kind == .batch ? header + end + record : kind == .header ? record : header + record + end
            let scan = JournalScan(bytes)
            return scan.ending != .whole && scan.memory == RouteMemory()
        }
        #expect(
            isRefused(.batch) {
                $0.append([0]); $0.append(varint: .max)
            }
        )
        #expect(
            isRefused(.batch) {
                $0.append([0]); $0.append(varint: 4000)
            }
        )
        #expect(
            isRefused(.batch) {
                $0.append([0, 0, 0]); $0.append(varint: .max)
            }
        )
        #expect(
            isRefused(.batch) {
                $0.append([0, 0, 0]); $0.append(varint: UInt64(JournalCodec.maximumSettled))
            }
        )
        #expect(!isRefused(.batch) { $0.append([0, 0]) })
        #expect(
            isRefused(.openMessages) {
                $0.append([1, 0, 0]); $0.append(varint: .max)
            }
        )
        #expect(
            isRefused(.openMessages) {
                $0.append(varint: 1); $0.append([0xFF, 0xFF])
            }
        )
        #expect(
            isRefused(.settledSegments) {
                $0.append(varint: .max); $0.append([1, 1])
            }
        )
        #expect(
            isRefused(.settledSegments) {
                $0.append([1]); $0.append(varint: 1 << 16); $0.append([0])
            }
        )
        #expect(
            isRefused(.header) {
                $0.append(JournalCodec.magic); $0.append([1]); $0.append(varint: .max)
            }
        )
        // A length that reaches beyond the file, and one that nothing has.
        #expect(JournalScan(header + end + [0x00, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5]).ending == .torn)
        #expect(JournalScan(header + end + [0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5]).ending == .damaged)
    }

    @Test("Records in an order that is never written are refused")
    func order() {
        let header = RecordBuffer { JournalCodec.append(identity(), to: &$0) }.array
        let end = RecordBuffer { JournalCodec.append(RouteMemory(), to: &$0) }.array
        let batch = RecordBuffer { JournalCodec.append(settling([1]), to: &$0) }.array
        for (bytes, hasIdentity) in [
            (header + batch + end, false), (header + header + end, false), (end + header, false),
            (header + end + end, true), (header + end + header, true), (header, false), (header + end, true),
        ] {
            let scan = JournalScan(bytes)
            #expect((scan.identity != nil) == hasIdentity)
            #expect(scan.memory == RouteMemory())
        }
    }

    @Test("Another version of the format is told from damage")
    func version() {
        let header = RecordBuffer { buffer in
            JournalCodec.appendRecord(.header, to: &buffer) { buffer in
                buffer.append(JournalCodec.magic)
                buffer.append(varint: 2)
                buffer.append([1, 2, 3])
            }
        }
        let scan = JournalScan(header.array + [1, 2, 3])
        #expect(scan.foreignVersion == 2)
        #expect(scan.identity == nil)
    }
}
