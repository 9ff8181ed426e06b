extension Configuration.HTTPSink {
    /// The `batch` object: how many messages become one request.
    package struct Batch: Sendable, Hashable {
        package enum Format: String, Sendable, Hashable, CaseIterable {
            /// One JSON object a line.
            case ndjson
            /// One JSON array.
            case jsonArray = "json_array"
        }

        /// A batch with so many is sent, 1...10,000. Default 100.
        package let maxMessages: Int

        /// A batch has no more bytes before compression, unless its one message has; 1 KiB...64 MiB. Default 1 MiB.
        package let maxBytes: Int

        /// After how long a batch is sent that is not full, 1 ms...1 h. Default 100 ms.
        package let maxWait: Duration

        /// Default `ndjson`.
        package let format: Format
    }

    /// The `low_speed` object: when a request that goes on is ended because it goes on too slowly.
    package struct LowSpeed: Sendable, Hashable {
        /// Bytes a second, 1...1 GiB.
        package let below: Int

        /// For how long it has to be that slow; whole seconds, 1 s...1 h.
        package let duration: Duration
    }

    /// When requests stop for a while because they keep failing.
    package struct CircuitBreaker: Sendable, Hashable {
        /// After how many failures in a row. Default 5.
        package let failures: Int

        /// How long until one request is let through to see. Default 30 s.
        package let openFor: Duration

        static let standard = CircuitBreaker(failures: 5, openFor: .seconds(30))
    }

    /// How many messages are sent in which time.
    package struct RateLimit: Sendable, Hashable {
        /// In the long run, 0.0001...1,000,000.
        package let perSecond: Double

        /// At once, after a pause; at least 1. Default `perSecond`, rounded up.
        package let burst: Int
    }
}
