public import Logging
import NATSTransport
public import NIOCore
import NIOPosix

/// A client of NATS Streaming (STAN): one session with a server, to publish to channels and to subscribe to them.
///
/// ```swift
/// let client = try await StanClient.connect(
///     to: ["nats://127.0.0.1:4222"],
///     configuration: StanConfiguration(clusterID: "test-cluster", clientID: "me")
/// )
/// try await client.publish(ByteBuffer(string: "hello"), to: "greetings")
/// try await client.close()
/// ```
///
/// A lost NATS connection is made anew, and the session goes on. A lost session is not: when the server no longer knows the
/// client, every operation fails with ``StanError/Code/connectionClosed``, and a new client has to be made.
public final class StanClient: Sendable {
    /// What lives on the event loop.
    private final class Core {
        let nats: NATSConnection
        let session: StanSession

        init(nats: NATSConnection, session: StanSession) {
            self.nats = nats
            self.session = session
        }
    }

    private let eventLoop: any EventLoop
    private let core: NIOLoopBound<Core>

    private init(eventLoop: any EventLoop, core: NIOLoopBound<Core>) {
        self.eventLoop = eventLoop
        self.core = core
    }

    /// Connects to NATS and asks the STAN server for a session.
    ///
    /// - Parameters:
    ///   - servers: URLs of NATS servers, `nats://[user:password@|token@]host[:port]`, tried in random order.
    ///   - configuration: cluster id, client id, timeouts.
    ///   - eventLoop: where the client's work is done; by default one of the process's shared loops.
    ///   - logger: for what happens in between, at level debug and below.
    /// - Throws: ``StanError`` with the code ``StanError/Code/nats`` when no server can be reached or the credentials are refused,
    ///   ``StanError/Code/connectTimeout`` when no STAN server with the cluster id answers, ``StanError/Code/clientIDInUse``, or
    ///   ``StanError/Code/invalidArgument``.
    public static func connect(
        to servers: [String],
        configuration: StanConfiguration,
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanClient {
        try configuration.validate()
        let addresses = try servers.map {
            guard let address = NATSServerAddress($0) else {
                // The text may hold a password, so it is not repeated.
                throw StanError(.invalidArgument, "a NATS server's URL is not of the form nats://[user:password@]host[:port]")
            }
            return address
        }
        guard !addresses.isEmpty else { throw StanError(.invalidArgument, "no NATS server is given") }

        let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        let core = try await loop.flatSubmit {
            var natsConfiguration = NATSConfiguration(servers: addresses)
            natsConfiguration.name = configuration.clientID
            natsConfiguration.connectTimeout = configuration.requestTimeout
            let nats = NATSConnection(configuration: natsConfiguration, on: loop, logger: logger)
            let session = StanSession(nats: nats, configuration: configuration, logger: logger)
            let core = NIOLoopBound(Core(nats: nats, session: session), eventLoop: loop)
            return nats.startAndWait()
                .flatMapErrorThrowing { throw StanError(.nats, "\($0)") }
                .flatMap { core.value.session.connect() }
                .flatMapErrorThrowing { error in
                    core.value.nats.close()
                    throw error
                }
                .map { core }
        }.get()
        return StanClient(eventLoop: loop, core: core)
    }

    /// Publishes one message and returns when the server has stored it.
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/publishAckTimeout`` (stored or not: unknown),
    ///   ``StanError/Code/connectionClosed`` (likewise), ``StanError/Code/tooLarge``, ``StanError/Code/invalidArgument``,
    ///   ``StanError/Code/refused`` or ``StanError/Code/nats``.
    public func publish(_ data: ByteBuffer, to channel: String) async throws {
        try await self.eventLoop.flatSubmit { self.core.value.session.publish(data, to: channel) }.get()
    }

    /// Subscribes to a channel. Messages are acked by hand, with ``StanMessage/ack()``.
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/subscribeTimeout``, ``StanError/Code/refused`` (the server's words),
    ///   ``StanError/Code/invalidArgument``, ``StanError/Code/connectionClosed`` or ``StanError/Code/nats``.
    public func subscribe(
        to channel: String,
        options: StanSubscriptionOptions = StanSubscriptionOptions()
    ) async throws -> StanSubscription {
        try await self.eventLoop.flatSubmit {
            let loop = self.eventLoop
            let feed = StanSubscription.Feed(channel: channel, eventLoop: loop)
            let promise = loop.makePromise(of: StanSubscription.self)
            self.core.value.session.subscribe(to: channel, options: options, subscriber: feed) { result in
                switch result {
                case .success(let subscription):
                    promise.succeed(feed.attach(subscription))
                case .failure(let error):
                    promise.fail(error)
                }
            }
            return promise.futureResult
        }.get()
    }

    /// Ends the session and closes the NATS connection. Durables are kept. What waits for an ack fails.
    ///
    /// - Throws: ``StanError`` when the server did not confirm; the client is closed all the same.
    public func close() async throws {
        try await self.eventLoop.flatSubmit {
            self.core.value.session.close().always { _ in self.core.value.nats.close() }
        }.get()
    }

    /// Waits until the server no longer knows the session, or does not answer any more.
    ///
    /// - Returns: the reason, also when it has happened already. ``StanError/Code/connectionClosed`` after ``close()``.
    public func connectionLost() async -> StanError {
        let promise = self.eventLoop.makePromise(of: StanError.self)
        self.eventLoop.execute {
            let session = self.core.value.session
            if case .ended(let reason) = session.state { return promise.succeed(reason) }
            session.onEnd { promise.succeed($0) }
        }
        return (try? await promise.futureResult.get()) ?? .closed
    }
}
