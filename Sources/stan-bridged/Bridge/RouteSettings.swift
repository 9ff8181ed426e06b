import Delivery
import NIOCore
import StanCore

/// What a route reads, where to, and how hard it tries; with the sinks themselves.
struct RouteSettings {
    var name: String
    var channel: String
    var subscription: StanSubscriptionOptions
    var retry: RetrySchedule
    /// 0 is for ever.
    var maxAttempts: UInt32 = 0
    var ordering = RouteLedger.Ordering.unordered
    /// nil: all messages.
    var isWanted: (@Sendable (ByteBuffer) -> Bool)?
    var sinks: [any Sink]
    var deadLetter: (any Sink)?
    /// How long it takes at the most until a session that is over is known to be: meanwhile acks go nowhere.
    var lossNoticedAfter = TimeAmount.seconds(20)

    /// A message may come up to this many times beyond the server's window before it is refused: the members of a queue group
    /// inherit each other's messages regardless of the window.
    static let capacityFactor = 4

    /// How much later than the ack wait a message may come again: the server looks at its clock now and then, and it has a way to go.
    static let gapSlack = TimeAmount.seconds(5)

    var ledger: RouteLedger.Configuration {
        let ackWait = self.subscription.ackWait
        var configuration = RouteLedger.Configuration(
            sinks: self.sinks.count,
            retry: self.retry,
            capacity: Int(self.subscription.maxInFlight) * Self.capacityFactor,
            settledMemory: max(ackWait + ackWait + self.lossNoticedAfter, .minutes(1))
        )
        configuration.maxAttempts = self.maxAttempts
        configuration.hasDeadLetter = self.deadLetter != nil
        configuration.ordering = self.ordering
        configuration.isWanted = self.isWanted
        // Members of a queue group get what others do not: what is missing says nothing there.
        configuration.gapWait = self.subscription.queueGroup == nil ? ackWait + self.lossNoticedAfter + Self.gapSlack : nil
        configuration.clockOffset = WallClock.offset
        return configuration
    }
}

extension RouteLedger.Ordering {
    /// Whether messages wait only for others of their key; nil where they do not wait at all.
    var isByKey: Bool? {
        switch self {
        case .unordered: nil
        case .ordered: false
        case .keyed: true
        }
    }
}
