import NIOCore
import NIOPosix

/// A plain GET, or HEAD, to a server on the loopback interface.
enum HTTPGet {
    struct Answer: Sendable {
        var status: Int
        var head: String
        var body: String
    }

    struct NoAnswer: Error {
        var text: String
    }

    static func get(_ path: String, port: Int, token: String? = nil, method: String = "GET") async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let whole = loop.makePromise(of: String.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(whole)) }
                }
                .connect(host: "127.0.0.1", port: port)
                .get()
        } catch {
            whole.fail(error)
            throw error
        }
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let request = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(authorization)Connection: close\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: request))
        let text = try await whole.futureResult.get()
        guard let end = text.firstRange(of: "\r\n\r\n"),
            let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else {
            throw NoAnswer(text: text)
        }
        return Answer(status: status, head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var text = ByteBuffer()
        private let whole: EventLoopPromise<String>

        init(_ whole: EventLoopPromise<String>) { self.whole = whole }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.text.writeImmutableBuffer(self.unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) { self.whole.succeed(String(buffer: self.text)) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            self.whole.fail(error)
            context.close(promise: nil)
        }
    }
}
