import Foundation
import Glibc
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Delivery

@Suite("Journal failures")
struct JournalFailureTests {
    /// System calls that fail or hang as long as a test wants it.
    private final class Disk: Sendable {
        struct State {
            /// How many bytes a write takes before the disk is full.
            var room: Int?
            var sync: Int32?
            var truncate: Int32?
        }

        let state = Mutex(State())

        /// Locked while the disk hangs.
        let hang = Mutex(())

        func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }

        var operations: FileOperations {
            let system = FileOperations.system
            var operations = system
            operations.write = { descriptor, bytes throws(SystemCallError) in
                self.hang.withLock { _ in }
                let count = self.state.withLock { state in
                    let count = min(bytes.count, state.room ?? .max)
                    state.room = state.room.map { $0 - count }
                    return count
                }
                guard count > 0 else { throw SystemCallError(ENOSPC) }
                return try system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            }
            operations.sync = { descriptor throws(SystemCallError) in
                if let code = self.state.withLock({ $0.sync }) { throw SystemCallError(code) }
                try system.sync(descriptor)
            }
            operations.truncate = { descriptor, length throws(SystemCallError) in
                if let code = self.state.withLock({ $0.truncate }) { throw SystemCallError(code) }
                try system.truncate(descriptor, length)
            }
            return operations
        }
    }

    @Test("A full disk is said once, and loses nothing once it has room again", arguments: [0, 1, 9])
    func diskFull(_ room: Int) async throws {
        try await withJournals { directory, writer in
            let disk = Disk()
            let open = try openJournal(directory, writer: writer, operations: disk.operations)
            open.journal.record(settling(1...10))
            await open.journal.flush()
            disk.set { $0.room = room }
            for start in stride(from: UInt64(11), to: 500, by: 10) { open.journal.record(settling(start..<start + 10)) }
            try await eventually("it fails") { open.journal.isFailing }
            // The file is whole, as it was.
            let path = "\(directory)/orders.journal"
            try await eventually("nothing but whole records is in the file") { try JournalScan(content(path)).ending == .whole }
            #expect(try JournalScan(content(path)).memory == memory([settling(1...10)]))
            #expect(!open.journal.wantsSnapshot)
            disk.set { $0.room = nil }
            try await eventually("it works again") { !open.journal.isFailing }
            await open.journal.close()
            let lines = open.log.all.dropFirst()
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("warning cannot write the delivery journal; deliveries go on") == true)
            #expect(lines.first?.contains("No space left on device") == true)
            #expect(lines.last?.hasPrefix("notice the delivery journal is written again") == true)
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...500)]))
        }
    }

    @Test("What a full disk makes it drop is asked for again, and is never followed by anything")
    func overflow() async throws {
        try await withJournals { directory, writer in
            let disk = Disk()
            let open = try openJournal(directory, writer: writer, operations: disk.operations, waitingBytes: 4096)
            open.journal.record(settling(1...10))
            await open.journal.flush()
            disk.set { $0.room = 0 }
            var all = memory([settling(1...10)])
            for start in stride(from: UInt64(11), to: 50_000, by: 20) {
                let batch = settling(stride(from: start, to: start + 20, by: 2))
                all.apply(batch)
                open.journal.record(batch)
            }
            #expect(open.journal.isFailing)
            #expect(open.log.all.contains { $0.hasPrefix("warning the delivery journal's disk does not keep up") })
            disk.set { $0.room = nil }
            try await eventually("it asks for a snapshot") { open.journal.wantsSnapshot }
            open.journal.record(settling([99_999]))
            await open.journal.flush()
            #expect(try !JournalScan(content("\(directory)/orders.journal")).memory.settled.contains(99_999))
            all.apply(settling([99_999]))
            open.journal.replace(with: all)
            open.journal.record(settling([100_001]))
            all.apply(settling([100_001]))
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == all)
        }
    }

    @Test("A disk that hangs holds nobody up and costs no memory")
    func hanging() async throws {
        try await withJournals { directory, writer in
            let disk = Disk()
            let open = try openJournal(directory, writer: writer, operations: disk.operations, waitingBytes: 64 << 10)
            disk.hang.withLock { _ in
                for start in stride(from: UInt64(0), to: 1_000_000, by: 100) {
                    open.journal.record(settling(stride(from: start, to: start + 100, by: 2)))
                }
                #expect(open.journal.isFailing)
            }
            try await eventually("it asks for a snapshot") { open.journal.wantsSnapshot }
            open.journal.replace(with: memory([settling(1...1000)]))
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...1000)]))
        }
    }

    @Test("A file whose state is unknown is not added to; a snapshot begins a new one", arguments: [true, false])
    func untrusted(_ syncFails: Bool) async throws {
        try await withJournals { directory, writer in
            let disk = Disk()
            let open = try openJournal(directory, writer: writer, operations: disk.operations)
            open.journal.record(settling(1...10))
            await open.journal.flush()
            disk.set { state in
                if syncFails { state.sync = EIO } else { (state.room, state.truncate) = (3, EIO) }
            }
            open.journal.record(settling(11...20))
            try await eventually("it asks for a snapshot") { open.journal.wantsSnapshot }
            // Which does not work either.
            open.journal.replace(with: memory([settling(1...20)]))
            try await eventually("it asks again") { open.journal.wantsSnapshot }
            open.journal.record(settling(21...30))
            disk.set { $0 = Disk.State() }
            open.journal.replace(with: memory([settling(1...30)]))
            open.journal.record(settling(31...40))
            await open.journal.flush()
            #expect(!open.journal.isFailing)
            await open.journal.close()
            let next = try await reopened(directory, writer: writer)
            #expect(next.memory == memory([settling(1...40)]))
            #expect(next.log.isEmpty)
        }
    }

    @Test("A file that was deleted is noticed")
    func deleted() async throws {
        try await withJournals { directory, writer in
            let open = try openJournal(directory, writer: writer)
            unlink("\(directory)/orders.journal")
            open.journal.record(settling(1...10))
            try await eventually("it asks for a snapshot") { open.journal.wantsSnapshot }
            #expect(open.log.all.last?.contains("orders.journal: it was deleted") == true)
            open.journal.replace(with: memory([settling(1...10)]))
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...10)]))
        }
    }

    @Test("A file that nobody compacts does not grow for ever")
    func overgrown() async throws {
        try await withJournals { directory, writer in
            var limits = JournalOutput.Limits()
            limits.smallFile = 1024
            let open = try openJournal(directory, writer: writer, limits: limits)
            for start in stride(from: UInt64(0), to: 200_000, by: 100) {
                open.journal.record(settling(stride(from: start, to: start + 100, by: 2)))
                if start % 1000 == 0 { await open.journal.flush() }
            }
            #expect(open.journal.wantsSnapshot)
            #expect(try content("\(directory)/orders.journal").count < 20_000)
            await open.journal.close()
        }
    }

    @Test("A disk that is full at the start does not keep the route from starting")
    func fullAtStart() async throws {
        try await withJournals { directory, writer in
            let disk = Disk()
            disk.set { $0.room = 0 }
            let open = try openJournal(directory, writer: writer, operations: disk.operations)
            #expect(open.memory == RouteMemory())
            #expect(open.journal.wantsSnapshot)
            #expect(open.log.all.contains { $0.hasPrefix("warning there is no room for the delivery journal") })
            open.journal.record(settling(1...10))
            disk.set { $0.room = nil }
            open.journal.replace(with: memory([settling(1...10)]))
            await open.journal.close()
            #expect(try await reopened(directory, writer: writer).memory == memory([settling(1...10)]))
        }
    }
}
