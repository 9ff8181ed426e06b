import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The webhook of the demo: takes what is posted to it, and is busy now and then.
final class DemoReceiver: Service {
    struct Received {
        /// Requests by the sequence they bore.
        var sequences: [String: Int] = [:]
        var requests = 0
        var busy = 0
        /// The first request, to be shown.
        var sample: [String] = []
    }

    private let received = Mutex(Received())
    private let ready: AsyncStream<Int>
    private let readyContinuation: AsyncStream<Int>.Continuation

    init() {
        (self.ready, self.readyContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var state: Received { self.received.withLock { $0 } }

    /// Waits until the receiver listens.
    ///
    /// - Returns: the port, or nil when it ended before.
    func port() async -> Int? {
        for await port in self.ready { return port }
        return nil
    }

    func run() async throws {
        let router = Router()
        router.post("/hook") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            return Response(status: self.take(request.headers, body))
        }
        let continuation = self.readyContinuation
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { continuation.yield(port) }
            },
            logger: Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() }
        )
        defer { continuation.finish() }
        try await application.run()
    }

    /// Every 250th message finds the receiver busy the first time it comes.
    private func take(_ headers: HTTPFields, _ body: ByteBuffer) -> HTTPResponse.Status {
        func value(_ name: String) -> String { HTTPField.Name(name).flatMap { headers[$0] } ?? "" }
        let sequence = value("Stan-Sequence")
        return self.received.withLock { received in
            received.requests += 1
            if received.sample.isEmpty {
                received.sample = headers.map { "\($0.name): \($0.value)" }.sorted() + ["", String(buffer: body)]
            }
            if value("Stan-Attempt") == "1", Int(sequence)?.isMultiple(of: 250) == true {
                received.busy += 1
                return .serviceUnavailable
            }
            received.sequences[sequence, default: 0] += 1
            return .ok
        }
    }
}
