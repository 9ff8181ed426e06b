import CZlib
import Compression
import Foundation
import Logging
import NIOCore
import Synchronization
import TestSupport

@testable import Delivery

/// A file sink under crashes: a server that sends until it has an ack, a writer, and a disk that ends the process, or the power, at
/// any call. At the end every message has to be in the files once, and whole.
struct FileSinkSimulation {
    struct Failure: Error, CustomStringConvertible {
        let seed: UInt64
        let what: String
        let trace: [String]

        var description: String {
            "seed \(self.seed): \(String(self.what.map { $0 == "\0" ? "·" : $0 }))\n"
                + self.trace.suffix(400).joined(separator: "\n")
        }
    }

    /// What one run has seen.
    struct Outcome: Equatable {
        var steps = 0
        var crashes = 0
        var powerFailures = 0
        var copies = 0
        var failures = 0
        var archives = 0
        var newLives = 0
    }

    /// How the runs of one seed are set up.
    struct Setting {
        var format: RecordFormat
        var sync: FileSink.Configuration.Sync
        var rotation: FileSink.Configuration.Rotation?
        var path: String
        var mayLosePower: Bool
        var mayForget: Bool
        var failureRate: Double
    }

    struct Message: Equatable {
        var channel: Int
        var sequence: UInt64
        var timestamp: Int64
        var body: String
    }

    private final class Receiver: DeliveryReceiver {
        let reports = Mutex<[DeliveryReport]>([])
        let channel: Int

        init(channel: Int) { self.channel = channel }

        func finished(_ report: DeliveryReport) { self.reports.withLock { $0.append(report) } }
    }

    private struct Channel {
        var name: String
        var context: RouteContext

        /// Each life of the channel ends when the server loses its store.
        var life = 0
        var messages: [Message] = []
        var acked: Set<UInt64> = []
        var inDelivery: Set<UInt64> = []
        var sent: Set<UInt64> = []

        /// The bodies of messages that were acked, of all lives; and of all that there ever were.
        var ackedBodies: Set<String> = []
        var bodies: Set<String> = []
    }

    let seed: UInt64
    private var random: SeededGenerator
    private let setting: Setting
    private let disk: SimulatedDisk
    private var channels: [Channel]
    private var receivers: [Receiver] = []
    private var now: Int64 = 1_600_000_000_000_000_000
    private var monotonic = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var outcome = Outcome()
    private var trace: [String] = []

    static let directory = "/data"

    init(seed: UInt64, setting: Setting? = nil) {
        var random = SeededGenerator(seed: seed)
        self.seed = seed
        self.setting = setting ?? Self.setting(&random)
        self.disk = SimulatedDisk(seed: seed)
        self.channels = (0..<2).map { index in
            Channel(name: "channel.\(index)", context: context(channel: "channel.\(index)", route: "route-\(index)"))
        }
        self.random = random
    }

    private static func setting(_ random: inout SeededGenerator) -> Setting {
        let format = RecordFormat.allCases.randomElement(using: &random) ?? .json
        let sync: FileSink.Configuration.Sync =
            switch Int.random(in: 0..<6, using: &random) {
            case 0: .never
            case 1: .interval(.seconds(1))
            default: .always
            }
        var rotation: FileSink.Configuration.Rotation?
        switch Int.random(in: 0..<4, using: &random) {
        case 0: rotation = .init(size: .random(in: 100...2000, using: &random))
        case 1: rotation = .init(size: .random(in: 300...3000, using: &random), compression: .gzip)
        case 2: rotation = .init(every: .minutes(1))
        default: break
        }
        let paths = ["\(self.directory)/all.log", "\(self.directory)/{channel}.log", "\(self.directory)/{channel}-%H%M.log"]
        return Setting(
            format: format,
            sync: sync,
            rotation: rotation,
            path: paths.randomElement(using: &random) ?? paths[0],
            mayLosePower: sync != .never && Bool.random(using: &random),
            mayForget: Int.random(in: 0..<4, using: &random) == 0,
            failureRate: Int.random(in: 0..<3, using: &random) == 0 ? 0.05 : 0
        )
    }

    private mutating func say(_ line: String) { self.trace.append(line) }

    private func failure(_ what: String) -> Failure {
        Failure(seed: self.seed, what: "\(what) (\(self.setting))", trace: self.trace)
    }

    // MARK: The run

    mutating func run() throws -> Outcome {
        for _ in 0..<Int.random(in: 1...8, using: &self.random) { try self.life() }
        // The last one is spared, and finishes.
        self.disk.fail(0)
        self.disk.limit(to: .max)
        try self.process(steps: nil)
        try self.check()
        return self.outcome
    }

    /// A process ends, or the power, in the middle of its call after so many others; the next one finishes.
    ///
    /// - Returns: false when the process was done before.
    mutating func run(endingAfter calls: Int, afterPowerFailure: Bool) throws -> Bool {
        self.disk.end(after: calls)
        try self.process(steps: 40)
        let wasEnded = self.disk.isOver
        self.disk.restart(afterPowerFailure: afterPowerFailure)
        try self.process(steps: nil)
        try self.check()
        return wasEnded
    }

    /// A process from its start to a violent end.
    private mutating func life() throws {
        if self.setting.failureRate > 0, Bool.random(using: &self.random) { self.disk.fail(self.setting.failureRate) }
        if Int.random(in: 0..<4, using: &self.random) == 0 { self.disk.limit(to: .random(in: 0...3000, using: &self.random)) }
        self.disk.end(after: .random(in: 0...200, using: &self.random))
        try self.process(steps: Int.random(in: 1...60, using: &self.random))
        let losesPower = self.setting.mayLosePower && Bool.random(using: &self.random)
        self.outcome.crashes += 1
        if losesPower { self.outcome.powerFailures += 1 }
        self.say(losesPower ? "POWER FAILURE" : "KILLED")
        self.disk.restart(afterPowerFailure: losesPower)
        self.disk.fail(0)
        self.disk.limit(to: .max)
        self.pass(.seconds(.random(in: 0...50, using: &self.random)))
        if self.setting.mayForget, Int.random(in: 0..<3, using: &self.random) == 0 { self.forget() }
    }

    private mutating func process(steps: Int?) throws {
        let counters = FileSinkCounters()
        var logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let lines = LogCollector.Lines()
        logger = Logger(label: "simulation") { _ in LogCollector(lines: lines) }
        var configuration = FileSink.Configuration(path: try FilePathTemplate(self.setting.path))
        configuration.format = self.setting.format
        configuration.sync = self.setting.sync
        configuration.rotation = self.setting.rotation
        configuration.maximumGroupBytes = 400
        configuration.idleClose = .seconds(20)
        configuration.maximumOpenFiles = 3
        let archives = ArchiveNames()
        var writer = FileWriter(
            sink: "archive",
            configuration: configuration,
            operations: self.disk.operations,
            counters: counters,
            archives: archives,
            logger: logger
        )
        self.receivers = self.channels.indices.map { Receiver(channel: $0) }
        for index in self.channels.indices { self.channels[index].inDelivery = [] }
        var said = 0
        defer {
            self.outcome.copies += counters.values.copies
            self.outcome.failures += counters.values.failures
        }
        do throws(SinkError) {
            try writer.open(at: self.moment)
        } catch {
            self.say("cannot start: \(error)")
            guard steps != nil else { throw self.failure("the last process could not start: \(error)") }
            return
        }
        var step = 0
        while steps.map({ step < $0 }) ?? !self.isFinished {
            step += 1
            self.outcome.steps += 1
            if self.disk.isOver { break }
            if steps == nil, step > 5000 { throw self.failure("it does not finish") }
            switch Int.random(in: 0..<10, using: &self.random) {
            case 0..<4:
                if steps != nil { self.publish() }
                let channel = Int.random(in: 0..<self.channels.count, using: &self.random)
                if let batch = self.nextBatch(channel) { writer.add([batch]) }
            case 4..<7:
                if writer.hasWork { writer.commitNextGroup(at: self.moment) }
            case 7:
                self.pass(.milliseconds(.random(in: 1...30_000, using: &self.random)))
                _ = writer.tick(at: self.moment)
            case 8:
                if Int.random(in: 0..<5, using: &self.random) == 0 { writer.reopen(at: self.moment) }
            default:
                try self.lookAfterArchives(archives, logger)
            }
            for line in lines.all[said...] { self.say("  log: \(line)") }
            said = lines.all.count
            try self.takeReports()
        }
        if steps == nil {
            writer.close(at: self.moment)
            try self.takeReports()
            try self.lookAfterArchives(archives, logger)
        }
    }

    private var moment: Moment { Moment(monotonic: self.monotonic, wall: self.now) }

    private mutating func pass(_ time: TimeAmount) {
        self.now += time.nanoseconds
        self.monotonic = self.monotonic + time
    }

    private final class ArchiveNames: ArchiveTaking {
        let names = Mutex<Set<String>>([])

        func take(archivesOf path: String) { self.names.withLock { _ = $0.insert(Directories.name(of: path)) } }
    }

    private mutating func lookAfterArchives(_ archives: ArchiveNames, _ logger: Logger) throws {
        guard let rotation = self.setting.rotation else { return }
        let work = ArchiveWork(sink: "archive", rotation: rotation, mode: 0o640, operations: self.disk.operations, logger: logger)
        do throws(SinkError) {
            try work.run(
                in: Self.directory,
                names: archives.names.withLock { $0 }.union(work.names(in: Self.directory)),
                at: self.now
            ) { false }
        } catch {
            self.say("archives: \(error)")
        }
    }

    // MARK: The server

    private mutating func publish() {
        let index = Int.random(in: 0..<self.channels.count, using: &self.random)
        for _ in 0..<Int.random(in: 0...6, using: &self.random) {
            self.now += Int64.random(in: 0...2, using: &self.random)
            let sequence = UInt64(self.channels[index].messages.count) + 1
            let body =
                "\"\(index)/\(self.channels[index].life)/\(sequence)/\(String(repeating: "x", count: .random(in: 0...120, using: &self.random)))\""
            self.channels[index].messages.append(
                Message(channel: index, sequence: sequence, timestamp: self.now, body: body)
            )
            self.channels[index].bodies.insert(body)
        }
    }

    /// The server loses its store: what it had not been acked is gone, and sequences begin anew.
    private mutating func forget() {
        let index = Int.random(in: 0..<self.channels.count, using: &self.random)
        self.say("channel \(index) begins anew")
        self.outcome.newLives += 1
        self.channels[index].life += 1
        self.channels[index].messages = []
        self.channels[index].acked = []
        self.channels[index].sent = []
        self.now += 1_000_000
    }

    private mutating func nextBatch(_ index: Int) -> DeliveryBatch? {
        let channel = self.channels[index]
        let open = channel.messages.filter { !channel.acked.contains($0.sequence) && !channel.inDelivery.contains($0.sequence) }
        // As a rule in order; what failed comes again at any time.
        var chosen = Array(open.prefix(Int.random(in: 1...12, using: &self.random)))
        if Int.random(in: 0..<5, using: &self.random) == 0 {
            chosen.removeAll { _ in Bool.random(using: &self.random) }
        }
        guard !chosen.isEmpty else { return nil }
        self.say("deliver \(index)/\(channel.life): \(chosen.map(\.sequence))")
        for message in chosen {
            self.channels[index].inDelivery.insert(message.sequence)
            self.channels[index].sent.insert(message.sequence)
        }
        return DeliveryBatch(
            context: channel.context,
            sink: channel.life,
            deliveries: chosen.map { message in
                Delivery(
                    envelope: Envelope(
                        sequence: message.sequence,
                        timestamp: message.timestamp,
                        redelivered: false,
                        body: ByteBuffer(string: message.body)
                    ),
                    attempt: 1
                )
            },
            receiver: self.receivers[index]
        )
    }

    private var isFinished: Bool {
        self.channels.allSatisfy { $0.acked.count == $0.messages.count }
    }

    private mutating func takeReports() throws {
        for receiver in self.receivers {
            let reports = receiver.reports.withLock { reports in
                defer { reports = [] }
                return reports
            }
            // What is reported as the process ends is not heard by the server.
            guard !self.disk.isOver else { continue }
            for report in reports where report.sink == self.channels[receiver.channel].life {
                self.take(report, of: receiver.channel)
            }
        }
    }

    private mutating func take(_ report: DeliveryReport, of index: Int) {
        for sequence in report.delivered {
            self.channels[index].inDelivery.remove(sequence)
            let body = self.channels[index].messages[Int(sequence) - 1].body
            // Some acks are lost: the message comes again.
            guard Int.random(in: 0..<5, using: &self.random) > 0 else { continue }
            self.channels[index].acked.insert(sequence)
            self.channels[index].ackedBodies.insert(body)
        }
        for failed in report.failed { self.channels[index].inDelivery.remove(failed.sequence) }
        self.say("reported \(index): delivered \(report.delivered), failed \(report.failed.map(\.sequence))")
    }

    // MARK: What has to be true in the end

    private mutating func check() throws {
        var found: [String: Int] = [:]
        for (path, bytes) in self.disk.files.sorted(by: { $0.key < $1.key }) {
            if path.hasSuffix(".held") { continue }
            guard !path.hasSuffix(".new") else {
                // Of a crash while it was written; gone when the directory is looked at the next time.
                continue
            }
            if path.hasSuffix("Z.gz") || path.hasSuffix("Z") { self.outcome.archives += 1 }
            let content = path.hasSuffix(".gz") ? try Self.gunzip(bytes) : bytes
            for body in try self.bodies(content, path) { found[body, default: 0] += 1 }
            // What cannot be renamed goes on growing.
            if let size = self.setting.rotation?.size, self.setting.failureRate == 0, content.count > size,
                try self.bodies(content, path).count > 1
            {
                throw self.failure("\(path) has \(content.count) bytes, \(size) are allowed")
            }
        }
        for channel in self.channels {
            for body in channel.ackedBodies.sorted() where found[body] != 1 {
                throw self.failure("\(body) is there \(found[body] ?? 0) times")
            }
        }
        let known = self.channels.reduce(into: Set<String>()) { $0.formUnion($1.bodies) }
        for (body, count) in found {
            if self.mayHaveTornFiles, !known.contains(body) { continue }
            guard known.contains(body) else { throw self.failure("nobody has sent \(body)") }
            guard count == 1 else { throw self.failure("\(body) is there \(count) times") }
        }
    }

    /// Nobody opens a file any more whose last messages the server has forgotten: a torn end stays there.
    private var mayHaveTornFiles: Bool { self.outcome.newLives > 0 }

    private func bodies(_ content: [UInt8], _ path: String) throws -> [String] {
        var content = content
        if self.mayHaveTornFiles, self.setting.format != .lengthDelimited {
            content = Array(content.prefix((content.lastIndex(of: 0x0A) ?? -1) + 1))
        }
        var bodies: [String] = []
        switch self.setting.format {
        case .lengthDelimited:
            var rest = content[...]
            while !rest.isEmpty {
                if self.mayHaveTornFiles, rest.count < 4 + rest.prefix(4).reduce(0, { $0 << 8 | Int($1) }) { break }
                guard rest.count >= 4 else { throw self.failure("\(path) ends in the middle of a length") }
                let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                guard rest.count >= 4 + count else { throw self.failure("\(path) ends in the middle of a record") }
                bodies.append(String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self))
                rest = rest.dropFirst(4 + count)
            }
        case .raw, .json:
            guard content.isEmpty || content.last == 0x0A else { throw self.failure("\(path) ends in the middle of a line") }
            for line in content.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
                var text = String(decoding: line, as: UTF8.self)
                if self.setting.format == .json {
                    if self.mayHaveTornFiles, !JSONText.check(Array(line)) { continue }
                    guard JSONText.check(Array(line)), let data = text.range(of: "\"data\":") else {
                        throw self.failure("\(path) has a line that is no record: \(text)")
                    }
                    text = String(text[data.upperBound...].dropLast())
                }
                bodies.append(text)
            }
        }
        return bodies
    }

    static func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        struct Broken: Error {}
        var result: [UInt8] = []
        var input = bytes
        var stream = z_stream()
        guard stan_inflate_init_gzip(&stream) == Z_OK else { throw Broken() }
        defer { inflateEnd(&stream) }
        try input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = uInt(input.count)
            while stream.avail_in > 0 {
                var room = [UInt8](repeating: 0, count: 64 << 10)
                let code = room.withUnsafeMutableBufferPointer { room in
                    stream.next_out = room.baseAddress
                    stream.avail_out = uInt(room.count)
                    return inflate(&stream, Z_NO_FLUSH)
                }
                result += room.dropLast(Int(stream.avail_out))
                // One member after the other.
                if code == Z_STREAM_END { inflateReset(&stream) } else if code != Z_OK { throw Broken() }
            }
        }
        return result
    }
}

extension JSONText {
    fileprivate static func check(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { self.isValid($0) } }
}
