import NIOCore
import NIOHTTPTypes

/// Ends a connection of the admin server whose request brings more of a body than anybody has to say, or whose exchange takes too long:
/// to be sent, to be answered, or for the answer to be taken. There are only so many connections, and none is to be held for nothing.
final class AdminRequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// In bytes. No request has a body that is read.
    private static let maximumBody = 64 << 10

    private let timeLimit: TimeAmount
    private var bodyBytes = 0
    private var underWay = 0
    private var deadline: Scheduled<Void>?

    /// - Parameter timeLimit: from the head of a request to the end of its answer.
    init(timeLimit: TimeAmount) {
        self.timeLimit = timeLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head:
            self.bodyBytes = 0
            self.underWay += 1
            if self.deadline == nil {
                let channel = context.channel
                self.deadline = context.eventLoop.scheduleTask(in: self.timeLimit) { channel.close(promise: nil) }
            }
        case .body(let part):
            self.bodyBytes += part.readableBytes
            if self.bodyBytes > Self.maximumBody { return context.close(promise: nil) }
        case .end:
            break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = self.unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let written = promise ?? context.eventLoop.makePromise()
        // When the socket has taken it, not before: whoever does not read is not waited for.
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.underWay -= 1
            if self.underWay == 0 { self.endDeadline() }
        }
        context.write(data, promise: written)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.endDeadline()
        context.fireChannelInactive()
    }

    private func endDeadline() {
        self.deadline?.cancel()
        self.deadline = nil
    }
}
