import Foundation
import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Delivery

@Suite("Route journal")
struct RouteJournalTests {
    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private func permissions(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test("What was recorded is there at the next start, and is added to")
    func reopen() async throws {
        try await withJournals { directory, writer in
            var generator = SeededGenerator(seed: 3)
            var batches: [JournalBatch] = []
            for _ in 0..<5 {
                let open = try openJournal(directory, writer: writer)
                #expect(open.memory == memory(batches))
                for _ in 0..<10 {
                    batches.append(generator.nextBatch())
                    open.journal.record(batches[batches.count - 1])
                }
                await open.journal.close()
            }
            #expect(try await reopened(directory, writer: writer).memory == memory(batches))
        }
    }

    @Test("The first start is said, the second is not; the file is nobody else's")
    func first() async throws {
        try await withJournals { directory, writer in
            let first = try await reopened(directory, writer: writer)
            #expect(first.memory == RouteMemory())
            #expect(first.log.count == 1)
            #expect(first.log.first?.hasPrefix("notice there is no delivery journal yet") == true)
            #expect(try await reopened(directory, writer: writer).log.isEmpty)
            #expect(self.permissions("\(directory)/orders.journal") == 0o640)
            #expect(self.permissions(directory) & 0o027 == 0)
        }
    }

    @Test("Records are in the file without anybody waiting for them")
    func prompt() async throws {
        try await withJournals { directory, writer in
            let open = try openJournal(directory, writer: writer)
            open.journal.record(settling(1...10))
            try await eventually("the records are in the file") {
                try JournalScan(content("\(directory)/orders.journal")).memory == memory([settling(1...10)])
            }
            await open.journal.close()
        }
    }

    @Test("After close, nothing is recorded")
    func closed() async throws {
        try await withJournals { directory, writer in
            let open = try openJournal(directory, writer: writer)
            open.journal.record(settling(1...10))
            await open.journal.close()
            open.journal.record(settling(11...20))
            open.journal.replace(with: RouteMemory())
            await open.journal.flush()
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...10)]))
        }
    }

    @Test("Routes have files of their own, whatever their names")
    func names() async throws {
        try await withJournals { directory, writer in
            let names = ["a", "A", "a.journal", "a b", "a%20b", "ü", ".a", "a.lock", String(repeating: "ü", count: 64)]
            for (index, name) in names.enumerated() {
                let open = try openJournal(directory, identity(route: name), writer: writer)
                #expect(open.memory == RouteMemory())
                open.journal.record(settling([UInt64(index)]))
                await open.journal.close()
            }
            for (index, name) in names.enumerated() {
                let memory = try await reopened(directory, identity(route: name), writer: writer).memory
                #expect(memory.settled.contains(UInt64(index)))
                #expect(memory.settled.count == 1)
            }
        }
    }

    @Test("A second daemon is refused, and comes in when the first has gone")
    func locked() async throws {
        try await withJournals { directory, writer in
            let first = try openJournal(directory, writer: writer)
            first.journal.replace(with: memory([settling(1...3)]))
            await first.journal.flush()
            let error = #expect(throws: JournalError.self) { try openJournal(directory, writer: writer) }
            #expect(error?.description.contains("orders.journal: another process has it open") == true)
            await first.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...3)]))
            withExtendedLifetime(first.journal) {}
        }
    }

    // MARK: What cannot be used

    @Test("A torn end is cut off and said; what comes next is added behind the last whole record", arguments: [1, 8, 9, 20])
    func torn(_ count: Int) async throws {
        try await withJournals { directory, writer in
            _ = try await reopened(directory, writer: writer)
            let path = "\(directory)/orders.journal"
            let torn = RecordBuffer { JournalCodec.append(settling((0..<50).map { $0 * 7 }), to: &$0) }.array.prefix(count)
            try self.write(journalBytes([settling(1...10)]) + torn, to: path)
            let open = try openJournal(directory, writer: writer)
            #expect(open.memory == memory([settling(1...10)]))
            #expect(open.log.all.count == 1)
            #expect(open.log.all.first?.hasPrefix("notice the delivery journal ended in the middle of a record") == true)
            #expect(open.log.all.first?.contains("bytes=\(count) ") == true)
            open.journal.record(settling(11...20))
            await open.journal.close()
            let next = try await reopened(directory, writer: writer)
            #expect(next.memory == memory([settling(1...20)]))
            #expect(next.log.isEmpty)
        }
    }

    @Test("What comes after a damaged record is not used; a copy is kept")
    func damaged() async throws {
        try await withJournals { directory, writer in
            _ = try await reopened(directory, writer: writer)
            let path = "\(directory)/orders.journal"
            var bytes = journalBytes([settling(1...10), settling(11...20), settling(21...30)])
            let third = RecordBuffer { JournalCodec.append(settling(21...30), to: &$0) }.count
            bytes[bytes.count - third - 1] ^= 1
            try self.write(bytes, to: path)
            let open = try openJournal(directory, writer: writer)
            #expect(open.memory == memory([settling(1...10)]))
            #expect(open.log.all.first?.hasPrefix("warning a record of the delivery journal is damaged") == true)
            #expect(try content("\(path).old") == bytes)
            open.journal.record(settling(31...40))
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...10), settling(31...40)]))
        }
    }

    @Test(
        "A journal of another subscription is put aside and said",
        arguments: [
            (identity(cluster: "other"), #"its cluster id is "other", not "test-cluster""#),
            (identity(channel: "invoices"), #"its channel is "invoices", not "orders""#),
            (identity(clientID: "bridge-2"), #"its client id is "bridge-2", not "bridge-1""#),
            (identity(durableName: nil), #"its durable name is none, not "bridge""#),
            (identity(queue: "archivers"), #"its queue is "archivers", not none"#),
        ]
    )
    func foreign(_ stored: JournalIdentity, _ reason: String) async throws {
        try await withJournals { directory, writer in
            let other = try openJournal(directory, stored, writer: writer)
            other.journal.record(settling(1...10))
            await other.journal.close()
            let path = "\(directory)/orders.journal"
            let bytes = try content(path)
            let open = try openJournal(directory, writer: writer)
            #expect(open.memory == RouteMemory())
            #expect(open.log.all.count == 1)
            #expect(open.log.all.first?.hasPrefix("warning the delivery journal cannot be used and is begun anew") == true)
            #expect(open.log.all.first?.contains(reason) == true)
            #expect(try content("\(path).old") == bytes)
            open.journal.record(settling(5...6))
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(5...6)]))
        }
    }

    @Test("A file that is no journal is put aside and said", arguments: [[], [0], Array("hello, this is no journal".utf8)])
    func noJournal(_ bytes: [UInt8]) async throws {
        try await withJournals { directory, writer in
            _ = try await reopened(directory, writer: writer)
            try self.write(bytes, to: "\(directory)/orders.journal")
            let start = try await reopened(directory, writer: writer)
            #expect(start.memory == RouteMemory())
            #expect(start.log.first?.contains("no journal at all") == true)
            #expect(try content("\(directory)/orders.journal.old") == bytes)
            #expect(try await reopened(directory, writer: writer).log.isEmpty)
        }
    }

    @Test("Where there can be no journal, the start fails and says why")
    func impossible() async throws {
        try await withJournals { directory, writer in
            _ = try await reopened(directory, writer: writer)
            unlink("\(directory)/orders.journal")
            mkdir("\(directory)/orders.journal", 0o750)
            let error = #expect(throws: JournalError.self) { try openJournal(directory, writer: writer) }
            #expect(error?.description.contains("orders.journal: cannot open it: Is a directory") == true)
            let inFile = #expect(throws: JournalError.self) {
                try openJournal("\(directory)/orders.journal.lock", writer: writer)
            }
            #expect(inFile?.description.contains("orders.journal.lock/orders.journal.lock: cannot open it") == true)
        }
    }

    @Test("When only the sinks have changed, the memory is kept, and by name")
    func sinks() async throws {
        try await withJournals { directory, writer in
            let first = try openJournal(directory, identity(sinks: ["a", "b"]), writer: writer)
            var batch = settling(1...10)
            batch.events = [.taken(11, sink: 0), .taken(12, sink: 1)]
            first.journal.record(batch)
            await first.journal.close()
            let second = try openJournal(directory, identity(sinks: ["c", "a"]), writer: writer)
            var expected = settling(1...10)
            expected.events = [.taken(11, sink: 1)]
            #expect(second.memory == memory([expected]))
            await second.journal.close()
            // From now on, the file is about the new sinks.
            let third = try await reopened(directory, identity(sinks: ["c", "a"]), writer: writer)
            #expect(third.memory == memory([expected]))
            #expect(third.log.isEmpty)
        }
    }

    // MARK: Compaction

    @Test("A file that has grown asks for a snapshot; with it, it is small and says the same")
    func compaction() async throws {
        try await withJournals { directory, writer in
            var limits = JournalOutput.Limits()
            limits.smallFile = 4096
            let path = "\(directory)/orders.journal"
            let open = try openJournal(directory, writer: writer, limits: limits)
            var all = RouteMemory()
            var snapshots = 0
            for start in stride(from: UInt64(1), through: 20_000, by: 40) {
                // Every other sequence: what runs cannot make small.
                let batch = settling(stride(from: start, to: start + 40, by: 2))
                all.apply(batch)
                open.journal.record(batch)
                if start % 400 == 1 { await open.journal.flush() }
                if open.journal.wantsSnapshot {
                    snapshots += 1
                    open.journal.replace(with: all)
                    #expect(!open.journal.wantsSnapshot)
                }
            }
            await open.journal.flush()
            #expect(snapshots > 1)
            #expect(try content(path).count < 16_000)
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == all)
            #expect(access("\(path).new", F_OK) != 0)
        }
    }

    @Test("Whatever is recorded and replaced, and whenever it ends: the memory is that of some moment", arguments: 1...12)
    func randomised(_ seed: UInt64) async throws {
        try await withJournals { directory, writer in
            var generator = SeededGenerator(seed: seed)
            var limits = JournalOutput.Limits()
            limits.smallFile = 512
            let path = "\(directory)/orders.journal"
            let open = try openJournal(directory, writer: writer, limits: limits)
            var moments = [RouteMemory()]
            var copies = 0
            for step in 0..<150 {
                let batch = generator.nextBatch()
                open.journal.record(batch)
                moments.append(moments[moments.count - 1])
                moments[moments.count - 1].apply(batch)
                if Int.random(in: 0..<8, using: &generator) == 0 || open.journal.wantsSnapshot {
                    open.journal.replace(with: moments[moments.count - 1])
                }
                var atLeast = 0
                if Int.random(in: 0..<10, using: &generator) == 0 {
                    await open.journal.flush()
                    atLeast = moments.count - 1
                }
                guard Int.random(in: 0..<4, using: &generator) == 0 else { continue }
                // The process ends here, and perhaps the computer with it.
                var bytes = try content(path)
                if Bool.random(using: &generator) {
                    bytes.removeLast(Int.random(in: 0...min(bytes.count, 60), using: &generator))
                    atLeast = 0
                }
                let copy = "\(directory)-\(step)"
                mkdir(copy, 0o750)
                try self.write(bytes, to: "\(copy)/orders.journal")
                let start = try await reopened(copy, writer: writer)
                #expect(moments[atLeast...].contains(start.memory), "seed \(seed), step \(step)")
                copies += 1
            }
            #expect(copies > 10)
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == moments.last)
        }
    }
}
