import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// An endpoint on the loopback interface that remembers what is posted to it, and answers as a test likes.
final class WebhookReceiver: Sendable {
    struct Request: Sendable {
        /// `POST /hook HTTP/1.1`
        var line: String
        /// By names in lower case.
        var headers: [String: String]
        var body: String
        var receivedAt = NIODeadline.now()

        var sequence: UInt64 { self.headers["stan-sequence"].flatMap { UInt64($0) } ?? 0 }
        var attempt: Int { self.headers["stan-attempt"].flatMap { Int($0) } ?? 0 }
    }

    enum Answer: Sendable {
        case status(Int, after: TimeAmount = .zero)
        /// At once, with a `Retry-After` of so many seconds.
        case comeBack(Int, seconds: Int)
        /// At once, with all that was sent as the body.
        case echo(Int)
        /// When the test says so.
        case atRelease(Int)
        /// Never.
        case none
    }

    private struct State {
        var requests: [Request] = []
        var taken: [UInt64: Int] = [:]
        /// What each connection waits for the answer of.
        var inHand: [ObjectIdentifier: UInt64] = [:]
        var besideItself = 0
        var answer: @Sendable (Request) -> Answer = { _ in .status(200) }
        var held: [@Sendable () -> Void] = []
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var accepted = 0
    }

    private let state = Mutex(State())
    let port: Int

    var url: String { "http://127.0.0.1:\(self.port)/hook" }

    /// Bound to the port and never listening, so that nobody else gets the port while the receiver is stopped.
    private let placeholder: CInt

    private init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let any = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
        let bound = any.withSockAddr { Glibc.bind(descriptor, $0, socklen_t($1)) }
        var address = [UInt8](repeating: 0, count: 16)
        var size = socklen_t(address.count)
        let named = address.withUnsafeMutableBytes {
            getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
        }
        guard descriptor >= 0, bound == 0, named == 0 else { throw IOError(errnoCode: errno, reason: "no free port") }
        self.placeholder = descriptor
        // Behind the two bytes of the family.
        self.port = Int(address[2]) << 8 | Int(address[3])
    }

    deinit {
        close(self.placeholder)
    }

    /// Begins to listen on a free port.
    static func start() async throws -> WebhookReceiver {
        let receiver = try WebhookReceiver()
        try await receiver.listen()
        return receiver
    }

    // MARK: What came

    var requests: [Request] { self.state.withLock { $0.requests } }
    var requestCount: Int { self.state.withLock { $0.requests.count } }

    /// How many connections were made to it, whatever became of them.
    var connectionCount: Int { self.state.withLock { $0.accepted } }

    /// How often each message was answered with success, by sequence.
    var taken: [UInt64: Int] { self.state.withLock { $0.taken } }
    var takenCount: Int { self.state.withLock { $0.taken.count } }
    var takenTwice: Int { self.taken.values.count { $0 > 1 } }

    /// How often a message came while another attempt of it waited for its answer.
    var besideItself: Int { self.state.withLock { $0.besideItself } }

    // MARK: Switches

    /// How to answer from now on. Default: 200, at once.
    func answer(_ answer: @escaping @Sendable (Request) -> Answer) {
        self.state.withLock { $0.answer = answer }
    }

    /// Gives the answers that were kept back, and 200 at once from now on.
    func release() {
        let held = self.state.withLock { state in
            defer { state.held = [] }
            state.answer = { _ in .status(200) }
            return state.held
        }
        for answer in held { answer() }
    }

    /// Listens again on the same port.
    func listen() async throws {
        // One loop for all, so that the end of a connection is not overtaken by what comes on the next.
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton.next())
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    self.state.withLock { state in
                        state.connections[ObjectIdentifier(channel)] = channel
                        state.accepted += 1
                    }
                    try channel.pipeline.syncOperations.addHandler(Connection(self))
                }
            }
            .bind(host: "127.0.0.1", port: self.port)
            .get()
        self.state.withLock { $0.listener = listener }
    }

    /// Closes all connections and refuses new ones.
    func stop() async throws {
        let (listener, connections) = self.state.withLock { state in
            defer { state.listener = nil }
            return (state.listener, state.connections.values.map { $0 })
        }
        try await listener?.close()
        for connection in connections { try? await connection.close() }
    }

    // MARK: Connections

    fileprivate func received(_ request: Request, on channel: any Channel) {
        let answer = self.state.withLock { state in
            state.requests.append(request)
            if state.inHand.values.contains(request.sequence) { state.besideItself += 1 }
            state.inHand[ObjectIdentifier(channel)] = request.sequence
            return state.answer(request)
        }
        switch answer {
        case .status(let status, .zero):
            self.give(status, to: request, on: channel)
        case .comeBack(let status, let seconds):
            self.give(status, to: request, on: channel, "Retry-After: \(seconds)\r\n")
        case .echo(let status):
            let headers = request.headers.map { "\($0.key): \($0.value)" }.sorted()
            self.give(status, to: request, on: channel, body: ([request.line] + headers).joined(separator: " "))
        case .status(let status, let delay):
            channel.eventLoop.scheduleTask(in: delay) { self.give(status, to: request, on: channel) }
        case .atRelease(let status):
            self.state.withLock { $0.held.append { self.give(status, to: request, on: channel) } }
        case .none:
            break
        }
    }

    private func give(_ status: Int, to request: Request, on channel: any Channel, _ headers: String = "", body: String = "") {
        guard channel.isActive else { return }
        // Counted before it is sent: whoever has seen the answer may look.
        self.state.withLock { state in
            state.inHand[ObjectIdentifier(channel)] = nil
            if 200...299 ~= status { state.taken[request.sequence, default: 0] += 1 }
        }
        let answer = "HTTP/1.1 \(status) Status\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        channel.writeAndFlush(ByteBuffer(string: answer), promise: nil)
    }

    fileprivate func ended(_ channel: any Channel) {
        self.state.withLock { state in
            state.connections[ObjectIdentifier(channel)] = nil
            state.inHand[ObjectIdentifier(channel)] = nil
        }
    }

    /// As much HTTP/1.1 as the daemon speaks: requests with a `Content-Length`, one after the other.
    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let receiver: WebhookReceiver
        private var waiting = ByteBuffer()

        init(_ receiver: WebhookReceiver) {
            self.receiver = receiver
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.waiting.writeImmutableBuffer(self.unwrapInboundIn(data))
            while let request = self.nextRequest() { self.receiver.received(request, on: context.channel) }
        }

        func channelInactive(context: ChannelHandlerContext) { self.receiver.ended(context.channel) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func nextRequest() -> Request? {
            let view = self.waiting.readableBytesView
            guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
            var lines = head.split(separator: "\r\n")[...]
            let line = lines.popFirst().map(String.init) ?? ""
            var headers: [String: String] = [:]
            for header in lines {
                guard let colon = header.firstIndex(of: ":") else { continue }
                let value = header[header.index(after: colon)...].drop { $0 == " " }
                headers[header[..<colon].lowercased()] = String(value)
            }
            let length = headers["content-length"].flatMap { Int($0) } ?? 0
            let headLength = view.distance(from: view.startIndex, to: end.upperBound)
            guard view.count >= headLength + length else { return nil }
            self.waiting.moveReaderIndex(forwardBy: headLength)
            let body = self.waiting.readString(length: length) ?? ""
            self.waiting.discardReadBytes()
            return Request(line: line, headers: headers, body: body)
        }
    }
}
