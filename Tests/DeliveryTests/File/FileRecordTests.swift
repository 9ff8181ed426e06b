import TestSupport
import Testing

@testable import Delivery

@Suite("Records beside files")
struct FileRecordTests {
    private static func record(_ random: inout SeededGenerator) -> FileRecord {
        var held = HeldMessages()
        for index in 0..<Int.random(in: 0...3, using: &random) {
            let origin = HeldMessages.DeadLetterOrigin(route: "route", sink: "sink \(index)")
            let source = HeldMessages.Source(channel: "channel \(index)", deadLetter: Bool.random(using: &random) ? origin : nil)
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                var life: [HeldSequences.Run] = []
                var (sequence, time) = (UInt64.random(in: 0...100, using: &random), Int64.random(in: -5...5, using: &random))
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    let first = sequence + .random(in: 2...9, using: &random)
                    let last = first + (random.nextOfAnySize() >> 8)
                    let start = time + .random(in: 0...9, using: &random)
                    let end = start + Int64(random.nextOfAnySize() >> 8)
                    guard last >= first, end >= start, last < 1 << 60, end < 1 << 60 else { break }
                    life.append(HeldSequences.Run(first: first, last: last, firstTimestamp: start, lastTimestamp: end))
                    (sequence, time) = (last, end)
                }
                held.append(life: life, of: source)
            }
        }
        return FileRecord(
            sink: "archive",
            identity: .init(device: random.nextOfAnySize(), inode: random.nextOfAnySize()),
            length: Int64(random.nextOfAnySize() >> 1),
            held: held
        )
    }

    private static func bytes(_ slot: FileRecordCodec.Slot) -> [UInt8] {
        var buffer = RecordBuffer()
        FileRecordCodec.append(slot, to: &buffer)
        return Array(buffer.bytes)
    }

    private static func isSame(_ one: FileRecord, _ other: FileRecord) -> Bool {
        func lives(_ record: FileRecord) -> [[[HeldSequences.Run]]] {
            record.held.sequences.map(\.lives).filter { !$0.isEmpty }
        }
        return one.sink == other.sink && one.identity == other.identity && one.length == other.length
            && lives(one) == lives(other)
    }

    @Test("what was written is read, whatever follows it", arguments: UInt64(1)...300)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let slot = FileRecordCodec.Slot(number: random.nextOfAnySize(), record: Self.record(&random))
        let bytes = Self.bytes(slot) + [UInt8](repeating: 0x55, count: .random(in: 0...50, using: &random))
        guard case .good(let read) = FileRecordCodec.read(bytes) else {
            Issue.record("\(FileRecordCodec.read(bytes))")
            return
        }
        #expect(read.number == slot.number && Self.isSame(read.record, slot.record))
    }

    @Test("what is damaged is never taken for a record", arguments: UInt64(1)...300)
    func damaged(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let slot = FileRecordCodec.Slot(number: 7, record: Self.record(&random))
        let bytes = Self.bytes(slot)
        for _ in 0..<50 {
            var changed = bytes
            random.mutate(&changed)
            guard !changed.starts(with: bytes), case .good = FileRecordCodec.read(changed) else { continue }
            Issue.record("\(changed)")
        }
    }

    @Test("nothing, zeros and another version are told apart")
    func others() {
        #expect(FileRecordCodec.read([]) == .empty)
        #expect(FileRecordCodec.read([UInt8](repeating: 0, count: 4096)) == .empty)
        #expect(FileRecordCodec.read(Array("STANHELD".utf8)) == .damaged)
        #expect(FileRecordCodec.read(Array("something else, longer than any head is".utf8)) == .damaged)
    }
}
