import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// An endpoint that does to each request exactly what the test says, byte by byte: no HTTP library stands between.
final class ScriptedReceiver: Sendable {
    /// One request as it came over the wire.
    struct Request: Sendable {
        /// The number of the connection, from 0, in the order they were accepted.
        let connection: Int

        /// The number of the request on its connection, from 0.
        let index: Int
        let line: String

        /// As sent, in order.
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        subscript(name: String) -> String? {
            self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        var sequence: UInt64 { self["Stan-Sequence"].flatMap { UInt64($0) } ?? 0 }
    }

    enum Reply: Sendable {
        /// Sends the text.
        case raw(String)

        /// Sends the first text, and the second one a little later.
        case rawThenUnasked(String, String)

        /// Sends the text, one byte after the other, each in a packet of its own.
        case trickle(String)

        /// Sends the text and ends the connection, at once or so much later, whatever else has come by then.
        case rawThenClose(String, after: TimeAmount = .zero)

        /// Sends the text and resets the connection, as a program that dies does, or a firewall.
        case rawThenReset(String)

        /// Sends the head, then `chunk` again and again for as long as the other side reads.
        case endless(head: String, chunk: String)
        case nothing
        case close

        static let ok = Reply.status(200)

        static func status(_ status: Int, headers: [String] = [], body: String = "") -> Reply {
            let lines = ["HTTP/1.1 \(status) Whatever", "Content-Length: \(body.utf8.count)"] + headers
            return .raw(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }
    }

    private struct Record {
        var requests: [Request] = []
        var connections = 0
        var open = 0
        var unanswered = 0
        var mostUnanswered = 0
        var answered = 0
        var endlessBytes = 0
        var unasked = 0
        var held: [@Sendable () -> Void] = []
    }

    let port: Int
    private let channel: any Channel
    private let record: SharedRecord

    private final class SharedRecord: Sendable {
        let state = Mutex(Record())
    }

    var url: String { "http://127.0.0.1:\(self.port)/hooks" }
    /// How many answers have gone out to the network.
    var answered: Int { self.record.state.withLock { $0.answered } }
    /// How many unasked texts have gone out to the network.
    var unasked: Int { self.record.state.withLock { $0.unasked } }
    /// How many bytes of endless answers have gone out to the network.
    var endlessBytes: Int { self.record.state.withLock { $0.endlessBytes } }
    var requests: [Request] { self.record.state.withLock { $0.requests } }
    var connections: Int { self.record.state.withLock { $0.connections } }
    var openConnections: Int { self.record.state.withLock { $0.open } }

    /// The most requests that were there at the same time without an answer.
    var mostUnanswered: Int { self.record.state.withLock { $0.mostUnanswered } }

    /// - Parameters:
    ///   - delay: how long each answer takes.
    ///   - hold: no answer is sent before there are this many requests; then all of them are.
    init(delay: TimeAmount? = nil, hold: Int = 0, keepRequests: Bool = true, _ script: @escaping @Sendable (Request) -> Reply)
        async throws
    {
        let record = SharedRecord()
        self.record = record
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = record.state.withLock { state in
                        state.open += 1
                        state.connections += 1
                        return state.connections - 1
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(
                            connection: number,
                            delay: delay,
                            hold: hold,
                            keepRequests: keepRequests,
                            record: record,
                            script: script
                        )
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        self.port = self.channel.localAddress?.port ?? 0
    }

    func stop() async {
        try? await self.channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let connection: Int
        private let delay: TimeAmount?
        private let hold: Int
        private let keepRequests: Bool
        private let record: SharedRecord
        private let script: @Sendable (Request) -> Reply
        private var received = ByteBuffer()
        private var index = 0

        init(
            connection: Int,
            delay: TimeAmount?,
            hold: Int,
            keepRequests: Bool,
            record: SharedRecord,
            script: @escaping @Sendable (Request) -> Reply
        ) {
            self.connection = connection
            self.delay = delay
            self.hold = hold
            self.keepRequests = keepRequests
            self.record = record
            self.script = script
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.record.state.withLock { $0.open -= 1 }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
            while let request = self.nextRequest() {
                self.record.state.withLock { state in
                    if self.keepRequests { state.requests.append(request) }
                    state.unanswered += 1
                    state.mostUnanswered = max(state.mostUnanswered, state.unanswered)
                }
                let reply = self.script(request)
                if self.hold > 0 {
                    self.holdBack(reply, context)
                } else if let delay = self.delay {
                    context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.send(reply, context) }
                } else {
                    self.send(reply, context)
                }
            }
        }

        private func holdBack(_ reply: Reply, _ context: ChannelHandlerContext) {
            let loop = context.eventLoop
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
            let released: [@Sendable () -> Void] = self.record.state.withLock { state in
                state.held.append { loop.execute { bound.value.handler.send(reply, bound.value.context) } }
                guard state.held.count == self.hold else { return [] }
                defer { state.held = [] }
                return state.held
            }
            for release in released { release() }
        }

        private func nextRequest() -> Request? {
            let view = self.received.readableBytesView
            guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            var lines = String(decoding: view[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
            let first = lines.removeFirst()
            let headers = lines.map { line in
                let colon = line.firstIndex(of: ":") ?? line.endIndex
                return (String(line[..<colon]), String(line[colon...].dropFirst().drop { $0 == " " }))
            }
            let length = headers.first { $0.0 == "Content-Length" }.flatMap { Int($0.1) } ?? 0
            guard view.endIndex - end.upperBound >= length else { return nil }
            self.received.moveReaderIndex(to: end.upperBound)
            let body = self.received.readBytes(length: length) ?? []
            self.received.discardReadBytes()
            defer { self.index += 1 }
            return Request(connection: self.connection, index: self.index, line: first, headers: headers, body: body)
        }

        private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
            if case .nothing = reply { return }
            self.record.state.withLock { $0.unanswered -= 1 }
            switch reply {
            case .nothing: break
            case .close: context.close(promise: nil)
            case .raw(let text):
                let record = self.record
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text))).whenSuccess {
                    record.state.withLock { $0.answered += 1 }
                }
            case .rawThenUnasked(let text, let unasked):
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                let record = self.record
                context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) {
                    context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: unasked))).whenSuccess {
                        record.state.withLock { $0.unasked += 1 }
                    }
                }
            case .trickle(let text):
                self.trickle(ByteBuffer(string: text), context)
            case .rawThenClose(let text, let delay):
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                guard delay > .zero else { return context.close(promise: nil) }
                context.eventLoop.assumeIsolated().scheduleTask(in: delay) { context.close(promise: nil) }
            case .rawThenReset(let text):
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                let noLinger = linger(l_onoff: 1, l_linger: 0)
                (context.channel as? any SocketOptionProvider)?.setSoLinger(noLinger).assumeIsolated().whenComplete { _ in
                    context.close(promise: nil)
                }
            case .endless(let head, let chunk):
                context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: head)), promise: nil)
                self.sendAgain(ByteBuffer(string: chunk), context)
            }
        }

        private func sendAgain(_ chunk: ByteBuffer, _ context: ChannelHandlerContext) {
            let loop = context.eventLoop.assumeIsolated()
            context.writeAndFlush(self.wrapOutboundOut(chunk)).assumeIsolated().whenSuccess {
                self.record.state.withLock { $0.endlessBytes += chunk.readableBytes }
                loop.execute { self.sendAgain(chunk, context) }
            }
        }

        /// The other side gets the time to read each byte by itself.
        private func trickle(_ text: ByteBuffer, _ context: ChannelHandlerContext) {
            var rest = text
            guard let byte = rest.readSlice(length: 1) else { return }
            context.writeAndFlush(self.wrapOutboundOut(byte)).assumeIsolated().whenSuccess {
                context.eventLoop.assumeIsolated().scheduleTask(in: .microseconds(200)) { self.trickle(rest, context) }
            }
        }
    }
}
