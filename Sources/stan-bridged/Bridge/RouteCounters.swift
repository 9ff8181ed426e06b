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
        /// From handing a message over until the sink took it or failed at it; not what it was known to be unusable for.
        var deliveryTimes = DurationHistogram()
        /// From the server's storing a message until the sink took it.
        var endToEndTimes = DurationHistogram()
        /// Of what it took.
        var rate = RateMeter()

        /// In nanoseconds, of a message that the sink took.
        mutating func timed(delivery: Int64, endToEnd: Int64) {
            self.deliveryTimes.note(nanoseconds: delivery)
            self.endToEndTimes.note(nanoseconds: endToEnd)
        }
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
    /// Of messages that every sink took, or the dead-letter sink on its behalf.
    var rate = RateMeter()
    var sinks: [PerSink]

    init(sinks: Int) {
        self.sinks = Array(repeating: PerSink(), count: sinks)
    }
}
