import Delivery
import Glibc
import Logging
import NATSTransport
import NIOCore
import NIOPosix
import StanCore
import Synchronization
import TestSupport
import Testing

@testable import stan_bridged

/// The real threads, one of which is made to hang, and the datagrams that systemd gets.
@Suite("Watchdog")
struct WatchdogTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Short enough for a test. Nothing here depends on how exactly it is kept.
    private static let settings = WatchdogSettings({ $0 == "WATCHDOG_USEC" ? "200000" : nil }, processID: 1)

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)

        var value: Int { self.count.load(ordering: .relaxed) }
        func add() { self.count.add(1, ordering: .relaxed) }
    }

    /// What a test holds shut.
    private final class Gate: Sendable {
        private let isShut = Mutex(false)

        func shut() { self.isShut.withLock { $0 = true } }
        func open() { self.isShut.withLock { $0 = false } }

        /// On the thread that is to hang.
        func pass() {
            while self.isShut.withLock({ $0 }) { usleep(1000) }
        }
    }

    /// A receiver of reports that hangs where a test wants it to, on the thread that tells it.
    private final class HangingReceiver: DeliveryReceiver {
        let gate = Gate()
        let reports = Counter()

        func finished(_ report: DeliveryReport) {
            self.reports.add()
            self.gate.pass()
        }
    }

    /// A log that hangs where a test wants it to, on the thread that logs.
    private struct GateLogHandler: LogHandler {
        let gate: Gate
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.gate.pass() }
    }

    private static func batch(to receiver: any DeliveryReceiver) -> DeliveryBatch {
        let envelope = Envelope(sequence: 1, timestamp: 0, redelivered: false, body: ByteBuffer(string: "hello"))
        let context = RouteContext(route: "route", channel: "orders", cluster: "c", clientID: "b")
        return DeliveryBatch(context: context, sink: 0, deliveries: [.init(envelope: envelope, attempt: 1)], receiver: receiver)
    }

    /// Watches one thread: it is fed, then not while it hangs, of which the log says so, then again.
    private static func watch(_ probe: ThreadProbe, hang: () -> Void, goOn: () -> Void) async throws {
        try await withTestDirectory { directory in
            let receiver = try DatagramReceiver(directory.path(of: "notify"))
            let notifier = Notifier(address: receiver.address, logger: Self.quiet)
            let log = LogRecorder()
            let watchdog = Watchdog(
                try #require(Self.settings),
                threads: { [probe] },
                feed: { notifier.feedWatchdog() },
                logger: log.logger
            )
            var fed: Int { receiver.messages.count { $0 == "WATCHDOG=1" } }
            watchdog.start()
            try await eventually("it is fed while the thread comes round") { fed >= 3 }
            hang()
            try await eventually("the log says who hangs") { log.lines.contains { $0.contains("a thread hangs") } }
            let before = fed
            // Twice the time after which it would have been fed.
            try await Task.sleep(for: .milliseconds(200))
            #expect(fed == before)
            goOn()
            try await eventually("it is fed again") { fed > before + 1 }
            await watchdog.stop()
            #expect(log.lines.count { $0.contains("a thread hangs") && $0.contains(probe.name) } == 1, "\(log.lines)")
            #expect(log.lines.count { $0.contains("a thread that hung goes on") } == 1, "\(log.lines)")
        }
    }

    @Test("an event loop that hangs")
    func eventLoop() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bridge = Bridge(
            settings: .init(
                nats: NATSConfiguration(servers: [NATSServerAddress(host: "127.0.0.1", port: 1)]),
                stan: StanConfiguration(clusterID: "c", clientID: "b"),
                routes: [],
                sinks: [],
                shutdownTimeout: .seconds(1)
            ),
            eventLoop: group.next(),
            logger: Self.quiet
        )
        let running = RunningService(bridge, logger: Self.quiet)
        let gate = Gate()
        let probe = try #require(bridge.threads.first)
        #expect(bridge.threads.count == 1)
        try await Self.watch(probe) {
            gate.shut()
            group.next().execute { gate.pass() }
        } goOn: {
            gate.open()
        }
        try await running.stop()
        try await group.shutdownGracefully()
    }

    @Test("an HTTP thread that hangs")
    func httpThread() async throws {
        let engine = try CurlEngine()
        // Nobody listens at port 1: that is reported at once, on the engine's thread.
        var configuration = HTTPSink.Configuration(url: "http://127.0.0.1:1/")
        configuration.breaker = nil
        let sink = HTTPSink(name: "hook", configuration: configuration, engine: engine)
        try sink.open()
        let receiver = HangingReceiver()
        try await Self.watch(engine.probe) {
            receiver.gate.shut()
            sink.deliver(Self.batch(to: receiver))
        } goOn: {
            receiver.gate.open()
        }
        await sink.close()
        await engine.shutdown()
        #expect(receiver.reports.value == 1)
    }

    @Test("a writer of a file that hangs")
    func fileWriter() async throws {
        try await withTestDirectory { directory in
            let path = try FilePathTemplate(directory.path(of: "out"))
            let sink = try FileSink(name: "archive", configuration: .init(path: path), logger: Self.quiet)
            try sink.open()
            let receiver = HangingReceiver()
            let probe = try #require(sink.probe)
            try await Self.watch(probe) {
                receiver.gate.shut()
                sink.deliver(Self.batch(to: receiver))
            } goOn: {
                receiver.gate.open()
            }
            await sink.close()
        }
    }

    @Test("a disk that does not answer is no reason to start again: it is fed, and the log says what it waits for")
    func slowDisk() async throws {
        try await withTestDirectory { directory in
            let gate = Gate()
            var operations = FileOperations.system
            let sync = operations.sync
            operations.sync = { descriptor throws(SystemCallError) in
                gate.pass()
                try sync(descriptor)
            }
            let path = try FilePathTemplate(directory.path(of: "out"))
            let sink = try FileSink(
                name: "archive",
                configuration: .init(path: path),
                operations: operations,
                logger: Self.quiet
            )
            try sink.open()
            let probe = try #require(sink.probe)
            let receiver = HangingReceiver()
            let fed = Counter()
            let log = LogRecorder()
            let watchdog = Watchdog(
                try #require(Self.settings),
                threads: { [probe] },
                feed: { fed.add() },
                logger: log.logger
            )
            gate.shut()
            sink.deliver(Self.batch(to: receiver))
            watchdog.start()
            try await eventually("the log says what it waits for") {
                log.lines.contains { $0.contains("the disk does not answer") }
            }
            let before = fed.value
            try await eventually("it is fed all the same") { fed.value > before + 2 }
            gate.open()
            try await eventually("the log says that it is over") { log.lines.contains { $0.contains("the disk has answered") } }
            await watchdog.stop()
            await sink.close()
            #expect(!log.lines.contains { $0.contains("a thread hangs") }, "\(log.lines)")
            #expect(receiver.reports.value == 1)
        }
    }

    @Test("a journal writer that hangs")
    func journalWriter() async throws {
        try await withTestDirectory { directory in
            let writer = JournalWriter()
            let gate = Gate()
            // Its disk fails, which it logs, and that hangs.
            let isBroken = Counter()
            var operations = FileOperations.system
            let write = operations.write
            operations.write = { descriptor, bytes throws(SystemCallError) in
                if isBroken.value > 0 { throw SystemCallError(EIO) }
                return try write(descriptor, bytes)
            }
            let (journal, _) = try RouteJournal.open(
                directory: directory.path,
                identity: JournalIdentity(
                    route: "route",
                    cluster: "c",
                    channel: "orders",
                    clientID: "b",
                    durableName: "d",
                    queue: nil,
                    sinks: ["archive"],
                    deadLetter: nil
                ),
                writer: writer,
                operations: operations,
                logger: Logger(label: "test") { _ in GateLogHandler(gate: gate) }
            )
            try await Self.watch(writer.probe) {
                gate.shut()
                isBroken.add()
                journal.replace(with: RouteMemory())
            } goOn: {
                gate.open()
            }
            await journal.close()
            await writer.close()
        }
    }
}
