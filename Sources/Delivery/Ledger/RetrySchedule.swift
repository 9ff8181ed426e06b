package import NIOCore

/// When a failed delivery is tried again: later each time, up to a limit, and never at quite the same time as others.
package struct RetrySchedule: Sendable {
    /// The pause after the first failure. 1 s.
    package var initial = TimeAmount.seconds(1)

    /// The longest pause. 5 min.
    package var maximum = TimeAmount.minutes(5)

    /// By how much each pause is longer than the one before. 2.
    package var multiplier = 2.0

    /// How much of a pause is left to chance, upwards and downwards, from 0 to 1. 0.2.
    package var jitter = 0.2

    package init() {}

    /// - Parameter attempt: which attempt failed, from 1.
    package func delay(after attempt: UInt32, using generator: inout some RandomNumberGenerator) -> TimeAmount {
        var nanoseconds = Double(self.initial.nanoseconds)
        // No more steps than it takes: the attempts of a message can go into the millions.
        for _ in 1..<max(2, min(attempt, 1_000)) where attempt > 1 {
            nanoseconds *= self.multiplier
            if nanoseconds >= Double(self.maximum.nanoseconds) || self.multiplier == 1 { break }
        }
        return self.jittered(nanoseconds, using: &generator)
    }

    /// The pause for what is not expected to succeed by being tried again soon.
    package func slowest(using generator: inout some RandomNumberGenerator) -> TimeAmount {
        self.jittered(Double(self.maximum.nanoseconds), using: &generator)
    }

    /// Chance works within the maximum rather than being cut off at it: else, after a long outage, everything that waits for the
    /// longest pause would come back at once.
    private func jittered(_ nanoseconds: Double, using generator: inout some RandomNumberGenerator) -> TimeAmount {
        let maximum = Double(self.maximum.nanoseconds)
        let pause = min(nanoseconds, maximum)
        guard self.jitter > 0 else { return .nanoseconds(Int64(pause)) }
        let range = pause * (1 - self.jitter)...min(pause * (1 + self.jitter), maximum)
        return .nanoseconds(Int64(Double.random(in: range, using: &generator)))
    }
}
