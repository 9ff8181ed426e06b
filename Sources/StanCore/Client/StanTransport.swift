public import Logging
package import NATSTransport
public import NIOCore
import NIOPosix

/// A connection to NATS. Made by ``StanClient`` itself, or by hand, to be shared by several clients and to outlive them.
///
/// ```swift
/// let transport = try await StanTransport.connect(to: ["nats://127.0.0.1:4222"])
/// let orders = try await StanClient.connect(over: transport, configuration: …)
/// let invoices = try await StanClient.connect(over: transport, configuration: …)
/// ```
///
/// It reconnects for ever, until it is closed, or nobody holds it or a client over it any more.
public final class StanTransport: Sendable {
    let eventLoop: any EventLoop
    let connection: NIOLoopBound<NATSConnection>
    let logger: Logger
    private let hub: TransportEvents

    /// Retained here: the connection does not.
    private let observer: NIOLoopBound<TransportObserver>

    private init(_ link: Link, logger: Logger) {
        self.eventLoop = link.connection.eventLoop
        self.connection = link.connection
        self.observer = link.observer
        self.hub = link.hub
        self.logger = logger
    }

    /// A connection that nobody holds any more is closed.
    deinit {
        let connection = self.connection
        let observer = self.observer
        connection.eventLoop.execute {
            connection.value.close()
            // Hears of it.
            _ = observer.value
        }
    }

    // MARK: Life

    /// Connects, or fails when each server has been tried once.
    ///
    /// - Parameters:
    ///   - servers: see ``Configuration/servers``.
    ///   - eventLoop: where the work is done; by default one of the process's shared loops.
    ///   - logger: for what happens in between, at level debug and below.
    /// - Throws: as ``connect(_:eventLoop:logger:)``.
    public static func connect(
        to servers: [String],
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanTransport {
        try await self.connect(Configuration(servers: servers), eventLoop: eventLoop, logger: logger)
    }

    /// Connects, or fails when each server has been tried once. Cancelling the task ends the attempt at once.
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/authorization`` when the credentials are refused or cannot be used,
    ///   ``StanError/Code/tls`` when TLS cannot be established, ``StanError/Code/nats`` when no server can be reached,
    ///   ``StanError/Code/invalidArgument`` or ``StanError/Code/cancelled``.
    public static func connect(
        _ configuration: Configuration,
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanTransport {
        try await self.connect(configuration.nats(), eventLoop: eventLoop, logger: logger)
    }

    package static func connect(
        _ configuration: NATSConfiguration,
        eventLoop: (any EventLoop)?,
        logger: Logger
    ) async throws -> StanTransport {
        let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        let hub = TransportEvents()
        let link = try await loop.submit {
            let connection = NATSConnection(configuration: configuration, on: loop, logger: logger)
            let observer = TransportObserver(hub)
            connection.addObserver(observer)
            return Link(
                connection: NIOLoopBound(connection, eventLoop: loop),
                observer: NIOLoopBound(observer, eventLoop: loop),
                hub: hub
            )
        }.get()
        do {
            try await withTaskCancellationHandler {
                try await loop.flatSubmit { link.connection.value.startAndWait() }.get()
            } onCancel: {
                loop.execute { link.connection.value.close() }
            }
        } catch {
            if Task.isCancelled { throw StanError(.cancelled, "connecting to NATS was cancelled") }
            throw StanError(nats: error)
        }
        return StanTransport(link, logger: logger)
    }

    /// A connection and who listens to it, on their event loop.
    private struct Link: Sendable {
        var connection: NIOLoopBound<NATSConnection>
        var observer: NIOLoopBound<TransportObserver>
        var hub: TransportEvents
    }

    /// Closes the connection for good. The sessions over it are lost at once, with the reason ``StanError/Loss/natsClosed``; close
    /// them first where the server is to know. A second call does nothing.
    public func close() async {
        try? await self.eventLoop.submit { self.connection.value.close() }.get()
    }

    // MARK: Events

    /// What becomes of the connection: first how it stands, then what happens from now on, until it is closed.
    ///
    /// ```swift
    /// for await event in transport.events {
    ///     if case .disconnected(let server, let failure) = event { logger.warning("\(server): \(failure)") }
    /// }
    /// ```
    ///
    /// Each call begins a sequence of its own. Up to 256 events are kept for a slow reader; then the oldest are dropped.
    public var events: AsyncStream<Event> { self.hub.listen() }

    /// How many read ``events``.
    var listenerCount: Int { self.hub.count }

    /// For tests: as if it had happened.
    func tell(_ event: Event) { self.hub.tell(event) }
}
