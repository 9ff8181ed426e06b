import NIOCore

/// One TCP connection: bytes in, frames to the owner; bytes from the owner out. Used once and thrown away.
///
/// What is written while a read is handled leaves in one write when the read is done; else at the end of the event loop's tick.
final class NATSChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let owner: NATSConnection
    private var parser = NATSParser()
    private var context: ChannelHandlerContext?

    /// What waits to be written.
    private(set) var outbound = ByteBuffer()
    private var isReading = false
    private var isFlushScheduled = false

    /// The reason why we closed the connection ourselves, if we did.
    private var failure: NATSError?

    init(owner: NATSConnection) {
        self.owner = owner
    }

    // MARK: Outbound

    /// Appends to what goes out next. The closure writes whole protocol lines.
    func write(_ body: (inout ByteBuffer) -> Void) {
        body(&self.outbound)
        self.scheduleFlush()
    }

    /// Writes a payload that is too large to be worth copying, behind what is waiting.
    func write(line: (inout ByteBuffer) -> Void, largePayload: ByteBuffer) {
        line(&self.outbound)
        guard let context = self.context else { return }
        context.write(self.wrapOutboundOut(self.takeOutbound()), promise: nil)
        context.write(self.wrapOutboundOut(largePayload), promise: nil)
        self.outbound.writeStaticString("\r\n")
        self.scheduleFlush()
    }

    private func scheduleFlush() {
        guard !self.isReading, !self.isFlushScheduled, let context = self.context else { return }
        self.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    private func flush() {
        guard let context = self.context, self.outbound.readableBytes > 0 else { return }
        context.writeAndFlush(self.wrapOutboundOut(self.takeOutbound()), promise: nil)
    }

    private func takeOutbound() -> ByteBuffer {
        let full = self.outbound
        self.outbound = ByteBufferAllocator().buffer(capacity: min(full.capacity, 64 * 1024))
        return full
    }

    /// Writes what waits and closes. A reason of ours takes the place of the end of file that follows.
    func close(_ reason: NATSError? = nil) {
        if self.failure == nil { self.failure = reason }
        self.flush()
        self.context?.close(promise: nil)
    }

    // MARK: Inbound

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isReading = true
        self.parser.feed(self.unwrapInboundIn(data))
        do throws(NATSProtocolError) {
            while let frame = try self.parser.next() { self.owner.received(frame, from: self) }
        } catch {
            self.close(.protocolViolation(error))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.owner.readCompleted()
        self.isReading = false
        self.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(.unreachable("the connection to the NATS server broke: \(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.owner.lost(self, error: self.failure ?? .unreachable("the NATS server closed the connection"))
    }
}
