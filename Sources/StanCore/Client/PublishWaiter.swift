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
