import Delivery
import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("File sink")
struct FileSinkTests {
    @Test("messages are appended in order and reported as delivered")
    func appends() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            try await with(try fileSink("\(directory)/deep/er/orders.log")) { sink in
                sink.deliver(batch(1...3, to: receiver))
                sink.deliver(batch(4...5, to: receiver))
                await receiver.waitFor(5)
            }
            #expect(receiver.delivered == [1, 2, 3, 4, 5])
            #expect(receiver.failed == [])
            try #expect(lines("\(directory)/deep/er/orders.log") == (1...5).map { "message \($0)" })
            var status = stat()
            #expect(stat("\(directory)/deep/er/orders.log", &status) == 0 && status.st_mode & 0o7777 == 0o640)
            #expect(stat("\(directory)/deep", &status) == 0 && status.st_mode & 0o027 == 0)
        }
    }

    @Test("a file that is there is appended to")
    func reopens() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            for sequence: UInt64 in 1...3 {
                try await with(try fileSink("\(directory)/a.log")) { sink in
                    sink.deliver(batch(sequence...sequence, to: receiver))
                    await receiver.waitFor(Int(sequence))
                }
            }
            try #expect(lines("\(directory)/a.log") == ["message 1", "message 2", "message 3"])
        }
    }

    @Test("10,000 messages at once cost a few syncs, and nothing is reported before the sync of it has returned")
    func groupCommit() async throws {
        try await withDirectory { directory in
            let syncs = Mutex(0)
            let entered = DispatchSemaphore(value: 0)
            let proceed = DispatchSemaphore(value: 0)
            var operations = FileOperations.system
            let sync = operations.sync
            operations.sync = { descriptor throws(SystemCallError) in
                if isRecord(descriptor) { return try sync(descriptor) }
                entered.signal()
                proceed.wait()
                syncs.withLock { $0 += 1 }
                try sync(descriptor)
            }
            let receiver = ReportCollector()
            try await with(try fileSink("\(directory)/a.log", operations: operations)) { sink in
                sink.deliver(batch(1...1, to: receiver))
                await wait(for: entered)
                // Written, and not yet synced.
                try #expect(lines("\(directory)/a.log") == ["message 1"])
                #expect(receiver.reports == 0)
                for first in stride(from: UInt64(2), through: 10_000, by: 101) {
                    sink.deliver(batch(first...min(first + 100, 10_000), to: receiver))
                }
                #expect(receiver.reports == 0)
                proceed.signal()
                await receiver.waitFor(1)
                // All the others are one group.
                await wait(for: entered)
                try #expect(lines("\(directory)/a.log").count == 10_000)
                #expect(receiver.delivered == [1])
                #expect(sink.statistics.messages == 1)
                proceed.signal()
                await receiver.waitFor(10_000)
                #expect(syncs.withLock { $0 } == 2)
                #expect(receiver.reports == 2)
                #expect(sink.statistics.groups == 2 && sink.statistics.messages == 10_000)
            }
            #expect(receiver.delivered == Array(1...10_000))
        }
    }

    @Test("a group is bounded in bytes, and a message larger than that is a group of its own")
    func groupSize() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            let sizes = Mutex<[Int]>([])
            var operations = FileOperations.system
            let write = operations.write
            operations.write = { descriptor, bytes throws(SystemCallError) in
                sizes.withLock { $0.append(bytes.count) }
                return try write(descriptor, bytes)
            }
            let path = "\(directory)/a.log"
            try await with(try fileSink(path, maximumGroupBytes: 1000, operations: operations)) { sink in
                sink.deliver(
                    batch(1...1000, to: receiver) { String(repeating: "x", count: $0 == 500 ? 100_000 : 99) }
                )
                await receiver.waitFor(1000)
            }
            #expect(receiver.delivered == Array(1...1000))
            #expect(sizes.withLock { $0.filter { $0 > 1100 } }.count == 1)
            #expect(sizes.withLock { $0.count } >= 100)
            try #expect(content(path).count == 999 * 100 + 100_001)
        }
    }

    @Test("routes that share a file share its syncs, and each gets its own results")
    func sharedFile() async throws {
        try await withDirectory { directory in
            let contexts = (0..<20).map { context(channel: "channel-\($0)", route: "route-\($0)") }
            let receivers = contexts.map { _ in ReportCollector() }
            let gate = Gate()
            let path = "\(directory)/all.ndjson"
            try await with(try fileSink(path, format: .json, operations: gate.operations)) { sink in
                gate.close()
                sink.deliver(batch(1...1, of: contexts[0], to: receivers[0]))
                for round: UInt64 in 0..<10 {
                    for (context, receiver) in zip(contexts, receivers) {
                        sink.deliver(batch(round * 10 + 2...round * 10 + 11, of: context, to: receiver, sink: 3))
                    }
                }
                gate.open()
                for receiver in receivers { await receiver.waitFor(100) }
                await receivers[0].waitFor(101)
                #expect(sink.statistics.groups <= 3)
            }
            for receiver in receivers.dropFirst() {
                #expect(receiver.delivered == Array(2...101))
                #expect(receiver.reports <= 2)
            }
            for (index, line) in try lines(path).dropFirst().enumerated() {
                #expect(line.hasPrefix("{\"channel\":\"channel-\(index / 10 % 20)\","))
            }
        }
    }

    @Test("a body that the format cannot hold is rejected, and its neighbours are delivered")
    func rejects() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            try await with(try fileSink("\(directory)/a.log")) { sink in
                sink.deliver(batch(1...3, to: receiver) { $0 == 2 ? "two\nlines" : "one" })
                await receiver.waitFor(3)
                sink.deliver(batch(4...4, to: receiver) { _ in "\n" })
                await receiver.waitFor(4)
            }
            #expect(receiver.delivered == [1, 3])
            #expect(receiver.failed.map(\.sequence) == [2, 4])
            #expect(receiver.failed.allSatisfy { if case .rejected = $0.failure { true } else { false } })
            try #expect(lines("\(directory)/a.log") == ["one", "one"])
        }
    }

    @Test("a thousand channels have a file each, with sixteen of them open")
    func manyFiles() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            let contexts = (0..<1000).map { context(channel: "channel/\($0)") }
            var operations = FileOperations.system
            // A thousand real syncs, three times over, is what the disk is asked for elsewhere.
            operations.sync = { _ in }
            let path = "\(directory)/by-channel/{channel}.log"
            let sink = try fileSink(path, maximumOpenFiles: 16, operations: operations)
            try await with(sink) { sink in
                for round: UInt64 in 0..<3 {
                    for context in contexts {
                        sink.deliver(batch(round * 2 + 1...round * 2 + 2, of: context, to: receiver))
                    }
                    await receiver.waitFor(Int(round + 1) * 2000)
                    #expect((1...16).contains(sink.statistics.openFiles))
                }
            }
            #expect(sink.statistics.openFiles == 0)
            #expect(receiver.failed == [])
            try #expect(
                FileManager.default.contentsOfDirectory(atPath: "\(directory)/by-channel").count { !$0.hasPrefix(".") } == 1000
            )
            for index in 0..<1000 {
                try #expect(lines("\(directory)/by-channel/channel%2F\(index).log") == (1...6).map { "message \($0)" })
            }
        }
    }

    @Test("a busy file does not hold up the others")
    func turns() async throws {
        try await withDirectory { directory in
            let gate = Gate()
            let busy = ReportCollector()
            let other = ReportCollector()
            let sink = try fileSink("\(directory)/{channel}.log", maximumGroupBytes: 1000, operations: gate.operations)
            try await with(sink) { sink in
                gate.close()
                sink.deliver(batch(1...10_000, of: context(channel: "busy"), to: busy))
                sink.deliver(batch(1...1, of: context(channel: "other"), to: other))
                gate.pass(3)
                await other.waitFor(1)
                #expect(busy.delivered.count < 500)
                gate.open()
                await busy.waitFor(10_000)
            }
        }
    }

    @Test("close finishes and reports the group in the making, and gives up the rest")
    func closes() async throws {
        try await withDirectory { directory in
            let gate = Gate()
            let receiver = ReportCollector()
            let sink = try fileSink("\(directory)/a.log", operations: gate.operations)
            try sink.open()
            gate.close()
            sink.deliver(batch(1...10, to: receiver))
            await gate.waitUntilReached()
            sink.deliver(batch(11...20, to: receiver))
            let closing = Task { await sink.close() }
            try await eventually("it is closing") { sink.isClosed }
            gate.open()
            await closing.value
            #expect(receiver.delivered == Array(1...10))
            #expect(receiver.failed == [])
            try #expect(lines("\(directory)/a.log").count == 10)
            // The lock is gone with it.
            try await with(try fileSink("\(directory)/a.log")) { _ in }
        }
    }

    @Test("a sink can be closed that was never opened, and twice")
    func closesTwice() async throws {
        try await withDirectory { directory in
            let sink = try fileSink("\(directory)/a.log")
            await sink.close()
            let other = try fileSink("\(directory)/a.log")
            try other.open()
            await other.close()
            await other.close()
        }
    }

    @Test("two sinks cannot write to one file, and the second says so")
    func locks() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            try await with(try fileSink("\(directory)/a.log")) { _ in
                let second = try fileSink("\(directory)/a.log")
                let error = #expect(throws: SinkError.self) { try second.open() }
                #expect(error?.description.hasPrefix("\(directory)/a.log: another process or sink") == true)

                // Where the path depends on the message, it is seen only then.
                try await with(try fileSink("\(directory)/{channel}.log")) { sink in
                    sink.deliver(batch(1...2, of: context(channel: "a"), to: receiver))
                    sink.deliver(batch(3...3, of: context(channel: "b"), to: receiver))
                    await receiver.waitFor(3)
                }
            }
            #expect(receiver.delivered == [3])
            #expect(receiver.failed.map(\.sequence) == [1, 2])
            #expect(receiver.reasons.first?.contains("another process or sink") == true)
        }
    }

    @Test("what is not a file is refused with its kind", arguments: ["directory", "fifo", "link", "below a file"])
    func notAFile(_ kind: String) async throws {
        try await withDirectory { directory in
            var path = "\(directory)/a"
            let words: String
            switch kind {
            case "directory":
                #expect(mkdir(path, 0o750) == 0)
                words = "is a directory"
            case "fifo":
                #expect(mkfifo(path, 0o640) == 0)
                words = "is a FIFO"
            case "link":
                #expect(symlink("/dev/null", path) == 0)
                words = "symbolic link"
            default:
                try Data().write(to: URL(fileURLWithPath: path))
                path += "/b"
                words = "Not a directory"
            }
            let sink = try fileSink(path)
            let error = #expect(throws: SinkError.self) { try sink.open() }
            #expect(error?.description.hasPrefix("\(path): ") == true && error?.description.contains(words) == true)

            let receiver = ReportCollector()
            let template = path.replacingOccurrences(of: "\(directory)/a", with: "\(directory)/{channel}")
            if kind != "below a file" {
                try await with(try fileSink(template)) { sink in
                    sink.deliver(batch(1...1, of: context(channel: "a"), to: receiver))
                    await receiver.waitFor(1)
                }
                #expect(receiver.reasons.first?.contains(words) == true)
            }
        }
    }

    @Test("a file that was deleted is made again, and one cut short by others is appended to at its end")
    func changedByOthers() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            let path = "\(directory)/a.log"
            try await with(try fileSink(path)) { sink in
                sink.deliver(batch(1...1, to: receiver))
                await receiver.waitFor(1)
                #expect(unlink(path) == 0)
                sink.deliver(batch(2...3, to: receiver))
                await receiver.waitFor(3)
                try #expect(lines(path) == ["message 2", "message 3"])
                #expect(truncate(path, 0) == 0)
                sink.deliver(batch(4...4, to: receiver))
                await receiver.waitFor(4)
                try #expect(lines(path) == ["message 4"])
            }
            #expect(receiver.delivered == [1, 2, 3, 4])
        }
    }

    @Test("a record cut off anywhere is removed at open, with a line in the log, and whole ones stay")
    func tornTail() async throws {
        try await withDirectory { directory in
            let whole = Array("first record\nsecond record\n".utf8)
            let firstEnd = 13
            for length in 0...whole.count {
                let path = "\(directory)/\(length).log"
                try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: path))
                let kept = length < firstEnd ? 0 : length < whole.count ? firstEnd : whole.count
                let (logger, log) = LogCollector.logger()
                let receiver = ReportCollector()
                try await with(try fileSink(path, logger: logger)) { sink in
                    try #expect(content(path) == Array(whole.prefix(kept)))
                    sink.deliver(batch(1...1, to: receiver) { _ in "third record" })
                    await receiver.waitFor(1)
                }
                try #expect(content(path) == Array(whole.prefix(kept)) + Array("third record\n".utf8))
                // Without a record of it, nobody knows which messages these are.
                #expect(log.all.count { $0.contains("there is no record") } == (length == 0 ? 0 : 1))
                let cuts = log.all.filter { $0.contains("never confirmed") }
                #expect(cuts.count == (kept == length ? 0 : 1))
                #expect(cuts.allSatisfy { $0.hasSuffix("bytes=\(length - kept) path=\(path) sink=archive") })
            }
        }
    }

    @Test("a long incomplete record is found across the chunks it is read in", arguments: [65_535, 65_536, 65_537, 300_000])
    func longTornTail(_ length: Int) async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.log"
            try Data(Array("whole\n".utf8) + Array(repeating: 0x61, count: length)).write(to: URL(fileURLWithPath: path))
            try await with(try fileSink(path)) { _ in }
            try #expect(lines(path) == ["whole"])
        }
    }
}

/// Waits for a semaphore without holding up a thread that other tests need.
func wait(for semaphore: DispatchSemaphore) async {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            semaphore.wait()
            continuation.resume()
        }
    }
}

/// A sync that waits for the test.
final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var passes = 0
        var waiting = 0
        var reached: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let changed = DispatchSemaphore(value: 0)

    var operations: FileOperations {
        var operations = FileOperations.system
        operations.sync = { descriptor in
            if !isRecord(descriptor) { self.enter() }
        }
        return operations
    }

    func close() { self.state.withLock { $0.isClosed = true } }

    func open() { self.release { $0.isClosed = false } }

    func pass(_ count: Int) { self.release { $0.passes += count } }

    func waitUntilReached() async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.waiting == 0 { state.reached.append(continuation) }
                return state.waiting > 0
            }
            if isThere { continuation.resume() }
        }
    }

    private func release(_ change: (inout State) -> Void) {
        let waiting = self.state.withLock { state in
            change(&state)
            return state.waiting
        }
        for _ in 0..<waiting { self.changed.signal() }
    }

    private func enter() {
        while true {
            let (mayPass, reached) = self.state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
                if !state.isClosed { return (true, []) }
                if state.passes > 0 {
                    state.passes -= 1
                    return (true, [])
                }
                state.waiting += 1
                let reached = state.reached
                state.reached = []
                return (false, reached)
            }
            for continuation in reached { continuation.resume() }
            if mayPass { return }
            self.changed.wait()
            self.state.withLock { $0.waiting -= 1 }
        }
    }
}
