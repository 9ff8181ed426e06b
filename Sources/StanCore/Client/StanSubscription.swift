import NIOCore

/// The messages of a subscription, as they come.
///
/// ```swift
/// for await message in subscription {
///     try store(message.data)
///     message.ack()
/// }
/// ```
///
/// The sequence ends when the subscription is closed, its session has ended, or the task is cancelled. It is for one reader, who may
/// leave off and go on: a new loop begins with what the last one has not read. What is
/// kept for a slow one is bounded by four times ``StanSubscriptionOptions/maxInFlight``; what is beyond the server sends again.
public struct StanSubscription: AsyncSequence, Sendable {
    public typealias Element = StanMessage

    public let channel: String

    private let source: NIOLoopBound<StanChannelSubscription>
    private let acknowledger: Acknowledger
    private let buffer: MessageBuffer

    init(channel: String, source: NIOLoopBound<StanChannelSubscription>, acknowledger: Acknowledger, buffer: MessageBuffer) {
        self.channel = channel
        self.source = source
        self.acknowledger = acknowledger
        self.buffer = buffer
    }

    // MARK: Reading

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let buffer: MessageBuffer

        fileprivate init(buffer: MessageBuffer) {
            self.buffer = buffer
        }

        public mutating func next() async -> StanMessage? {
            await self.buffer.next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(buffer: self.buffer)
    }

    /// The same messages in the batches in which they can be had: all that has come since the last one. For throughput.
    public var batches: Batches { Batches(buffer: self.buffer) }

    /// The messages of a subscription, by the batch.
    public struct Batches: AsyncSequence, Sendable {
        public typealias Element = [StanMessage]

        fileprivate let buffer: MessageBuffer

        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let buffer: MessageBuffer

            public mutating func next() async -> [StanMessage]? {
                await self.buffer.nextBatch()
            }
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(buffer: self.buffer)
        }
    }

    /// Acks all messages of a batch at once.
    public func ack(_ messages: [StanMessage]) {
        self.acknowledger.acknowledge(messages.lazy.map(\.sequence))
    }

    /// Gives each message to the handler, one after the other, and acks it when the handler has returned.
    ///
    /// A message whose handler throws is not acked: the server sends it again after the ack wait. Returns when the subscription has
    /// ended or the task is cancelled.
    ///
    /// - Parameter onError: told of what a handler threw, and for which message. By default it goes unheard.
    public func process(
        onError: (StanMessage, any Error) async -> Void = { _, _ in },
        _ handler: (StanMessage) async throws -> Void
    ) async {
        for await message in self {
            do {
                try await handler(message)
                message.ack()
            } catch {
                await onError(message, error)
            }
        }
    }

    // MARK: End

    /// Ends the subscription. A durable is kept by the server and can be resumed. Acks given before are sent first.
    ///
    /// - Throws: ``StanError`` with the code ``StanError/Code/connectionClosed`` when it has ended already, else what the server said.
    public func close() async throws {
        try await self.end { $0.close() }
    }

    /// Ends the subscription, and has the server forget the durable. Acks given before are sent first.
    ///
    /// - Throws: as ``close()``.
    public func unsubscribe() async throws {
        try await self.end { $0.unsubscribe() }
    }

    private func end(_ body: @escaping @Sendable (StanChannelSubscription) -> EventLoopFuture<Void>) async throws {
        try await self.source.eventLoop.flatSubmit { [source, acknowledger] in
            acknowledger.sendWaiting()
            return body(source.value)
        }.get()
    }
}
