import NIOCore

/// Many messages that are published together, seen from the task that waits for them.
final class BatchPublishWaiter: Sendable {
    private let batch: NIOLoopBoundBox<PublishBatch?>
    private let session: NIOLoopBound<StanSession>
    private let messages: [ByteBuffer]
    private let channel: String
    private let promise: EventLoopPromise<[(index: Int, error: StanError)]>

    init(session: NIOLoopBound<StanSession>, messages: [ByteBuffer], channel: String) {
        self.session = session
        self.messages = messages
        self.channel = channel
        self.batch = NIOLoopBoundBox.makeEmptyBox(eventLoop: session.eventLoop)
        self.promise = session.eventLoop.makePromise()
    }

    func publish() async throws -> [(index: Int, error: StanError)] {
        self.session.eventLoop.execute {
            let batch = PublishBatch(
                session: self.session.value,
                messages: self.messages,
                channel: self.channel,
                promise: self.promise
            )
            self.batch.value = batch
            batch.publishMore()
        }
        return try await self.promise.futureResult.get()
    }

    func cancel() {
        self.session.eventLoop.execute {
            self.batch.value?.cancel()
            self.promise.fail(StanError(.cancelled, "the publish was cancelled; messages that were sent may be stored or not"))
        }
    }
}

/// Many messages that are published together, on the session's event loop. What is done with every message is done here, so that
/// nothing in here is shared.
private final class PublishBatch {
    private let session: StanSession
    private let messages: [ByteBuffer]
    private let channel: String
    private let promise: EventLoopPromise<[(index: Int, error: StanError)]>
    private var next = 0
    private var remaining: Int
    private var failures: [(index: Int, error: StanError)] = []
    private var isPublishing = false
    private var isWaitingForRoom = false
    private var isCancelled = false

    init(
        session: StanSession,
        messages: [ByteBuffer],
        channel: String,
        promise: EventLoopPromise<[(index: Int, error: StanError)]>
    ) {
        self.session = session
        self.messages = messages
        self.channel = channel
        self.promise = promise
        self.remaining = messages.count
    }

    /// Sends as many as the session has room for; each ack makes room for the next. Where others have taken all the room, the session
    /// gives one of ours its turn.
    func publishMore() {
        // What fails at once calls back from within the loop, which goes on by itself.
        guard !self.isPublishing else { return }
        self.isPublishing = true
        defer { self.isPublishing = false }
        while self.next < self.messages.count, !self.isCancelled,
            self.session.hasRoomToPublish || self.remaining == self.messages.count - self.next
        {
            let index = self.next
            self.next += 1
            _ = self.session.publish(self.messages[index], to: self.channel) { self.finished(index, $0) }
        }
        guard self.next < self.messages.count, !self.isCancelled, !self.isWaitingForRoom else { return }
        // Room does not only come by acks of ours.
        self.isWaitingForRoom = true
        self.session.roomWaiters.append {
            self.isWaitingForRoom = false
            self.publishMore()
        }
    }

    private func finished(_ index: Int, _ error: StanError?) {
        self.remaining -= 1
        if let error { self.failures.append((index, error)) }
        if self.remaining == 0 {
            self.promise.succeed(self.failures)
        } else {
            self.publishMore()
        }
    }

    func cancel() {
        self.isCancelled = true
    }
}
