package import NIOCore

extension RouteLedger {
    package struct Configuration: Sendable {
        /// How many sinks the route has: 1 to ``RouteLedger/maximumSinks``.
        package var sinks: Int

        package var retry: RetrySchedule

        /// How often a message is tried at a sink before it goes to the dead-letter sink; 0 is for ever. Without a dead-letter
        /// sink it is for ever in any case. 0.
        package var maxAttempts: UInt32 = 0

        /// Whether there is a dead-letter sink, for what is tried often enough and for what a sink rejects. False.
        package var hasDeadLetter = false

        package var ordering = Ordering.unordered

        /// Says of a message's body whether the route wants it at all. Must be pure. nil: all are.
        package var isWanted: (@Sendable (ByteBuffer) -> Bool)?

        /// How many messages the ledger holds at most. The server's window is the usual bound; a queue group's member can be sent
        /// more, and refuses it then: it comes again. In an ordered route, each message is refused once at the most, so that those
        /// behind it do not wait in vain.
        package var capacity: Int

        /// How long a delivered message is remembered while a session lives: twice the ack wait, or longer.
        package var settledMemory: TimeAmount

        /// How long after its first copy was lost a message comes at the latest, so that those behind it in an ordered route need
        /// not wait longer: the ack wait, and something for the way. nil where others get messages of the channel too, and one
        /// that does not come says nothing.
        package var gapWait: TimeAmount?

        /// Whether changes are gathered for a journal. False.
        package var isJournaled = false

        /// Nanoseconds since the Unix epoch at the uptime 0, for what people read.
        package var clockOffset: Int64 = 0

        package init(sinks: Int, retry: RetrySchedule, capacity: Int, settledMemory: TimeAmount) {
            precondition(1...RouteLedger.maximumSinks ~= sinks)
            self.sinks = sinks
            self.retry = retry
            self.capacity = capacity
            self.settledMemory = settledMemory
        }

        func wallClock(at deadline: NIODeadline) -> Int64 {
            Int64(clamping: deadline.uptimeNanoseconds) &+ self.clockOffset
        }
    }

    /// In which order messages are delivered.
    package enum Ordering: Sendable {
        /// In any order: each as soon as it comes.
        case unordered
        /// One after the other.
        case ordered
        /// One after the other among those for whose bodies the closure gives the same. It must be pure.
        case keyed(@Sendable (ByteBuffer) -> RouteKey)

        func key(of body: ByteBuffer) -> RouteKey? {
            switch self {
            case .unordered: nil
            case .ordered: .absent
            case .keyed(let key): key(body)
            }
        }
    }
}
