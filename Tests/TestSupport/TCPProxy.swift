package import NIOCore
import NIOPosix

/// Stands between a client and a server on TCP, to cut them off from each other.
package final class TCPProxy: Sendable {
    /// The port of the loopback interface on which it listens.
    package let port: Int

    package var url: String { "nats://127.0.0.1:\(self.port)" }

    private let eventLoop: any EventLoop
    private let core: NIOLoopBound<TCPProxyCore>
    private let listener: any Channel

    private init(port: Int, eventLoop: any EventLoop, core: NIOLoopBound<TCPProxyCore>, listener: any Channel) {
        self.port = port
        self.eventLoop = eventLoop
        self.core = core
        self.listener = listener
    }

    /// Begins to listen on a free port. What comes goes to the host and port.
    package static func start(to host: String = "127.0.0.1", port: Int) async throws -> TCPProxy {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let core = try await loop.submit {
            NIOLoopBound(TCPProxyCore(host: host, port: port, eventLoop: loop), eventLoop: loop)
        }.get()
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try core.value.accepted(channel) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return TCPProxy(port: listener.localAddress?.port ?? 0, eventLoop: loop, core: core, listener: listener)
    }

    /// How many connections go through it now.
    package var connectionCount: Int {
        get async throws { try await self.eventLoop.submit { [core] in core.value.pairs.count }.get() }
    }

    /// How many connections it has taken since it listens.
    package var acceptedCount: Int {
        get async throws { try await self.eventLoop.submit { [core] in core.value.acceptedCount }.get() }
    }

    /// Says something to all clients that the server did not say. While nothing moves it comes between two of the server's lines.
    package func sendToClients(_ text: String) async throws {
        try await self.eventLoop.submit { [core] in core.value.sendToClients(ByteBuffer(string: text)) }.get()
    }

    /// Closes all connections on both sides. New ones are taken.
    package func dropConnections() async throws {
        try await self.eventLoop.submit { [core] in core.value.dropAll() }.get()
    }

    /// Closes all connections, and new ones as soon as they come, until ``resume()``.
    package func cut() async throws {
        try await self.eventLoop.submit { [core] in
            core.value.isRefusing = true
            core.value.dropAll()
        }.get()
    }

    package enum Direction: Sendable, Hashable, CaseIterable {
        case toServer
        case toClient
    }

    /// Lets nothing through, by default in neither direction, on old connections and new ones, until ``resume()``. They stay open, as
    /// they do when a cable is pulled.
    package func stall(_ directions: Set<Direction> = Set(Direction.allCases)) async throws {
        try await self.eventLoop.submit { [core] in core.value.stalled = directions }.get()
    }

    /// Everything takes so long in either direction, on connections that are made from now on.
    package func delay(by delay: TimeAmount) async throws {
        try await self.eventLoop.submit { [core] in core.value.delay = delay }.get()
    }

    /// Takes connections and lets everything through again.
    package func resume() async throws {
        try await self.eventLoop.submit { [core] in
            core.value.isRefusing = false
            core.value.stalled = []
        }.get()
    }

    /// Stops listening and closes all connections.
    package func stop() async throws {
        try await self.listener.close()
        try await self.dropConnections()
    }
}

/// Lends a proxy in front of a port of the loopback interface.
package func withTCPProxy<Result>(to port: Int, _ body: (TCPProxy) async throws -> Result) async throws -> Result {
    let proxy = try await TCPProxy.start(port: port)
    do {
        let result = try await body(proxy)
        try await proxy.stop()
        return result
    } catch {
        try? await proxy.stop()
        throw error
    }
}
