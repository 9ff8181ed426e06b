import NIOCore

/// The requests that wait for an answer: all share one wildcard subscription, and the last token of the reply subject tells them
/// apart. Promises are handed out, never completed in here, where whoever waits could not make another request.
struct RequestTable {
    let inbox = NUID.makeInbox()
    var isSubscribed = false

    private struct Waiting {
        var promise: EventLoopPromise<NATSMessage>
        var timer: Scheduled<Void>
    }

    private let eventLoop: any EventLoop
    private var waiting: [UInt64: Waiting] = [:]
    private var lastToken: UInt64 = 0

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    mutating func add(
        timeout: TimeAmount,
        onTimeout: @escaping (UInt64) -> Void
    ) -> (token: UInt64, future: EventLoopFuture<NATSMessage>) {
        self.lastToken += 1
        let token = self.lastToken
        let promise = self.eventLoop.makePromise(of: NATSMessage.self)
        let timer = self.eventLoop.assumeIsolated().scheduleTask(in: timeout) { onTimeout(token) }
        self.waiting[token] = Waiting(promise: promise, timer: timer)
        return (token, promise.futureResult)
    }

    /// Takes out the request that the message answers. The first answer counts; later ones find nobody waiting.
    mutating func take(answeredBy message: borrowing NATSMessage) -> EventLoopPromise<NATSMessage>? {
        message.subject.split(separator: ".").last.flatMap { UInt64($0) }.flatMap { self.take($0) }
    }

    mutating func take(_ token: UInt64) -> EventLoopPromise<NATSMessage>? {
        guard let entry = self.waiting.removeValue(forKey: token) else { return nil }
        entry.timer.cancel()
        return entry.promise
    }

    mutating func takeAll() -> [EventLoopPromise<NATSMessage>] {
        defer { self.waiting.removeAll() }
        return self.waiting.values.map {
            $0.timer.cancel()
            return $0.promise
        }
    }
}
