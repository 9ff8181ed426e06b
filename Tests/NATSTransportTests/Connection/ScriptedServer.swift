import NIOCore
import NIOPosix
import Synchronization

/// A NATS server that says what a test wants it to.
final class ScriptedServer: Sendable {
    enum Answer: Sendable {
        case send(String)
        case close
    }

    /// What to answer to a line, given the number of the connection that sent it, from 1.
    typealias Script = @Sendable (_ line: String, _ connection: Int) -> [Answer]

    private struct State {
        var lines: [String] = []
        var channels: [any Channel] = []
    }

    let port: Int
    var url: String { "nats://127.0.0.1:\(self.port)" }

    private let listener: any Channel
    private let state: Shared

    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private init(listener: any Channel, state: Shared) {
        self.listener = listener
        self.port = listener.localAddress?.port ?? 0
        self.state = state
    }

    /// - Parameters:
    ///   - greeting: what a connection of that number gets at once; an INFO without headers by default.
    ///   - script: answers PING with PONG by default.
    static func start(
        greeting: @escaping @Sendable (Int) -> String = { _ in ScriptedServer.info() },
        script: @escaping Script = { line, _ in line == "PING" ? [.send("PONG\r\n")] : [] }
    ) async throws -> ScriptedServer {
        let shared = Shared()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = shared.state.withLock {
                        $0.channels.append(channel)
                        return $0.channels.count
                    }
                    let handler = ScriptHandler(greeting: greeting(number)) { line in
                        shared.state.withLock { $0.lines.append(line) }
                        return script(line, number)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return ScriptedServer(listener: listener, state: shared)
    }

    static func info(_ fields: String = "") -> String {
        "INFO {\"server_id\":\"S\",\"version\":\"2.9.10\"\(fields.isEmpty ? "" : ",")\(fields)}\r\n"
    }

    /// All lines from all connections, in the order they came.
    var lines: [String] { self.state.state.withLock { $0.lines } }

    var connectionCount: Int { self.state.state.withLock { $0.channels.count } }

    /// Sends to the newest connection.
    func send(_ text: String) {
        self.state.state.withLock { $0.channels.last }?.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    func dropConnections() {
        for channel in self.state.state.withLock({ $0.channels }) { channel.close(promise: nil) }
    }

    func stop() async throws {
        try await self.listener.close()
        self.dropConnections()
    }
}

/// Runs the script on one connection.
private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: String
    private let script: (String) -> [ScriptedServer.Answer]
    private var buffer = ByteBuffer()

    init(greeting: String, script: @escaping (String) -> [ScriptedServer.Answer]) {
        self.greeting = greeting
        self.script = script
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !self.greeting.isEmpty else { return }
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: self.greeting)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = self.unwrapInboundIn(data)
        self.buffer.writeBuffer(&part)
        while let end = self.buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            let line = self.buffer.readString(length: end - self.buffer.readerIndex + 1) ?? ""
            // One character: Swift takes a carriage return and a line feed together.
            for answer in self.script(String(line.dropLast())) {
                switch answer {
                case .send(let text): context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                case .close: context.close(promise: nil)
                }
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
