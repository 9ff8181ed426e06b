import NIOCore
import NIOPosix

/// The part of a ``TCPProxy`` that lives on its event loop, with all of its connections.
final class TCPProxyCore {
    /// A connection of a client, and the one to the server that belongs to it.
    struct Pair {
        let client: any Channel
        var server: (any Channel)?
    }

    private let host: String
    private let port: Int
    private let eventLoop: any EventLoop
    private(set) var pairs: [ObjectIdentifier: Pair] = [:]
    private(set) var acceptedCount = 0

    var isRefusing = false
    /// In which directions nothing goes through.
    var stalled: Set<TCPProxy.Direction> = [] {
        didSet { for pair in self.pairs.values { self.setReading(pair) } }
    }

    /// How long everything is under way, in either direction.
    var delay = TimeAmount.zero

    init(host: String, port: Int, eventLoop: any EventLoop) {
        self.host = host
        self.port = port
        self.eventLoop = eventLoop
    }

    func accepted(_ client: any Channel) throws {
        guard !self.isRefusing else { return client.close(promise: nil) }
        let id = ObjectIdentifier(client)
        self.pairs[id] = Pair(client: client)
        self.acceptedCount += 1
        let relay = TCPRelay(delay: self.delay) { [weak self] in self?.ended(id) }
        try client.pipeline.syncOperations.addHandler(relay)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        ClientBootstrap(group: self.eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    let back = TCPRelay(delay: bound.value.delay) { bound.value.ended(id) }
                    back.partner = bound.value.pairs[id]?.client
                    try server.pipeline.syncOperations.addHandler(back)
                }
            }
            .connect(host: self.host, port: self.port)
            .assumeIsolated()
            .whenComplete { result in
                guard case .success(let server) = result, self.pairs[id] != nil else {
                    if case .success(let server) = result { server.close(promise: nil) }
                    return self.ended(id)
                }
                self.pairs[id]?.server = server
                relay.partner = server
                if let pair = self.pairs[id] { self.setReading(pair) }
            }
    }

    func dropAll() {
        for id in Array(self.pairs.keys) { self.ended(id) }
    }

    func sendToClients(_ bytes: ByteBuffer) {
        for pair in self.pairs.values { pair.client.writeAndFlush(bytes, promise: nil) }
    }

    private func ended(_ id: ObjectIdentifier) {
        guard let pair = self.pairs.removeValue(forKey: id) else { return }
        pair.client.close(promise: nil)
        pair.server?.close(promise: nil)
    }

    private func setReading(_ pair: Pair) {
        guard let server = pair.server else { return }
        try? pair.client.syncOptions?.setOption(.autoRead, value: !self.stalled.contains(.toServer))
        try? server.syncOptions?.setOption(.autoRead, value: !self.stalled.contains(.toClient))
    }
}

/// Passes on what one side sends to the other.
private final class TCPRelay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var partner: (any Channel)?
    private let delay: TimeAmount
    private let onEnd: () -> Void

    init(delay: TimeAmount, onEnd: @escaping () -> Void) {
        self.delay = delay
        self.onEnd = onEnd
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        guard self.delay > .zero else {
            self.partner?.write(bytes, promise: nil)
            return
        }
        // All for the same time, so that nothing overtakes.
        context.eventLoop.assumeIsolated().scheduleTask(in: self.delay) { self.partner?.writeAndFlush(bytes, promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.partner?.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.onEnd()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.partner = nil
        self.onEnd()
    }
}
