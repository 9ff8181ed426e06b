import Compression
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Delivery

@Suite("Rotation and syncing of files")
struct FileSinkRotationTests {
    private static let midnight: Int64 = 1_600_041_600_000_000_000

    private func sink(
        _ path: String,
        _ rotation: FileSink.Configuration.Rotation? = nil,
        sync: FileSink.Configuration.Sync = .always,
        format: RecordFormat = .raw,
        operations: FileOperations = .system,
        clock: @escaping @Sendable () -> Int64 = FileSink.systemClock,
        change: (inout FileSink.Configuration) -> Void = { _ in }
    ) throws -> FileSink {
        var configuration = FileSink.Configuration(path: try FilePathTemplate(path))
        configuration.format = format
        configuration.rotation = rotation
        configuration.sync = sync
        change(&configuration)
        let logger = LogCollector.logger().0
        return try FileSink(name: "archive", configuration: configuration, operations: operations, clock: clock, logger: logger)
    }

    private func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test("no file is larger than its size, no message is split, and one that is larger has a file for itself")
    func size() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            try await with(try self.sink("\(directory)/a.log", .init(size: 100))) { sink in
                sink.deliver(batch(1...40, to: receiver) { $0 == 20 ? String(repeating: "x", count: 300) : "message \($0)" })
                await receiver.waitFor(40)
            }
            #expect(receiver.delivered == Array(1...40))
            let files = try self.names(directory)
            #expect(files.count > 5)
            var all: [String] = []
            for name in files.filter({ $0 != "a.log" }) + ["a.log"] {
                let found = try lines("\(directory)/\(name)")
                all += found
                try #expect(content("\(directory)/\(name)").count <= 100 || found.count == 1)
            }
            #expect(all == (1...40).map { $0 == 20 ? String(repeating: "x", count: 300) : "message \($0)" })
        }
    }

    @Test("a file of yesterday gets another name, also when nothing more comes")
    func every() async throws {
        try await withDirectory { directory in
            let time = Mutex(Self.midnight - 100_000_000)
            let receiver = ReportCollector()
            let sink = try self.sink("\(directory)/a.log", .init(every: .hours(24)), clock: { time.withLock { $0 } })
            try await with(sink) { sink in
                sink.deliver(batch(1...1, to: receiver))
                await receiver.waitFor(1)
                time.withLock { $0 = Self.midnight }
                try await eventually("it was rotated") { try self.names(directory).count == 2 }
                sink.deliver(batch(2...2, to: receiver))
                await receiver.waitFor(2)
            }
            let rotated = try #require(try self.names(directory).first { $0 != "a.log" })
            #expect(rotated == "a.log.20200914T000000.000000Z")
            try #expect(lines("\(directory)/\(rotated)") == ["message 1"])
            try #expect(lines("\(directory)/a.log") == ["message 2"])
        }
    }

    @Test("rotated files are compressed, and the oldest removed", arguments: BodyCompressor.Format.allCases)
    func archives(_ format: BodyCompressor.Format) async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            let suffix = format == .gzip ? ".gz" : ".zst"
            let sink = try self.sink("\(directory)/a.log", .init(size: 200, keep: 3, compression: format))
            try await with(sink) { sink in
                for first in stride(from: UInt64(1), through: 200, by: 20) {
                    sink.deliver(batch(first...first + 19, to: receiver))
                    await receiver.waitFor(Int(first) + 19)
                }
                try await eventually("three archives are left") {
                    let names = try self.names(directory)
                    return names.count == 4 && names.dropFirst().allSatisfy { $0.hasSuffix(suffix) }
                }
            }
            guard format == .gzip else { return }
            let last = try #require(try self.names(directory).last)
            let unpacked = try FileSinkSimulation.gunzip(content("\(directory)/\(last)"))
            let text = String(decoding: unpacked, as: UTF8.self)
            #expect(text.hasPrefix("message 1") && text.hasSuffix("\n"))
        }
    }

    @Test("rotated files that are too old are removed, others of the directory are not")
    func age() throws {
        let disk = SimulatedDisk(seed: 1)
        let operations = disk.operations
        try operations.makeDirectory("/data", 0o750)
        let names = [
            ArchiveName(base: "a.log", time: 1_000_000_000_000), ArchiveName(base: "a.log", time: 9_000_000_000_000),
            ArchiveName(base: "b.log", time: 1_000_000_000_000),
        ]
        for name in names { operations.close(try operations.open("/data/\(name.text)", O_CREAT, 0o640)) }
        let work = ArchiveWork(
            sink: "archive",
            rotation: .init(maximumAge: .seconds(2000)),
            mode: 0o640,
            operations: operations,
            logger: LogCollector.logger().0
        )
        try work.run(in: "/data", names: ["a.log"], at: 10_000_000_000_000) { false }
        #expect(Set(disk.files.keys) == Set(names.dropFirst().map { "/data/\($0.text)" }))
    }

    @Test(
        "a name of a rotated file is read as it was written",
        arguments: [0, 1_600_000_000_123_456_000, Int64.max / 1000 * 1000]
    )
    func archiveNames(_ time: Int64) throws {
        for suffix in ["", ".gz", ".zst", ".gz.new"] {
            let name = ArchiveName(base: "orders.2020.ndjson", time: time, suffix: suffix)
            #expect(ArchiveName(name.text) == name)
        }
        for text in ["a.log", "a.log.gz", "a.log.20200914T000000Z", "a.log.20201314T000000.000000Z", ".20200914T000000.000000Z"] {
            #expect(ArchiveName(text) == nil)
        }
    }

    @Test("with an interval, messages wait for the sync of it, and none of them waits when the daemon stops")
    func interval() async throws {
        try await withDirectory { directory in
            let syncs = Mutex(0)
            var operations = FileOperations.system
            let system = operations.sync
            operations.sync = { descriptor throws(SystemCallError) in
                if !isRecord(descriptor) { syncs.withLock { $0 += 1 } }
                try system(descriptor)
            }
            let receiver = ReportCollector()
            let path = "\(directory)/a.log"
            try await with(try self.sink(path, sync: .interval(.milliseconds(50)), operations: operations)) { sink in
                for sequence in UInt64(1)...50 { sink.deliver(batch(sequence...sequence, to: receiver)) }
                await receiver.waitFor(50)
                #expect(syncs.withLock { $0 } >= 1)
            }
            #expect(receiver.delivered.sorted() == Array(1...50))
            let slow = try self.sink(path, sync: .interval(.hours(1)), operations: operations)
            try await with(slow) { sink in
                sink.deliver(batch(51...60, to: receiver))
                try await eventually("they are written") { try lines(path).count == 60 }
                #expect(receiver.delivered.count == 50)
                sink.drain()
                await receiver.waitFor(60)
            }
            #expect(receiver.failed.isEmpty)
        }
    }

    @Test("files that nothing is written to are closed, and go on where they were")
    func idle() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            let sink = try self.sink("\(directory)/{channel}.log", change: { $0.idleClose = .milliseconds(20) })
            try await with(sink) { sink in
                sink.deliver(batch(1...1, to: receiver))
                await receiver.waitFor(1)
                try await eventually("it is closed") { sink.statistics.openFiles == 0 }
                sink.deliver(batch(1...2, to: receiver))
                await receiver.waitFor(3)
            }
            try #expect(lines("\(directory)/orders.log") == ["message 1", "message 2"])
        }
    }

    @Test("a late message goes to the file of its own time")
    func times() async throws {
        try await withDirectory { directory in
            let receiver = ReportCollector()
            try await with(try self.sink("\(directory)/%F/{channel}.log")) { sink in
                var mixed = batch(1...3, to: receiver)
                mixed.deliveries[0].envelope.timestamp = Self.midnight
                mixed.deliveries[1].envelope.timestamp = Self.midnight - 1
                mixed.deliveries[2].envelope.timestamp = Self.midnight + 1
                sink.deliver(mixed)
                await receiver.waitFor(3)
            }
            try #expect(lines("\(directory)/2020-09-14/orders.log") == ["message 1", "message 3"])
            try #expect(lines("\(directory)/2020-09-13/orders.log") == ["message 2"])
        }
    }

    @Test("what a file holds is not written again by the next process, in any format", arguments: RecordFormat.allCases)
    func copies(_ format: RecordFormat) async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.log"
            var sizes: [Int] = []
            for _ in 0..<2 {
                let receiver = ReportCollector()
                try await with(try self.sink(path, format: format)) { sink in
                    sink.deliver(batch(1...100, to: receiver))
                    await receiver.waitFor(100)
                    #expect(receiver.delivered == Array(1...100))
                    sizes.append(try content(path).count)
                    #expect(sink.condition.files?.copies == (sizes.count == 1 ? 0 : 100))
                }
            }
            #expect(sizes[0] == sizes[1])
        }
    }

    @Test(
        "a lost record is said; a json file is read instead, another may get what comes again",
        arguments: RecordFormat.allCases
    )
    func lostRecord(_ format: RecordFormat) async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.log"
            let receiver = ReportCollector()
            for round in 1...2 {
                let (logger, log) = LogCollector.logger()
                var configuration = FileSink.Configuration(path: try FilePathTemplate(path))
                configuration.format = format
                let sink = try FileSink(name: "archive", configuration: configuration, logger: logger)
                try await with(sink) { sink in
                    sink.deliver(batch(1...10, to: receiver))
                    await receiver.waitFor(10 * round)
                }
                if round == 2, format != .json { #expect(log.all.contains { $0.contains("there is no record") }) }
                try? FileManager.default.removeItem(atPath: "\(directory)/.a.log.held")
            }
            let single = format == .json ? try lines(path).count : 10
            #expect(single == 10)
            if format == .raw { try #expect(lines(path).count == 20) }
        }
    }
}
