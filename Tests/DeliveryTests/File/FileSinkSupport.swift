import Delivery
import Foundation
import Logging
import NIOCore
import Synchronization
import Testing

/// Takes reports, and lets a test wait for a number of results instead of a time.
final class ReportCollector: DeliveryReceiver {
    private struct State {
        var delivered: [UInt64] = []
        var failed: [DeliveryReport.Failed] = []
        var reports = 0
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func finished(_ report: DeliveryReport) {
        let woken = self.state.withLock { state in
            state.delivered += report.delivered
            state.failed += report.failed
            state.reports += 1
            let count = state.delivered.count + state.failed.count
            let woken = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    func waitFor(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                guard state.delivered.count + state.failed.count < count else { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    var delivered: [UInt64] { self.state.withLock { $0.delivered } }
    var failed: [DeliveryReport.Failed] { self.state.withLock { $0.failed } }
    var reports: Int { self.state.withLock { $0.reports } }
    var reasons: Set<String> { Set(self.failed.map(\.failure.reason)) }
}

/// Remembers what a sink logs.
struct LogCollector: LogHandler {
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func append(_ line: String) { self.lines.withLock { $0.append(line) } }
        var all: [String] { self.lines.withLock { $0 } }
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = metadata.map { "\($0.key)=\($0.value)" }.sorted()
        self.lines.append("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
    }

    static func logger() -> (Logger, Lines) {
        let lines = Lines()
        return (Logger(label: "test") { _ in LogCollector(lines: lines) }, lines)
    }
}

func context(channel: String = "orders", route: String = "route") -> RouteContext {
    RouteContext(route: route, channel: channel, cluster: "test-cluster", clientID: "bridge-1")
}

func envelope(_ sequence: UInt64 = 1, _ body: [UInt8], redelivered: Bool = false) -> Envelope {
    Envelope(
        sequence: sequence,
        timestamp: 1_600_000_000_123_456_789,
        redelivered: redelivered,
        body: ByteBuffer(bytes: body)
    )
}

func batch(
    _ sequences: ClosedRange<UInt64>,
    of context: RouteContext = context(),
    to receiver: ReportCollector,
    sink: Int = 0,
    body: (UInt64) -> String = { "message \($0)" }
) -> DeliveryBatch {
    DeliveryBatch(
        context: context,
        sink: sink,
        deliveries: sequences.map { Delivery(envelope: envelope($0, Array(body($0).utf8)), attempt: 1) },
        receiver: receiver
    )
}

/// A directory of the test's own, gone when the test is over.
func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("stan-bridged-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

func fileSink(
    _ path: String,
    format: RecordFormat = .raw,
    maximumOpenFiles: Int = 256,
    maximumGroupBytes: Int = 4 << 20,
    operations: FileOperations = .system,
    logger: Logger = LogCollector.logger().0
) throws -> FileSink {
    var configuration = FileSink.Configuration(path: try FilePathTemplate(path))
    configuration.format = format
    configuration.maximumOpenFiles = maximumOpenFiles
    configuration.maximumGroupBytes = maximumGroupBytes
    return try FileSink(name: "archive", configuration: configuration, operations: operations, logger: logger)
}

/// Opens a sink, and closes it when the body is done, well or not.
func with<S: Sink, Result>(_ sink: S, _ body: (S) async throws -> Result) async throws -> Result {
    try sink.open()
    do {
        let result = try await body(sink)
        await sink.close()
        return result
    } catch {
        await sink.close()
        throw error
    }
}

func content(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func lines(_ path: String) throws -> [String] {
    let text = String(decoding: try content(path), as: UTF8.self)
    #expect(text.isEmpty || text.hasSuffix("\n"))
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}

/// Whether a descriptor is that of a record beside a file.
func isRecord(_ descriptor: Int32) -> Bool {
    let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
    return link?.hasSuffix(".held") == true || link?.hasSuffix(".held.new") == true
}
