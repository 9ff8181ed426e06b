extension Configuration {
    /// Where in a channel a new subscription starts.
    package enum StartPosition: Sendable, Hashable {
        case newOnly
        case first
        case lastReceived
        /// At a sequence, from 1.
        case sequence(UInt64)
        /// At the first message not older than this: nanoseconds since the Unix epoch.
        case time(Int64)
        /// At the first message not older than this much time.
        case ago(Duration)
    }
}
