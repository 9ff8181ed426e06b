public import Logging
import NATSTransport
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
/// It reconnects for ever, until it is closed.
public final class StanTransport: Sendable {
    /// How to reach NATS.
    public struct Configuration: Sendable {
        /// URLs of NATS servers, `nats://[user:password@|token@]host[:port]`. They are tried in random order.
        public var servers: [String]

        /// Shown by the server's monitoring.
        public var name: String?

        /// For the connection and the handshake together. 2 s.
        public var connectTimeout = TimeAmount.seconds(2)

        /// The pause after all servers have been tried in vain. 2 s, and a little left to chance.
        public var reconnectWait = TimeAmount.seconds(2)

        public init(servers: [String]) {
            self.servers = servers
        }
    }

    let eventLoop: any EventLoop
    let connection: NIOLoopBound<NATSConnection>
    let logger: Logger

    private init(eventLoop: any EventLoop, connection: NIOLoopBound<NATSConnection>, logger: Logger) {
        self.eventLoop = eventLoop
        self.connection = connection
        self.logger = logger
    }

    /// Connects, or fails when each server has been tried once.
    ///
    /// - Parameters:
    ///   - servers: see ``Configuration/servers``.
    ///   - eventLoop: where the work is done; by default one of the process's shared loops.
    ///   - logger: for what happens in between, at level debug and below.
    /// - Throws: ``StanError`` with the code ``StanError/Code/nats`` when no server can be reached or the credentials are refused, or
    ///   ``StanError/Code/invalidArgument``.
    public static func connect(
        to servers: [String],
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanTransport {
        try await self.connect(Configuration(servers: servers), eventLoop: eventLoop, logger: logger)
    }

    /// Connects, or fails when each server has been tried once.
    public static func connect(
        _ configuration: Configuration,
        eventLoop: (any EventLoop)? = nil,
        logger: Logger = Logger(label: "stan", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> StanTransport {
        let addresses = try configuration.servers.map {
            guard let address = NATSServerAddress($0) else {
                // The text may hold a password, so it is not repeated.
                throw StanError(.invalidArgument, "a NATS server's URL is not of the form nats://[user:password@]host[:port]")
            }
            return address
        }
        guard !addresses.isEmpty else { throw StanError(.invalidArgument, "no NATS server is given") }
        let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        let connection = try await loop.flatSubmit {
            var nats = NATSConfiguration(servers: addresses)
            nats.name = configuration.name
            nats.connectTimeout = configuration.connectTimeout
            nats.reconnectWait = configuration.reconnectWait
            let connection = NATSConnection(configuration: nats, on: loop, logger: logger)
            let bound = NIOLoopBound(connection, eventLoop: loop)
            return connection.startAndWait()
                .flatMapErrorThrowing { throw StanError(.nats, "\($0)") }
                .map { bound }
        }.get()
        return StanTransport(eventLoop: loop, connection: connection, logger: logger)
    }

    /// Closes the connection. The sessions over it are lost.
    public func close() async {
        try? await self.eventLoop.submit { self.connection.value.close() }.get()
    }
}
