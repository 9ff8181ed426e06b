/// What a dead-letter sink is told of a message besides the message: a sink of its route could not take it.
///
/// A class, since hardly any delivery has one and every delivery would pay for its size.
package final class DeadLetter: Sendable, Equatable {
    /// The index of that sink in the route: its name is in ``RouteContext/sinkNames``.
    package let sink: Int

    /// Why the last attempt failed.
    package let reason: String

    /// How many attempts there were.
    package let attempts: UInt32

    /// When the first one began: nanoseconds since the Unix epoch.
    package let firstAttemptAt: Int64

    package init(sink: Int, reason: String, attempts: UInt32, firstAttemptAt: Int64) {
        self.sink = sink
        self.reason = reason
        self.attempts = attempts
        self.firstAttemptAt = firstAttemptAt
    }

    package static func == (left: DeadLetter, right: DeadLetter) -> Bool {
        (left.sink, left.reason, left.attempts, left.firstAttemptAt)
            == (right.sink, right.reason, right.attempts, right.firstAttemptAt)
    }
}
