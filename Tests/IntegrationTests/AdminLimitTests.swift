import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

extension DaemonTests {
    /// What the admin server takes from those who mean no good.
    @Suite("Limits of the admin address")
    struct AdminLimitTests {
        private func withDaemon(_ body: (DaemonProcess, Int) async throws -> Void) async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            config.addFile("file", path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"], #", "durable_name": "d""#)
            let daemon = try DaemonProcess.launch(config, in: directory)
            try await body(daemon, try await daemon.adminPort())
            #expect(await daemon.terminate() == .status(0))
        }

        /// A connection, and what was answered on it.
        private final class Conversation: ChannelInboundHandler, Sendable {
            typealias InboundIn = ByteBuffer

            private let heard = Mutex("")
            var text: String { self.heard.withLock { $0 } }

            static func begin(with port: Int) async throws -> (Conversation, any Channel) {
                let conversation = Conversation()
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton.next())
                    .channelInitializer { $0.pipeline.addHandler(conversation) }
                    .connect(host: "127.0.0.1", port: port)
                    .get()
                return (conversation, channel)
            }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                let text = String(buffer: self.unwrapInboundIn(data))
                self.heard.withLock { $0 += text }
            }

            func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        }

        /// Sends a text, and another one for as long as it is taken, until the other side ends the connection.
        ///
        /// - Returns: what was answered.
        private func send(_ text: String, then repeated: String? = nil, to port: Int) async throws -> String {
            let (conversation, channel) = try await Conversation.begin(with: port)
            try? await channel.writeAndFlush(ByteBuffer(string: text))
            if let repeated {
                let buffer = ByteBuffer(string: repeated)
                while channel.isActive { guard (try? await channel.writeAndFlush(buffer)) != nil else { break } }
            }
            try await channel.closeFuture.get()
            return conversation.text
        }

        @Test("a request whose head is too large, or never ends, is refused", .timeLimit(.minutes(1)))
        func heads() async throws {
            try await self.withDaemon { daemon, port in
                let long = String(repeating: "x", count: 9_000)
                let start = "GET /livez HTTP/1.1\r\nHost: h\r\n"
                let answers = [
                    try await self.send("\(start)A: \(long)\r\n\r\n", to: port),
                    try await self.send("GET /\(long) HTTP/1.1\r\nHost: h\r\n\r\n", to: port),
                    try await self.send(start, then: "A: b\r\n", to: port),
                ]
                #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 400 ") }, "\(answers)")
                #expect(try await daemon.get("/livez").status == 200)
            }
        }

        @Test("a body without an end is not read to it", .timeLimit(.minutes(1)))
        func bodies() async throws {
            try await self.withDaemon { daemon, port in
                let head = "POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000000\r\n\r\n"
                let answer = try await self.send(head, then: String(repeating: "x", count: 16_384), to: port)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 404 ") || answer.hasPrefix("HTTP/1.1 405 "), "\(answer)")
                #expect(try await daemon.get("/livez").status == 200)
            }
        }

        @Test("only so many connections are served at a time; the others are when some of these end")
        func connections() async throws {
            try await self.withDaemon { daemon, port in
                let request = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"
                var open: [(conversation: Conversation, channel: any Channel)] = []
                for _ in 0..<120 {
                    open.append(try await Conversation.begin(with: port))
                    try await open[open.count - 1].channel.writeAndFlush(ByteBuffer(string: request))
                }
                func answered() -> [(conversation: Conversation, channel: any Channel)] {
                    open.filter { !$0.conversation.text.isEmpty }
                }
                try await daemon.eventually("some are answered") { answered().count >= 64 }
                // The others would be by the time that one has been answered many times more.
                let (chatty, channel) = answered()[0]
                for count in 2...50 {
                    try await channel.writeAndFlush(ByteBuffer(string: request))
                    try await daemon.eventually("it is answered again") {
                        chatty.text.ranges(of: "alive\n").count == count
                    }
                }
                // They come in bunches, so that there may be a few more.
                let first = answered()
                #expect(first.count < 100)
                for (_, channel) in first { try await channel.close() }
                try await daemon.eventually("all are answered") { answered().count == open.count }
                for (_, channel) in open where channel.isActive { try? await channel.close() }
            }
        }
    }
}
