import Delivery
import Foundation
import Glibc
import Synchronization
import Testing

@Suite("File sink failures")
struct FileSinkFailureTests {
    /// System calls that do what a test wants for as long as it wants it.
    private final class Faults: Sendable {
        struct State {
            /// How many bytes a write takes before the disk is full.
            var room: Int?

            /// The error of each write, sync and truncate until it is nil again.
            var write: Int32?
            var sync: Int32?
            var truncate: Int32?

            /// Each write takes at most this many bytes, and every second call of any kind is interrupted.
            var shortWrites: Int?
            var calls = 0
            var syncs = 0
        }

        let state = Mutex(State())

        func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }

        private func interrupts(_ state: inout State) -> Bool {
            state.calls += 1
            return state.shortWrites != nil && state.calls % 2 == 1
        }

        var operations: FileOperations {
            let system = FileOperations.system
            var operations = system
            operations.write = { descriptor, bytes throws(SystemCallError) in
                let (code, limit) = self.state.withLock { state in
                    if self.interrupts(&state) { return (EINTR, 0) as (Int32?, Int) }
                    let limit = min(bytes.count, state.room ?? .max, state.shortWrites ?? .max)
                    state.room = state.room.map { $0 - limit }
                    return (limit == 0 ? ENOSPC : state.write, limit)
                }
                if let code { throw SystemCallError(code) }
                return try system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(limit)))
            }
            operations.sync = { descriptor throws(SystemCallError) in
                if isRecord(descriptor) { return try system.sync(descriptor) }
                let code = self.state.withLock { state in
                    if self.interrupts(&state) { return EINTR as Int32? }
                    state.syncs += 1
                    return state.sync
                }
                if let code { throw SystemCallError(code) }
                try system.sync(descriptor)
            }
            operations.truncate = { descriptor, length throws(SystemCallError) in
                let code = self.state.withLock { self.interrupts(&$0) ? EINTR : $0.truncate }
                if let code { throw SystemCallError(code) }
                try system.truncate(descriptor, length)
            }
            return operations
        }
    }

    private func retries(_ collector: ReportCollector) -> [UInt64] {
        collector.failed.compactMap { failed in
            if case .retry(_, nil) = failed.failure { failed.sequence } else { nil }
        }
    }

    @Test("interrupted calls and short writes are carried on with", arguments: [1, 3, 1000])
    func shortWrites(_ length: Int) async throws {
        try await withDirectory { directory in
            let faults = Faults()
            faults.set { $0.shortWrites = length }
            let receiver = ReportCollector()
            let path = "\(directory)/a.log"
            try await with(try fileSink(path, operations: faults.operations)) { sink in
                sink.deliver(batch(1...100, to: receiver))
                await receiver.waitFor(100)
            }
            #expect(receiver.delivered == Array(1...100))
            try #expect(lines(path) == (1...100).map { "message \($0)" })
            #expect(faults.state.withLock { $0.syncs } <= 2)
        }
    }

    @Test("a full disk leaves no half record, and is healed by room", arguments: [0, 1, 5, 10, 11, 100])
    func diskFull(_ room: Int) async throws {
        try await withDirectory { directory in
            let faults = Faults()
            let receiver = ReportCollector()
            let (logger, log) = LogCollector.logger()
            let path = "\(directory)/a.log"
            try await with(try fileSink(path, operations: faults.operations, logger: logger)) { sink in
                sink.deliver(batch(1...2, to: receiver))
                await receiver.waitFor(2)
                faults.set { $0.room = room }
                sink.deliver(batch(3...50, to: receiver))
                await receiver.waitFor(50)
                sink.deliver(batch(51...60, to: receiver))
                await receiver.waitFor(60)
                // Nothing of either group, not even what would have had room.
                try #expect(lines(path) == ["message 1", "message 2"])
                faults.set { $0.room = nil }
                sink.deliver(batch(3...60, to: receiver))
                await receiver.waitFor(118)
            }
            #expect(self.retries(receiver) == Array(3...60))
            #expect(receiver.reasons == ["\(path): cannot write: No space left on device"])
            #expect(receiver.delivered == [1, 2] + Array(3...60))
            try #expect(lines(path) == (1...60).map { "message \($0)" })
            // Said once, and once that it is over.
            #expect(log.all.count == 2)
            #expect(log.all.first?.hasPrefix("warning cannot write") == true)
            #expect(log.all.last?.hasPrefix("notice writing to the file works again") == true)
        }
    }

    @Test("after a failed sync nothing is delivered, the file is opened again and cut back")
    func failedSync() async throws {
        try await withDirectory { directory in
            let faults = Faults()
            let receiver = ReportCollector()
            let path = "\(directory)/a.log"
            try await with(try fileSink(path, operations: faults.operations)) { sink in
                sink.deliver(batch(1...2, to: receiver))
                await receiver.waitFor(2)
                faults.set { $0.sync = EIO }
                sink.deliver(batch(3...9, to: receiver))
                await receiver.waitFor(9)
                #expect(sink.statistics.openFiles == 0)
                try #expect(lines(path) == ["message 1", "message 2"])
                faults.set { $0.sync = nil }
                sink.deliver(batch(3...9, to: receiver))
                await receiver.waitFor(16)
                #expect(sink.statistics.failures == 1)
            }
            #expect(self.retries(receiver) == Array(3...9))
            #expect(receiver.reasons == ["\(path): cannot sync to disk: Input/output error"])
            #expect(receiver.delivered == Array(1...9))
            try #expect(lines(path) == (1...9).map { "message \($0)" })
        }
    }

    @Test("what cannot be cut off at once is cut off before anything else is written", arguments: [true, false])
    func failedTruncate(afterSync: Bool) async throws {
        try await withDirectory { directory in
            let faults = Faults()
            let receiver = ReportCollector()
            let path = "\(directory)/a.log"
            try await with(try fileSink(path, operations: faults.operations)) { sink in
                sink.deliver(batch(1...2, to: receiver))
                await receiver.waitFor(2)
                faults.set { state in
                    state.truncate = EIO
                    if afterSync { state.sync = EIO } else { state.room = 25 }
                }
                sink.deliver(batch(3...9, to: receiver))
                await receiver.waitFor(9)
                // Whole records are among what is left: only the length says that they were never confirmed.
                try #expect(content(path).count > 20)
                sink.deliver(batch(3...4, to: receiver))
                await receiver.waitFor(11)
                #expect(receiver.delivered == [1, 2])
                faults.set { state in
                    state.truncate = nil
                    state.sync = nil
                    state.room = nil
                }
                sink.deliver(batch(3...9, to: receiver))
                await receiver.waitFor(18)
            }
            #expect(receiver.delivered == Array(1...9))
            try #expect(lines(path) == (1...9).map { "message \($0)" })
        }
    }

    /// Whether this process may mount a small file system; a container often may not.
    private static let canMount: Bool = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("stan-bridged-\(UUID().uuidString)").path
        guard mkdir(path, 0o700) == 0 else { return false }
        defer { rmdir(path) }
        guard mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0 else { return false }
        return umount2(path, Int32(MNT_DETACH)) == 0
    }()

    @Test("a disk that is really full heals by itself", .enabled(if: canMount, "mounting a small tmpfs needs root"))
    func reallyFull() async throws {
        try await withDirectory { directory in
            try #require(mount("tmpfs", directory, "tmpfs", 0, "size=256k") == 0)
            defer { umount2(directory, Int32(MNT_DETACH)) }
            let path = "\(directory)/a.log"
            try Data(repeating: 0x61, count: 200 << 10).write(to: URL(fileURLWithPath: "\(directory)/ballast"))
            let receiver = ReportCollector()
            try await with(try fileSink(path)) { sink in
                sink.deliver(batch(1...10, to: receiver))
                await receiver.waitFor(10)
                sink.deliver(batch(11...200, to: receiver) { _ in String(repeating: "x", count: 1000) })
                await receiver.waitFor(200)
                #expect(receiver.failed.count == 190)
                #expect(receiver.reasons == ["\(path): cannot write: No space left on device"])
                try #expect(lines(path).count == 10)
                #expect(unlink("\(directory)/ballast") == 0)
                sink.deliver(batch(11...200, to: receiver) { _ in String(repeating: "x", count: 1000) })
                await receiver.waitFor(390)
            }
            #expect(receiver.delivered == Array(1...200))
            try #expect(lines(path).count == 200)
        }
    }

    @Test("kill -9 in the middle of a write loses nothing that was confirmed and leaves no half record", arguments: [1, 2, 7])
    func killed(_ seventh: Int) async throws {
        try await withDirectory { directory in
            await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String, seventh = seventh as Int] in
                let path = "\(directory)/a.log"
                let system = FileOperations.system
                let writes = Mutex(0)
                var operations = system
                operations.write = { descriptor, bytes throws(SystemCallError) in
                    let count = writes.withLock { count in
                        count += 1
                        return count
                    }
                    guard count == 20 else { return try system.write(descriptor, bytes) }
                    _ = try system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(bytes.count * seventh / 8)))
                    kill(getpid(), SIGKILL)
                    return bytes.count
                }
                let receiver = ReportCollector()
                try await with(try fileSink(path, operations: operations)) { sink in
                    for first in stride(from: UInt64(1), through: 100_000, by: 100) {
                        sink.deliver(batch(first...first + 99, to: receiver))
                        await receiver.waitFor(Int(first) + 99)
                        try Data("\(receiver.delivered.count)".utf8).write(
                            to: URL(fileURLWithPath: "\(directory)/confirmed"),
                            options: .atomic
                        )
                    }
                }
            }
            let path = "\(directory)/a.log"
            let (logger, log) = LogCollector.logger()
            try await with(try fileSink(path, logger: logger)) { _ in }
            let confirmed = try #require(Int(String(decoding: try content("\(directory)/confirmed"), as: UTF8.self)))
            let found = try lines(path)
            #expect(confirmed == 1900)
            #expect(found.count >= confirmed && found.count < confirmed + 100)
            #expect(found == (1...found.count).map { "message \($0)" })
            #expect(log.all.count <= 1)
        }
    }
}
