public import Logging
package import NATSTransport
public import NIOCore

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
/// ``connectionLost()`` waits for that.
public final class StanClient: Sendable {
    /// The connection to NATS: the client's own, or the one it was given. ``StanTransport/events`` says what becomes of it.
    public let transport: StanTransport

    private let ownsTransport: Bool
    private let session: NIOLoopBound<StanSession>

    /// For tests.
    var boundSession: NIOLoopBound<StanSession> { self.session }

    private var eventLoop: any EventLoop { self.transport.eventLoop }

    private init(transport: StanTransport, ownsTransport: Bool, session: NIOLoopBound<StanSession>) {
        self.transport = transport
        self.ownsTransport = ownsTransport
        self.session = session
    }

    // MARK: Life

    /// Connects to NATS, over a connection of the client's own, and asks the STAN server for a session.
    ///
    /// - Parameters:
    ///   - servers: URLs of NATS servers, `nats://[user:password@|token@]host[:port]` or `tls://…`, tried in random order.
    ///   - configuration: cluster id, client id, timeouts.
    ///   - eventLoop: where the client's work is done; by default one of the process's shared loops.
    ///   - logger: for what happens in between, at level debug and below.
    /// - Throws: as ``connect(_:configuration:eventLoop:logger:)``.
    public static func connect(
        to servers: [String],
        configuration: StanConfiguration,
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanClient {
        var transport = StanTransport.Configuration(servers: servers)
        transport.connectTimeout = configuration.requestTimeout
        return try await self.connect(transport, configuration: configuration, eventLoop: eventLoop, logger: logger)
    }

    /// Connects to NATS with credentials, TLS and other settings, over a connection of the client's own, and asks the STAN server for
    /// a session.
    ///
    /// ```swift
    /// var transport = StanTransport.Configuration(servers: ["tls://nats.example:4222"])
    /// transport.credentials = .credentials(file: "/etc/me/user.creds")
    /// let client = try await StanClient.connect(
    ///     transport,
    ///     configuration: StanConfiguration(clusterID: "test-cluster", clientID: "me")
    /// )
    /// ```
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/authorization`` when NATS refuses the credentials or they cannot be used,
    ///   ``StanError/Code/tls`` when TLS cannot be established, ``StanError/Code/nats`` when no server can be reached,
    ///   ``StanError/Code/connectTimeout`` when no STAN server with the cluster id answers, ``StanError/Code/clientIDInUse``,
    ///   ``StanError/Code/invalidArgument``, ``StanError/Code/refused`` (the server's words) or ``StanError/Code/cancelled``.
    public static func connect(
        _ transport: StanTransport.Configuration,
        configuration: StanConfiguration,
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanClient {
        try await self.connect(transport.nats(), configuration: configuration, eventLoop: eventLoop, logger: logger)
    }

    package static func connect(
        _ nats: NATSConfiguration,
        configuration: StanConfiguration,
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanClient {
        try configuration.validate()
        var nats = nats
        nats.name = nats.name ?? configuration.clientID
        let transport = try await StanTransport.connect(nats, eventLoop: eventLoop, logger: logger)
        do {
            return try await self.connect(over: transport, configuration: configuration, ownsTransport: true)
        } catch {
            await transport.close()
            throw error
        }
    }

    /// Asks the STAN server for a session over a connection that is there. Closing the client leaves the connection open.
    ///
    /// - Throws: as ``connect(_:configuration:eventLoop:logger:)``, as far as the session is concerned.
    public static func connect(over transport: StanTransport, configuration: StanConfiguration) async throws -> StanClient {
        try await self.connect(over: transport, configuration: configuration, ownsTransport: false)
    }

    private static func connect(
        over transport: StanTransport,
        configuration: StanConfiguration,
        ownsTransport: Bool
    ) async throws -> StanClient {
        let session = try await transport.eventLoop.flatSubmit {
            let nats = transport.connection.value
            let session = StanSession(nats: nats, configuration: configuration, logger: transport.logger)
            let bound = NIOLoopBound(session, eventLoop: transport.eventLoop)
            return session.connect().map { bound }
        }.get()
        return StanClient(transport: transport, ownsTransport: ownsTransport, session: session)
    }

    /// A client that nobody holds any more leaves nothing behind: its session ends on this side, and the server finds out.
    deinit {
        let session = self.session
        let transport = self.ownsTransport ? self.transport : nil
        session.eventLoop.execute {
            session.value.abandon()
            transport?.connection.value.close()
        }
    }

    /// Ends the session, and the NATS connection if it is the client's own. Durables are kept. What waits for an ack fails.
    /// A second call does nothing.
    ///
    /// - Throws: ``StanError`` when the server did not confirm; the client is closed all the same.
    public func close() async throws {
        try await self.eventLoop.flatSubmit { [session, transport, ownsTransport] in
            session.value.close().always { _ in
                if ownsTransport { transport.connection.value.close() }
            }
        }.get()
    }

    /// Waits until the session has ended: because the server no longer knows it or does not answer any more, or by ``close()``.
    ///
    /// - Returns: the reason; ``StanError/Code/connectionLost`` with a ``StanError/loss``, ``StanError/Code/connectionClosed`` after
    ///   ``close()``, or ``StanError/Code/cancelled`` when the waiting task was cancelled.
    public func connectionLost() async -> StanError {
        let promise = self.eventLoop.makePromise(of: StanError.self)
        return await withTaskCancellationHandler {
            self.eventLoop.execute { [session] in
                let number = session.value.onEnd { promise.succeed($0) }
                // The loss itself takes it out before.
                promise.futureResult.assumeIsolated().whenComplete { _ in session.value.cancelOnEnd(number) }
            }
            return (try? await promise.futureResult.get()) ?? .closed
        } onCancel: {
            promise.succeed(StanError(.cancelled, "waiting for the loss of the session was cancelled"))
        }
    }

    // MARK: Publish

    /// Publishes one message and returns when the server has stored it.
    ///
    /// When ``StanConfiguration/maxPubAcksInFlight`` messages wait for their acks, or ``StanTransport/Configuration/outboundLimit``
    /// bytes for the socket, it waits for its turn. Cancelling the task ends the waiting at once; the message may be stored or not.
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/publishAckTimeout`` (stored or not: unknown),
    ///   ``StanError/Code/connectionClosed`` (likewise), ``StanError/Code/tooLarge``, ``StanError/Code/invalidArgument``,
    ///   ``StanError/Code/refused``, ``StanError/Code/cancelled`` or ``StanError/Code/nats``.
    public func publish(_ data: ByteBuffer, to channel: String) async throws {
        let waiter = PublishWaiter(session: self.session)
        try await withTaskCancellationHandler {
            try await waiter.publish(data, to: channel)
        } onCancel: {
            waiter.cancel()
        }
    }

    /// Publishes one message without waiting for anything.
    ///
    /// Messages are sent in the order of the calls. Those beyond ``StanConfiguration/maxPubAcksInFlight``, or
    /// ``StanTransport/Configuration/outboundLimit``, wait in memory for their turn: a caller who publishes faster than the server
    /// takes should count what is on its way.
    ///
    /// - Parameter onAck: called once, on the client's event loop: with nil when the server has stored the message, else with the
    ///   error, which names the guid. Must not block.
    public func publish(_ data: ByteBuffer, to channel: String, onAck: @escaping @Sendable (StanError?) -> Void) {
        self.eventLoop.execute { [session] in
            _ = session.value.publish(data, to: channel, completion: onAck)
        }
    }

    /// Publishes many messages, in order, and returns when every one has been stored or has failed. The fastest way.
    ///
    /// - Returns: what failed: the index of the message, and why. Empty when all are stored.
    /// - Throws: ``StanError`` with the code ``StanError/Code/cancelled`` when the task was cancelled; what was not yet sent is not
    ///   sent then.
    public func publish(contentsOf messages: [ByteBuffer], to channel: String) async throws -> [(index: Int, error: StanError)] {
        guard !messages.isEmpty else { return [] }
        let waiter = BatchPublishWaiter(session: self.session, messages: messages, channel: channel)
        return try await withTaskCancellationHandler {
            try await waiter.publish()
        } onCancel: {
            waiter.cancel()
        }
    }

    // MARK: Subscribe

    /// Subscribes to a channel. Messages are acked by hand, with ``StanMessage/ack()``, or by ``StanSubscription/process(_:)``.
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/subscribeTimeout``, ``StanError/Code/refused`` (the server's words),
    ///   ``StanError/Code/invalidArgument``, ``StanError/Code/connectionClosed`` or ``StanError/Code/nats``.
    public func subscribe(
        to channel: String,
        options: StanSubscriptionOptions = StanSubscriptionOptions()
    ) async throws -> StanSubscription {
        try await self.eventLoop.flatSubmit { [session, eventLoop] in
            let feed = MessageFeed(channel: channel, options: options, eventLoop: eventLoop)
            let promise = eventLoop.makePromise(of: StanSubscription.self)
            session.value.subscribe(to: channel, options: options, subscriber: feed) { result in
                switch result {
                case .success(let source): promise.succeed(feed.attach(to: source))
                case .failure(let error): promise.fail(error)
                }
            }
            return promise.futureResult
        }.get()
    }
}
