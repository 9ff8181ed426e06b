import NIOCore

/// Takes the messages of a subscription on the event loop, and passes on what each read brought in one piece.
final class MessageFeed: StanSubscriber {
    /// How many times the server's window is kept for a slow reader: what the server sends again comes on top of the window.
    private static let capacityFactor = 4

    private let eventLoop: any EventLoop
    private let acknowledger: Acknowledger
    private let buffer: MessageBuffer
    private var arriving: [StanMessage] = []

    init(channel: String, options: StanSubscriptionOptions, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.acknowledger = Acknowledger(channel: channel, eventLoop: eventLoop)
        self.buffer = MessageBuffer(capacity: max(64, Int(options.maxInFlight) * Self.capacityFactor))
    }

    func attach(to source: StanChannelSubscription) -> StanSubscription {
        self.acknowledger.attach(to: source)
        source.onEnd = { [acknowledger, buffer] in
            acknowledger.attach(to: nil)
            buffer.finish()
        }
        return StanSubscription(
            channel: source.channel,
            source: NIOLoopBound(source, eventLoop: self.eventLoop),
            acknowledger: self.acknowledger,
            buffer: self.buffer
        )
    }

    func received(_ delivery: borrowing StanDelivery) {
        self.arriving.append(StanMessage(delivery, acknowledger: self.acknowledger))
    }

    func readCompleted() {
        self.buffer.append(self.arriving)
        self.arriving.removeAll(keepingCapacity: true)
    }
}
