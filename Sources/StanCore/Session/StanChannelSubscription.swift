import Logging
package import NATSTransport
package import NIOCore

/// A subscription of a session, on the session's event loop.
package final class StanChannelSubscription: NATSSubscriber {
    private enum State {
        /// The server's answer, and with it the ack inbox, has not come. Messages cannot overtake it.
        case pending
        case active(ackInbox: String, AckTemplate)
        case ended
    }

    package let channel: String
    package let options: StanSubscriptionOptions

    /// Where the server sends its messages to; no other subscription has it.
    package let inbox = NUID.makeInbox()

    /// Called once, when no more messages will come.
    var onEnd: (() -> Void)?

    /// Retained, for a subscription may be ended by somebody who let go of its client. The session lets go of the subscription.
    private let session: StanSession
    private let subscriber: any StanSubscriber
    private var state = State.pending
    private var logger: Logger

    init(
        session: StanSession,
        channel: String,
        options: StanSubscriptionOptions,
        subscriber: any StanSubscriber,
        logger: Logger
    ) {
        self.session = session
        self.channel = channel
        self.options = options
        self.subscriber = subscriber
        self.logger = logger
    }

    /// Whether acks can be sent: the session lives and the subscription has not been ended.
    package var isActive: Bool {
        if case .active = self.state { true } else { false }
    }

    func activate(ackInbox: String) {
        self.state = .active(ackInbox: ackInbox, AckTemplate(ackInbox: ackInbox, channel: self.channel))
    }

    func end() {
        self.state = .ended
        let onEnd = self.onEnd
        self.onEnd = nil
        onEnd?()
    }

    var ackInbox: String? {
        if case .active(let ackInbox, _) = self.state { ackInbox } else { nil }
    }

    /// Tells the server that a message has been taken. It leaves with what else the current read causes, in one write.
    ///
    /// - Returns: false when there is no connection or the subscription has ended: the server will send the message again.
    package func acknowledge(_ sequence: UInt64) -> Bool {
        guard case .active(_, let template) = self.state else { return false }
        return self.session.write { template.write(sequence, to: &$0) }
    }

    /// Ends the subscription. A durable is kept by the server and can be resumed.
    package func close() -> EventLoopFuture<Void> {
        self.session.end(self, keepingDurable: true)
    }

    /// Ends the subscription, and forgets the durable with it.
    package func unsubscribe() -> EventLoopFuture<Void> {
        self.session.end(self, keepingDurable: false)
    }

    package func received(_ message: borrowing NATSMessage) {
        guard case .active = self.state else { return }
        var decoded: Result<StanWire.MessageFrame, ProtobufError> = .failure(.truncated)
        message.withUnsafePayload { bytes in
            do throws(ProtobufError) {
                decoded = .success(try StanWire.MessageFrame(decoding: bytes))
            } catch {
                decoded = .failure(error)
            }
        }
        switch decoded {
        case .success(let frame):
            self.subscriber.received(StanDelivery(frame: frame, buffer: message.buffer, start: message.payloadStart))
        case .failure(let error):
            // Without a sequence it cannot be acked. The server sends it again.
            self.logger.debug("STAN message not readable", metadata: ["stan.channel": "\(self.channel)", "error": "\(error)"])
        }
    }

    package func readCompleted() {
        guard case .active = self.state else { return }
        self.subscriber.readCompleted()
    }
}
