import Logging
import NATSTransport
import NIOCore
import NIOPosix
import StanCore
import Testing

/// A STAN client without any sense: sends what it is told and hands over what comes.
final class RawClient: Sendable {
    private final class Core {
        let connection: NATSConnection
        init(_ connection: NATSConnection) { self.connection = connection }
    }

    private final class Ready: NATSConnectionObserver {
        let promise: EventLoopPromise<Void>
        init(_ promise: EventLoopPromise<Void>) { self.promise = promise }
        func natsConnected(to server: NATSServerAddress, info: ServerInfo) { self.promise.succeed() }
    }

    private let loop: any EventLoop
    private let core: NIOLoopBound<Core>

    init(_ url: String) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let address = try #require(NATSServerAddress(url))
        let ready = loop.makePromise(of: Void.self)
        self.loop = loop
        self.core = try await loop.submit {
            let connection = NATSConnection(
                configuration: NATSConfiguration(servers: [address]),
                on: loop,
                logger: Logger(label: "test")
            )
            let observer = Ready(ready)
            connection.addObserver(observer)
            ready.futureResult.assumeIsolated().whenComplete { _ in _ = observer }
            connection.start()
            return NIOLoopBound(Core(connection), eventLoop: loop)
        }.get()
        try await ready.futureResult.get()
    }

    func close() async throws {
        try await self.loop.submit { [core] in core.value.connection.close() }.get()
    }

    /// - Returns: the payload of the answer.
    func request(_ message: some StanWireMessage & Sendable, to subject: String) async throws -> ByteBuffer {
        try await self.loop.flatSubmit { [core] in
            core.value.connection.request(message.encoded(), to: subject, timeout: .seconds(5)).map(\.payload)
        }.get()
    }

    func publish(_ message: some StanWireMessage & Sendable, to subject: String, reply: String? = nil) async throws {
        try await self.loop.submit { [core] in
            try core.value.connection.publish(message.encoded(), to: subject, reply: reply)
        }.get()
    }

    /// Messages on a subject; subscribed when this returns.
    func subscribe(_ subject: String) async throws -> AsyncStream<ByteBuffer> {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        try await self.loop.flatSubmit { [core] in
            let connection = core.value.connection
            _ = connection.subscribe(subject, subscriber: NATSClosureSubscriber { continuation.yield($0.payload) })
            return connection.flush()
        }.get()
        return stream
    }

    /// Answers everything that comes on a heartbeat inbox.
    func answerHeartbeats(_ inbox: String) async throws {
        try await self.loop.flatSubmit { [core] in
            let connection = core.value.connection
            let subscriber = NATSClosureSubscriber { [weak connection] message in
                if let reply = message.reply { try? connection?.publish(ByteBuffer(), to: reply) }
            }
            _ = connection.subscribe(inbox, subscriber: subscriber)
            return connection.flush()
        }.get()
    }

    /// Connects as a STAN client does.
    func connect(_ clientID: String, cluster: String = "test-cluster") async throws -> StanWire.ConnectResponse {
        let inbox = NUID.makeInbox()
        try await self.answerHeartbeats(inbox)
        let request = StanWire.ConnectRequest(
            clientID: clientID,
            heartbeatInbox: inbox,
            protocolVersion: 1,
            connectionID: ByteBuffer(string: "c-\(clientID)"),
            pingInterval: 5,
            pingMaxOut: 3
        )
        return try StanWire.ConnectResponse(decoding: try await self.request(request, to: "_STAN.discover.\(cluster)"))
    }
}
