public import NIOCore

/// The messages of a subscription, as they come.
///
/// The sequence ends when the subscription is closed or its session has ended. What it holds back for a slow reader is bounded by
/// ``StanSubscriptionOptions/maxInFlight`` and what the server sends again.
public struct StanSubscription: AsyncSequence, Sendable {
    public typealias Element = StanMessage

    public let channel: String

    private let feed: NIOLoopBound<Feed>
    private let eventLoop: any EventLoop
    private let messages: AsyncStream<StanMessage>

    fileprivate init(channel: String, feed: Feed, eventLoop: any EventLoop, messages: AsyncStream<StanMessage>) {
        self.channel = channel
        self.feed = NIOLoopBound(feed, eventLoop: eventLoop)
        self.eventLoop = eventLoop
        self.messages = messages
    }

    public func makeAsyncIterator() -> AsyncStream<StanMessage>.Iterator {
        self.messages.makeAsyncIterator()
    }

    /// Ends the subscription. A durable is kept by the server and can be resumed.
    public func close() async throws {
        try await self.eventLoop.flatSubmit { self.feed.value.end(keepingDurable: true) }.get()
    }

    /// Ends the subscription, and has the server forget the durable.
    public func unsubscribe() async throws {
        try await self.eventLoop.flatSubmit { self.feed.value.end(keepingDurable: false) }.get()
    }

    fileprivate func acknowledge(_ sequence: UInt64) {
        self.eventLoop.execute { self.feed.value.acknowledge(sequence) }
    }

    /// Takes the messages from the session on the event loop, and passes them on.
    final class Feed: StanSubscriber {
        private let channel: String
        private let eventLoop: any EventLoop
        private let messages: AsyncStream<StanMessage>
        private let continuation: AsyncStream<StanMessage>.Continuation
        private var source: StanChannelSubscription?
        private var handle: StanSubscription?

        init(channel: String, eventLoop: any EventLoop) {
            self.channel = channel
            self.eventLoop = eventLoop
            // The server's window bounds what waits here.
            (self.messages, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        }

        func attach(_ source: StanChannelSubscription) -> StanSubscription {
            let handle = StanSubscription(channel: self.channel, feed: self, eventLoop: self.eventLoop, messages: self.messages)
            self.source = source
            self.handle = handle
            source.onEnd = { [weak self] in
                self?.continuation.finish()
                self?.handle = nil
            }
            return handle
        }

        func received(_ delivery: borrowing StanDelivery) {
            guard let handle = self.handle else { return }
            self.continuation.yield(StanMessage(delivery, subscription: handle))
        }

        func readCompleted() {}

        func acknowledge(_ sequence: UInt64) {
            _ = self.source?.acknowledge(sequence)
        }

        func end(keepingDurable: Bool) -> EventLoopFuture<Void> {
            guard let source = self.source else { return self.eventLoop.makeFailedFuture(StanError.closed) }
            return keepingDurable ? source.close() : source.unsubscribe()
        }
    }
}

/// A message of a channel.
public struct StanMessage: Sendable {
    /// The message's number in its channel, from 1.
    public let sequence: UInt64

    /// When the server stored the message: nanoseconds since the Unix epoch.
    public let timestamp: Int64

    /// The message's bytes.
    public let data: ByteBuffer

    /// Whether the server had tried to send the message before. The first copy may never have arrived.
    public let redelivered: Bool

    /// How often the server sent the message before, as far as it remembers: it forgets when it restarts.
    public let redeliveryCount: UInt32

    /// The channel the message was published to.
    public var channel: String { self.subscription.channel }

    private let subscription: StanSubscription

    fileprivate init(_ delivery: borrowing StanDelivery, subscription: StanSubscription) {
        self.sequence = delivery.frame.sequence
        self.timestamp = delivery.frame.timestamp
        self.redelivered = delivery.frame.redelivered
        self.redeliveryCount = delivery.frame.redeliveryCount
        self.data = delivery.data
        self.subscription = subscription
    }

    /// Tells the server that the message has been taken, so that it is not sent again. There is no answer: an ack that is lost
    /// on the way shows as a redelivery after the ack wait.
    public func ack() {
        self.subscription.acknowledge(self.sequence)
    }
}
