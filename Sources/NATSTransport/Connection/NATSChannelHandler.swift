import NIOCore
import NIOSSL
import NIOTLS

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

    /// How many bytes have been handed on without a flush.
    private var unflushed = 0
    private let outboundLimit: Int
    private var isReading = false
    private var isFlushScheduled = false

    /// The reason why we closed the connection ourselves, if we did.
    private var failure: NATSError?

    /// What to say if TLS fails; nil without TLS.
    private var tls: TLSFailure?
    private var isHandshaking = true

    init(owner: NATSConnection, outboundLimit: Int) {
        self.owner = owner
        self.outboundLimit = outboundLimit
    }

    // MARK: TLS

    var usesTLS: Bool { self.tls != nil }

    /// Puts TLS between the socket and us. The owner hears with `secured` when it stands; until then nothing can be read.
    ///
    /// - Parameter serverName: the name that the certificate has to have; nil for the IP address of the other side.
    func startTLS(_ tls: NIOSSLContext, serverName: String?, failure: TLSFailure) throws(NATSError) {
        guard let context = self.context else { return }
        // Whatever came with the INFO came from anybody: taking it for the server's would undo what TLS is for.
        guard self.parser.isEmpty else { throw .protocolViolation(.plaintextBeforeTLS) }
        self.tls = failure
        // The end of this read is the new handler's, which keeps it to itself.
        self.isReading = false
        do {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: serverName)
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        } catch {
            throw .tls("\(failure.expectedName) cannot be the name in a server's certificate")
        }
    }

    /// The server has accepted us.
    func handshakeDone() { self.isHandshaking = false }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { self.owner.secured(self) }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Outbound

    /// Appends to what goes out next. The closure writes whole protocol lines.
    func write(_ body: (inout ByteBuffer) -> Void) {
        body(&self.outbound)
        self.scheduleFlush()
    }

    /// Whether more bytes wait than should: here, or in the channel, for a socket that takes nothing.
    var isFull: Bool {
        self.isFullHere || self.context?.channel.isWritable == false
    }

    private var isFullHere: Bool { self.outbound.readableBytes + self.unflushed >= self.outboundLimit }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !self.isFull { self.owner.drained(self) }
        context.fireChannelWritabilityChanged()
    }

    /// Writes a payload that is too large to be worth copying, behind what is waiting.
    func write(line: (inout ByteBuffer) -> Void, largePayload: ByteBuffer) {
        line(&self.outbound)
        guard let context = self.context else { return }
        self.unflushed += self.outbound.readableBytes + largePayload.readableBytes
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
        let wasFull = self.isFullHere
        self.unflushed = 0
        context.writeAndFlush(self.wrapOutboundOut(self.takeOutbound()), promise: nil)
        // The channel says so itself where it was the one that was full.
        if wasFull, !self.isFull, self.failure == nil { self.owner.drained(self) }
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
        if let tls = self.tls {
            let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
            if let words = tls.words(for: error, certificate: handler?.peerCertificate) { return self.close(.tls(words)) }
            return self.close(self.end)
        }
        self.close(.unreachable("the connection to the NATS server broke: \(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.owner.lost(self, error: self.failure ?? self.end)
    }

    /// The other side closed the connection and gave no reason.
    private var end: NATSError {
        if let tls = self.tls, self.isHandshaking { return .tls(tls.wordsForEnd) }
        return .unreachable("the NATS server closed the connection")
    }
}
