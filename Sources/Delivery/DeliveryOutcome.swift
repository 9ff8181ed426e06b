package import NIOCore

/// How one attempt to deliver one message to one sink ended, when it did not end well.
package enum DeliveryFailure: Sendable, Equatable {
    /// It may succeed later.
    ///
    /// - Parameters:
    ///   - reason: what happened, for people, in one line and without secrets.
    ///   - after: the receiver asked not to be tried again before this much time has passed.
    case retry(reason: String, after: TimeAmount?)

    /// The same message would fail again, however often it is tried.
    case rejected(reason: String)

    /// The message was not tried, or its attempt says nothing of it: the sink is known to be unusable at the moment.
    ///
    /// - Parameters:
    ///   - reason: as above.
    ///   - after: when it can be handed over again; nil leaves it to the retry schedule.
    case unavailable(reason: String, after: TimeAmount?)

    package var reason: String {
        switch self {
        case .retry(let reason, _): reason
        case .rejected(let reason): reason
        case .unavailable(let reason, _): reason
        }
    }

    /// Whether the message has used up one of its attempts.
    package var countsAsAttempt: Bool {
        if case .unavailable = self { false } else { true }
    }
}

/// The results of deliveries to one sink, reported together.
///
/// A delivery that appears in neither list has no verdict yet; it is never taken for delivered.
package struct DeliveryReport: Sendable {
    package struct Failed: Sendable, Equatable {
        package var sequence: UInt64
        package var failure: DeliveryFailure

        package init(sequence: UInt64, failure: DeliveryFailure) {
            self.sequence = sequence
            self.failure = failure
        }
    }

    /// The index of the sink in its route, as the batch had it.
    package var sink: Int

    /// The sequences that the sink has taken for good.
    package var delivered: [UInt64]

    /// The others, with what went wrong.
    package var failed: [Failed]

    package init(sink: Int, delivered: [UInt64] = [], failed: [Failed] = []) {
        self.sink = sink
        self.delivered = delivered
        self.failed = failed
    }
}
