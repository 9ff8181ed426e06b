import NIOCore

/// How a route stands, as `/metrics` and `/status` show it.
struct RouteStatus: Sendable {
    var name: String
    var channel: String
    var sinkNames: [String]
    var isSubscribed: Bool
    var inFlight: Int
    var retrying: Int
    var oldestUnackedSeconds: Double
    var counters: RouteCounters
    /// Why it is not subscribed, if that is known.
    var trouble: String?
    var obstacle: Obstacle?
    /// What failed last at each sink of which something that failed has not been delivered yet.
    var failures: [Failure] = []
    var deadLetterSink: String?
    /// The message that was given up last.
    var lastDeadLetter: Failure?
    /// Under which name the server knows the subscription.
    var subscription = LagSubscription()
    /// How many messages of the channel the server has not had the ack of; nil: nobody knows.
    var lag: UInt64?
    /// Messages a second, and those of each sink.
    var rate: Double = 0
    var sinkRates: [Double] = []

    /// A message that fails, in an ordered route: others wait for it.
    struct Obstacle: Sendable, Equatable {
        var sequence: UInt64
        var sink: String
        var reason: String
        /// Whether only messages of the same key wait.
        var isOfOneKey: Bool
    }

    /// A message that a sink has failed to take.
    struct Failure: Sendable, Equatable {
        var sequence: UInt64
        var sink: String
        var reason: String
        var at: NIODeadline
    }
}
