package import Logging
package import NATSTransport
package import NIOCore
import NIOPosix
import Synchronization

/// A ``NATSConnection`` for tests: hops onto its event loop, and keeps what the connection tells its observers.
package final class NATSTestClient: Sendable {
    /// What a connection has told.
    package enum Event: Sendable, Equatable {
        case connected(NATSServerAddress)
        case disconnected(NATSError)
        case connectFailed(NATSError)
        case serverError(String)
        case lameDuck
        case gaveUp(NATSError)
    }

    private final class Core {
        let connection: NATSConnection
        let observer: Observer

        init(_ connection: NATSConnection, _ observer: Observer) {
            self.connection = connection
            self.observer = observer
        }
    }

    private final class Observer: NATSConnectionObserver {
        private let tell: @Sendable (Event) -> Void

        init(_ tell: @escaping @Sendable (Event) -> Void) { self.tell = tell }

        func natsConnected(to server: NATSServerAddress, info: ServerInfo) { self.tell(.connected(server)) }
        func natsDisconnected(from server: NATSServerAddress, error: NATSError) { self.tell(.disconnected(error)) }
        func natsConnectFailed(to server: NATSServerAddress, error: NATSError) { self.tell(.connectFailed(error)) }
        func natsServerError(_ error: NATSServerError) { self.tell(.serverError(error.text)) }
        func natsLameDuck(_ server: NATSServerAddress) { self.tell(.lameDuck) }
        func natsGaveUp(on server: NATSServerAddress, error: NATSError) { self.tell(.gaveUp(error)) }
    }

    package let eventLoop: any EventLoop
    private let core: NIOLoopBound<Core>

    /// The events from the start on, for one reader.
    package let events: AsyncStream<Event>

    private init(eventLoop: any EventLoop, core: NIOLoopBound<Core>, events: AsyncStream<Event>) {
        self.eventLoop = eventLoop
        self.core = core
        self.events = events
    }

    /// Begins to connect; does not wait.
    package static func start(
        _ configuration: NATSConfiguration,
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) async throws -> NATSTestClient {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let core = try await loop.submit {
            let observer = Observer { continuation.yield($0) }
            let connection = NATSConnection(configuration: configuration, on: loop, logger: logger)
            connection.addObserver(observer)
            connection.start()
            return NIOLoopBound(Core(connection, observer), eventLoop: loop)
        }.get()
        return NATSTestClient(eventLoop: loop, core: core, events: events)
    }

    /// Connects to one server, by its URL.
    ///
    /// - Throws: the error of the first attempt, when it fails.
    package static func connect(
        _ urls: String...,
        configure: (inout NATSConfiguration) -> Void = { _ in }
    ) async throws -> NATSTestClient {
        var configuration = NATSConfiguration(servers: urls.compactMap { NATSServerAddress($0) })
        configuration.reconnectWait = .milliseconds(20)
        configuration.reconnectJitter = .zero
        configuration.refusedWait = .milliseconds(20)
        configure(&configuration)
        let client = try await Self.start(configuration)
        for await event in client.events {
            switch event {
            case .connected: return client
            case .connectFailed(let error):
                try await client.close()
                throw error
            case .disconnected, .serverError, .lameDuck, .gaveUp: break
            }
        }
        return client
    }

    package func run<Result: Sendable>(_ body: @escaping @Sendable (NATSConnection) throws -> Result) async throws -> Result {
        try await self.eventLoop.submit { [core] in try body(core.value.connection) }.get()
    }

    package func flatRun<Result: Sendable>(
        _ body: @escaping @Sendable (NATSConnection) -> EventLoopFuture<Result>
    ) async throws -> Result {
        try await self.eventLoop.flatSubmit { [core] in body(core.value.connection) }.get()
    }

    package func close() async throws { try await self.run { $0.close() } }

    package func flush() async throws { try await self.flatRun { $0.flush() } }

    package func publish(_ payload: ByteBuffer, to subject: String, reply: String? = nil) async throws {
        try await self.run { try $0.publish(payload, to: subject, reply: reply) }
    }

    package func request(
        _ payload: ByteBuffer,
        to subject: String,
        timeout: TimeAmount = .seconds(10)
    ) async throws -> NATSMessage {
        try await self.flatRun { $0.request(payload, to: subject, timeout: timeout) }
    }

    /// The messages of a subject. When connected, the server knows of the subscription when this returns.
    package func subscribe(_ subject: String, queue: String? = nil) async throws -> AsyncStream<NATSMessage> {
        let (messages, continuation) = AsyncStream.makeStream(of: NATSMessage.self)
        let isConnected = try await self.run { connection in
            let subscriber = NATSClosureSubscriber { continuation.yield(copy $0) }
            _ = connection.subscribe(subject, queue: queue, subscriber: subscriber)
            return connection.isConnected
        }
        if isConnected { try await self.flush() }
        return messages
    }

    /// Answers every request on a subject with its own payload.
    package func echo(on subject: String) async throws {
        try await self.run { connection in
            let subscriber = NATSClosureSubscriber { [weak connection] message in
                if let reply = message.reply { try? connection?.publish(message.payload, to: reply) }
            }
            _ = connection.subscribe(subject, subscriber: subscriber)
        }
        try await self.flush()
    }
}
