import NIOCore
import StanCore
import Synchronization

/// A subscription that keeps what comes, so that a test can also see what has not come.
final class RecordedSubscription: Sendable {
    struct Message: Sendable {
        var sequence: UInt64
        var timestamp: Int64
        var redelivered: Bool
        var redeliveryCount: UInt32
        var text: String
    }

    private final class Recorder: StanSubscriber {
        let record: @Sendable (Message) -> Void
        var source: StanChannelSubscription?

        init(_ record: @escaping @Sendable (Message) -> Void) { self.record = record }

        func received(_ delivery: borrowing StanDelivery) {
            let frame = delivery.frame
            self.record(
                Message(
                    sequence: frame.sequence,
                    timestamp: frame.timestamp,
                    redelivered: frame.redelivered,
                    redeliveryCount: frame.redeliveryCount,
                    text: String(buffer: delivery.data)
                )
            )
        }

        func readCompleted() {}
    }

    private final class Box: Sendable {
        let messages = Mutex<[Message]>([])
    }

    private let box: Box
    private let recorder: NIOLoopBound<Recorder>
    private let eventLoop: any EventLoop

    private init(box: Box, recorder: NIOLoopBound<Recorder>, eventLoop: any EventLoop) {
        self.box = box
        self.recorder = recorder
        self.eventLoop = eventLoop
    }

    static func make(
        _ session: StanSession,
        _ channel: String,
        _ options: StanSubscriptionOptions
    ) -> EventLoopFuture<RecordedSubscription> {
        let box = Box()
        let recorder = Recorder { message in box.messages.withLock { $0.append(message) } }
        let promise = session.eventLoop.makePromise(of: RecordedSubscription.self)
        let bound = NIOLoopBound(recorder, eventLoop: session.eventLoop)
        let subscription = RecordedSubscription(box: box, recorder: bound, eventLoop: session.eventLoop)
        session.subscribe(to: channel, options: options, subscriber: recorder) { result in
            switch result {
            case .success(let source):
                recorder.source = source
                promise.succeed(subscription)
            case .failure(let error):
                promise.fail(error)
            }
        }
        return promise.futureResult
    }

    var messages: [Message] { self.box.messages.withLock { $0 } }
    var sequences: [UInt64] { self.messages.map(\.sequence) }
    var texts: [String] { self.messages.map(\.text) }

    /// - Returns: whether the ack was written.
    func ack(_ sequence: UInt64) async throws -> Bool {
        try await self.eventLoop.submit { [recorder] in recorder.value.source?.acknowledge(sequence) ?? false }.get()
    }

    var isActive: Bool {
        get async throws { try await self.eventLoop.submit { [recorder] in recorder.value.source?.isActive ?? false }.get() }
    }
}
