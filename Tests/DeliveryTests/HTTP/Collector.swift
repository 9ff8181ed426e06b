import Delivery
import NIOCore
import Synchronization

/// Gathers what a sink reports, and lets a test wait for it.
final class Collector: DeliveryReceiver {
    private struct State {
        var reports: [DeliveryReport] = []
        var results = 0
        var waiting: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func finished(_ report: DeliveryReport) {
        let ready = self.state.withLock { state in
            state.reports.append(report)
            state.results += report.delivered.count + report.failed.count
            let results = state.results
            let ready = state.waiting.filter { $0.count <= results }
            state.waiting.removeAll { $0.count <= results }
            return ready
        }
        for (_, continuation) in ready { continuation.resume() }
    }

    /// Waits until there are `count` results in all.
    func results(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReady = self.state.withLock { state in
                if state.results >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    var reports: [DeliveryReport] { self.state.withLock { $0.reports } }
    var delivered: [UInt64] { self.reports.flatMap(\.delivered) }
    var failed: [DeliveryReport.Failed] { self.reports.flatMap(\.failed) }
}

/// A sink that is open, with an engine of its own and everything a test sends through it.
final class SinkUnderTest: Sendable {
    let engine: CurlEngine
    let sink: HTTPSink
    let collector = Collector()
    let context = RouteContext(route: "orders", channel: "orders.eu", cluster: "test-cluster", clientID: "bridge-1")

    init(_ configuration: HTTPSink.Configuration) throws {
        self.engine = try CurlEngine()
        self.sink = HTTPSink(name: "billing", configuration: configuration, engine: self.engine)
    }

    func deliver(
        _ sequences: some Sequence<UInt64>,
        body: String = "{}",
        attempt: UInt32 = 1,
        redelivered: Bool = false,
        context: RouteContext? = nil,
        sinkIndex: Int = 0,
        to receiver: (any DeliveryReceiver)? = nil
    ) {
        let deliveries = sequences.map {
            Delivery(
                envelope: Envelope(
                    sequence: $0,
                    timestamp: 1_600_000_000_123_456_789,
                    redelivered: redelivered,
                    body: ByteBuffer(string: body)
                ),
                attempt: attempt
            )
        }
        self.sink.deliver(
            DeliveryBatch(
                context: context ?? self.context,
                sink: sinkIndex,
                deliveries: deliveries,
                receiver: receiver ?? self.collector
            )
        )
    }
}

/// Opens a sink, runs the test and takes everything down again.
func withSink(_ configuration: HTTPSink.Configuration, _ body: (SinkUnderTest) async throws -> Void) async throws {
    let under = try SinkUnderTest(configuration)
    do {
        try under.sink.open()
        try await body(under)
    } catch {
        await under.sink.close()
        await under.engine.shutdown()
        throw error
    }
    await under.sink.close()
    await under.engine.shutdown()
}

/// One receiver and one sink that posts to it.
func withReceiver(
    delay: TimeAmount? = nil,
    keepRequests: Bool = true,
    configure: (inout HTTPSink.Configuration) -> Void = { _ in },
    script: @escaping @Sendable (ScriptedReceiver.Request) -> ScriptedReceiver.Reply,
    _ body: (SinkUnderTest, ScriptedReceiver) async throws -> Void
) async throws {
    let receiver = try await ScriptedReceiver(delay: delay, keepRequests: keepRequests, script)
    var configuration = HTTPSink.Configuration(url: receiver.url, timeout: .seconds(20))
    configure(&configuration)
    do {
        try await withSink(configuration) { try await body($0, receiver) }
    } catch {
        await receiver.stop()
        throw error
    }
    await receiver.stop()
}
