import Delivery
import Logging
import NIOCore

/// What fails in a route, and what is told of it: in the log, where repeats are summed up, and in the status.
struct RouteFailures {
    private let settings: RouteSettings
    private let logger: Logger

    /// One for each sink, and one for the dead-letter sink.
    private var summaries: [FailureSummary]
    private var deadLetters = FailureSummary()

    /// What failed last at each of these; nil where everything that failed has been delivered.
    private(set) var last: [RouteStatus.Failure?]
    private(set) var lastDeadLetter: RouteStatus.Failure?

    /// What was tried last, and failed, of what others wait for.
    private(set) var obstacle: RouteStatus.Obstacle?

    /// - Parameter logger: names the route and its channel.
    init(_ settings: RouteSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        self.summaries = Array(repeating: FailureSummary(), count: settings.sinks.count + (settings.deadLetter == nil ? 0 : 1))
        self.last = Array(repeating: nil, count: self.summaries.count)
    }

    /// An attempt failed, and another follows.
    ///
    /// - Parameters:
    ///   - sink: as the ledger numbers them.
    ///   - waiting: how many deliveries wait to be tried again.
    mutating func failed(
        _ sequence: UInt64,
        sink: Int,
        _ failure: DeliveryFailure,
        retryAt due: NIODeadline,
        waiting: Int,
        now: NIODeadline
    ) {
        let index = min(sink, self.settings.sinks.count)
        var metadata: Logger.Metadata = [
            LogKey.sink: "\(self.sinkName(at: index))", LogKey.sequence: "\(sequence)", LogKey.reason: "\(failure.reason)",
        ]
        self.logger.debug("delivery failed", metadata: metadata)
        self.last[index] = self.failure(sequence, at: index, failure, now: now)
        if let isOfOneKey = self.settings.ordering.isByKey {
            self.obstacle = RouteStatus.Obstacle(
                sequence: sequence,
                sink: self.sinkName(at: index),
                reason: failure.reason,
                isOfOneKey: isOfOneKey
            )
        }
        switch self.summaries[index].failed(now: now) {
        case .began:
            metadata["retry_in"] = "\(Self.seconds(due - now))"
            self.logger.warning(self.failureText, metadata: metadata)
        case .continues(let count):
            metadata["failed_attempts"] = "\(count)"
            metadata["waiting"] = "\(waiting)"
            self.logger.warning(
                "deliveries go on failing; each is retried, and none is acked before it succeeds",
                metadata: metadata
            )
        case .recovered, nil:
            break
        }
    }

    private var failureText: Logger.Message {
        switch self.settings.ordering {
        case .unordered: "a delivery failed; it is retried, and is not acked before it succeeds"
        case .ordered: "a delivery failed; it is retried, and the route waits for it, since it is ordered"
        case .keyed: "a delivery failed; it is retried, and messages of the same key wait for it"
        }
    }

    /// A sink is tried no more with this message: it goes to the dead-letter sink.
    mutating func gaveUp(_ sequence: UInt64, sink: Int, _ failure: DeliveryFailure, now: NIODeadline) {
        let last = self.failure(sequence, at: sink, failure, now: now)
        self.lastDeadLetter = last
        switch self.deadLetters.failed(now: now) {
        case .continues(let count):
            self.logDeadLetters(count, last)
        case .began:
            self.logger.error(
                "a message is given up; it goes to the dead-letter sink, then it is acked",
                metadata: self.metadata(ofDeadLetter: last)
            )
        case .recovered, nil:
            self.logger.debug("a message is given up", metadata: self.metadata(ofDeadLetter: last))
        }
    }

    /// To be called every few seconds: tells of dead letters after the last line, if no other has come that would have.
    mutating func upkeep(now: NIODeadline) {
        guard case .continues(let count)? = self.deadLetters.due(now: now), let last = self.lastDeadLetter else { return }
        self.logDeadLetters(count, last)
    }

    /// Everything that had failed has been delivered.
    mutating func nothingFails() {
        self.obstacle = nil
        for index in self.summaries.indices {
            self.last[index] = nil
            guard case .recovered(let count)? = self.summaries[index].recovered() else { continue }
            self.logger.notice(
                "delivering again; everything that had failed has been delivered",
                metadata: [LogKey.sink: "\(self.sinkName(at: index))", "failed_attempts": "\(count)"]
            )
        }
    }

    private func logDeadLetters(_ count: Int, _ last: RouteStatus.Failure) {
        var metadata = self.metadata(ofDeadLetter: last)
        metadata["dead_letters"] = "\(count)"
        self.logger.error(
            "messages go on being given up; each goes to the dead-letter sink, then it is acked",
            metadata: metadata
        )
    }

    private func metadata(ofDeadLetter last: RouteStatus.Failure) -> Logger.Metadata {
        [
            LogKey.sink: "\(last.sink)", LogKey.sequence: "\(last.sequence)", LogKey.reason: "\(last.reason)",
            "dead_letter": "\(self.settings.deadLetter?.name ?? "")",
        ]
    }

    private func failure(_ sequence: UInt64, at index: Int, _ failure: DeliveryFailure, now: NIODeadline) -> RouteStatus.Failure {
        RouteStatus.Failure(sequence: sequence, sink: self.sinkName(at: index), reason: failure.reason, at: now)
    }

    /// The dead-letter sink stands behind the others.
    private func sinkName(at index: Int) -> String {
        index < self.settings.sinks.count ? self.settings.sinks[index].name : self.settings.deadLetter?.name ?? ""
    }

    private static func seconds(_ amount: TimeAmount) -> String {
        "\(Double(max(0, amount.nanoseconds) / 10_000_000) / 100)s"
    }
}
