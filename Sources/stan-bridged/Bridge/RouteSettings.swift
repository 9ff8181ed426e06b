import Delivery
import NIOCore
import StanCore

/// What a route reads, where to, and how hard it tries; with the sinks themselves.
struct RouteSettings {
    var name: String
    var channel: String
    var subscription: StanSubscriptionOptions
    var retry: RetrySchedule
    var sinks: [any Sink]

    /// A message may come up to this many times beyond the server's window before it is refused: the members of a queue group
    /// inherit each other's messages regardless of the window.
    static let capacityFactor = 4

    var ledger: RouteLedger.Configuration {
        let ackWait = self.subscription.ackWait
        return RouteLedger.Configuration(
            sinks: self.sinks.count,
            retry: self.retry,
            capacity: Int(self.subscription.maxInFlight) * Self.capacityFactor,
            settledMemory: max(ackWait + ackWait, .minutes(1))
        )
    }
}
