import NIOCore

/// One `publish` that waits, and that can be told not to.
final class PublishWaiter: Sendable {
    private struct State {
        var ticket: UInt64?
        var isCancelled = false
    }

    private let session: NIOLoopBound<StanSession>
    private let state: NIOLoopBoundBox<State>
    private let promise: EventLoopPromise<Void>

    init(session: NIOLoopBound<StanSession>) {
        self.session = session
        self.state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: session.eventLoop)
        self.promise = session.eventLoop.makePromise()
    }

    func publish(_ data: ByteBuffer, to channel: String) async throws {
        self.session.eventLoop.execute {
            guard !self.state.value.isCancelled else { return }
            self.state.value.ticket = self.session.value.publish(data, to: channel) { error in
                if let error { self.promise.fail(error) } else { self.promise.succeed() }
            }
        }
        try await self.promise.futureResult.get()
    }

    func cancel() {
        self.session.eventLoop.execute {
            self.state.value.isCancelled = true
            if let ticket = self.state.value.ticket { self.session.value.cancelPublish(ticket) }
            // What is under way gets its ack unheard.
            self.promise.fail(StanError(.cancelled, "the publish was cancelled; the message may be stored or not"))
        }
    }
}

/// Many messages that are published together.
final class BatchPublishWaiter: Sendable {
    private struct State {
        var next = 0
        var remaining: Int
        var isPublishing = false
        var isWaitingForRoom = false
        var failures: [(index: Int, error: StanError)] = []
        var isCancelled = false
    }

    private let session: NIOLoopBound<StanSession>
    private let messages: [ByteBuffer]
    private let channel: String
    private let state: NIOLoopBoundBox<State>
    private let promise: EventLoopPromise<[(index: Int, error: StanError)]>

    init(session: NIOLoopBound<StanSession>, messages: [ByteBuffer], channel: String) {
        self.session = session
        self.messages = messages
        self.channel = channel
        self.state = NIOLoopBoundBox.makeBoxSendingValue(State(remaining: messages.count), eventLoop: session.eventLoop)
        self.promise = session.eventLoop.makePromise()
    }

    func publish() async throws -> [(index: Int, error: StanError)] {
        self.session.eventLoop.execute { self.publishMore() }
        return try await self.promise.futureResult.get()
    }

    /// Sends as many as the session has room for; each ack makes room for the next. Where others have taken all the room, the session
    /// gives one of ours its turn.
    private func publishMore() {
        // What fails at once calls back from within the loop, which goes on by itself.
        guard !self.state.value.isPublishing else { return }
        self.state.value.isPublishing = true
        defer { self.state.value.isPublishing = false }
        let session = self.session.value
        while self.state.value.next < self.messages.count, !self.state.value.isCancelled,
            session.hasRoomToPublish || self.state.value.remaining == self.messages.count - self.state.value.next
        {
            let index = self.state.value.next
            self.state.value.next += 1
            _ = session.publish(self.messages[index], to: self.channel) { self.finished(index, $0) }
        }
        guard self.state.value.next < self.messages.count, !self.state.value.isCancelled, !self.state.value.isWaitingForRoom
        else {
            return
        }
        self.state.value.isWaitingForRoom = true
        session.roomWaiters.append {
            self.state.value.isWaitingForRoom = false
            self.publishMore()
        }
    }

    private func finished(_ index: Int, _ error: StanError?) {
        self.state.value.remaining -= 1
        if let error { self.state.value.failures.append((index, error)) }
        if self.state.value.remaining == 0 {
            self.promise.succeed(self.state.value.failures)
        } else {
            self.publishMore()
        }
    }

    func cancel() {
        self.session.eventLoop.execute {
            self.state.value.isCancelled = true
            self.promise.fail(StanError(.cancelled, "the publish was cancelled; messages that were sent may be stored or not"))
        }
    }
}
