extension Configuration {
    /// A sink of type `http`.
    package struct HTTPSink: Sendable, Hashable {
        package enum Method: String, Sendable, Hashable, CaseIterable {
            case post = "POST"
            case put = "PUT"
            case patch = "PATCH"
        }

        /// A header of every request. The name is a token that the daemon does not set itself; no two names are the same but
        /// for case. The value has no control characters but tabs.
        package struct Header: Sendable, Hashable {
            package let name: String
            package let value: Secret
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

        package let url: HTTPURL

        /// Default POST.
        package let method: Method

        /// In the order of the file.
        package let headers: [Header]

        /// For one request from its start to the end of the answer. Default 30 s.
        package let timeout: Duration

        /// For the connection alone. Default 5 s.
        package let connectTimeout: Duration

        /// How many requests may be on the way at a time, 1...4096. Default 64.
        package let concurrency: Int

        /// Nil when there is none. Default: one with its defaults.
        package let circuitBreaker: CircuitBreaker?

        /// Default none.
        package let rateLimit: RateLimit?
    }
}
