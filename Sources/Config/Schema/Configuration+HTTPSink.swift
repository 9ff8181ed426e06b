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
    }
}
