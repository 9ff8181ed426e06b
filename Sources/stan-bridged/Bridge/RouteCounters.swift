/// What a route has done since the daemon started.
struct RouteCounters: Sendable {
    struct PerSink: Sendable {
        var delivered: UInt64 = 0
        /// Attempts that failed and may succeed later.
        var retries: UInt64 = 0
        /// Attempts that failed for good as far as the sink can tell.
        var rejections: UInt64 = 0
        /// Attempts that did not count, since the sink was known to be unusable.
        var unavailable: UInt64 = 0
        /// Messages that the dead-letter sink took instead.
        var deadLettered: UInt64 = 0
    }

    /// Messages that came from the server, copies included.
    var received: UInt64 = 0
    /// Those of them that the server called redelivered.
    var redelivered: UInt64 = 0
    /// Copies that were not delivered: of messages in delivery, in retry, or delivered already.
    var duplicatesSuppressed: UInt64 = 0
    /// Messages refused for lack of room; the server sends them again.
    var refused: UInt64 = 0
    var acked: UInt64 = 0
    /// Messages that the route's condition is not true of: acked, and delivered nowhere.
    var skipped: UInt64 = 0
    /// Attempts to give a message to the dead-letter sink that failed.
    var deadLetterFailures: UInt64 = 0
    var sinks: [PerSink]

    init(sinks: Int) {
        self.sinks = Array(repeating: PerSink(), count: sinks)
    }
}

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

    /// A message that fails, in an ordered route: others wait for it.
    struct Obstacle: Sendable, Equatable {
        var sequence: UInt64
        var sink: String
        var reason: String
        /// Whether only messages of the same key wait.
        var isOfOneKey: Bool
    }
}
