import NATSTransport
import NIOCore
import StanCore
import Synchronization
import TestSupport

/// A ``StanSession`` for tests: hops onto its event loop, and counts how often it was lost.
final class TestSession: Sendable {
    private final class Losses: Sendable {
        let errors = Mutex<[StanError]>([])
    }

    let nats: NATSTestClient
    private let session: NIOLoopBound<StanSession>
    private let losses: Losses

    private init(nats: NATSTestClient, session: NIOLoopBound<StanSession>, losses: Losses) {
        self.nats = nats
        self.session = session
        self.losses = losses
    }

    static func open(_ configuration: StanConfiguration, url: String) async throws -> TestSession {
        let nats = try await NATSTestClient.connect(url)
        let losses = Losses()
        let session = try await nats.run { connection in
            let session = StanSession(nats: connection, configuration: configuration, logger: LogRecorder().logger)
            session.onLost = { error in losses.errors.withLock { $0.append(error) } }
            return NIOLoopBound(session, eventLoop: connection.eventLoop)
        }
        do {
            try await nats.flatRun { _ in session.value.connect() }
        } catch {
            try await nats.close()
            throw error
        }
        return TestSession(nats: nats, session: session, losses: losses)
    }

    /// What `onLost` was called with.
    var lostWith: [StanError] { self.losses.errors.withLock { $0 } }

    func run<Result: Sendable>(_ body: @escaping @Sendable (StanSession) throws -> Result) async throws -> Result {
        try await self.nats.run { [session] _ in try body(session.value) }
    }

    func flatRun<Result: Sendable>(
        _ body: @escaping @Sendable (StanSession) -> EventLoopFuture<Result>
    ) async throws -> Result {
        try await self.nats.flatRun { [session] _ in body(session.value) }
    }

    func publish(_ text: String, to channel: String) async throws {
        try await self.flatRun { $0.publish(ByteBuffer(string: text), to: channel) }
    }

    func subscribe(
        to channel: String,
        _ change: (inout StanSubscriptionOptions) -> Void = { _ in }
    ) async throws -> RecordedSubscription {
        var options = StanSubscriptionOptions()
        change(&options)
        return try await self.flatRun { [options] in RecordedSubscription.make($0, channel, options) }
    }

    func close() async throws {
        do {
            try await self.flatRun { $0.close() }
        } catch {
            try await self.nats.close()
            throw error
        }
        try await self.nats.close()
    }
}

/// Lends a session, and closes it.
func withSession<Result>(
    _ server: StanTestServer,
    id: String? = nil,
    url: String? = nil,
    configure: (inout StanConfiguration) -> Void = { _ in },
    _ body: (TestSession) async throws -> Result
) async throws -> Result {
    var configuration = StanConfiguration(clusterID: server.clusterID, clientID: id ?? server.uniqueName("client"))
    configuration.requestTimeout = .seconds(10)
    configure(&configuration)
    let session = try await TestSession.open(configuration, url: url ?? server.url)
    do {
        let result = try await body(session)
        try? await session.close()
        return result
    } catch {
        try? await session.close()
        throw error
    }
}
