extension Configuration {
    /// A sink of type `http`.
    package struct HTTPSink: Sendable, Hashable {
        package enum Method: String, Sendable, Hashable, CaseIterable {
            case post = "POST"
            case put = "PUT"
            case patch = "PATCH"
        }

        /// What the body of a request is, or an element of a batch.
        package enum Format: String, Sendable, Hashable, CaseIterable {
            /// The message's bytes. Never with a batch.
            case raw
            /// A JSON object with the message and what is known of it.
            case json
            /// CloudEvents in binary mode: the message's bytes, and headers that start with `ce-`. Never with a batch.
            case cloudevents
            /// CloudEvents in structured mode: a JSON object.
            case cloudeventsStructured = "cloudevents_structured"
        }

        package enum Version: String, Sendable, Hashable, CaseIterable {
            /// HTTP/2 where a TLS handshake comes to it, else HTTP/1.1.
            case auto
            case http1 = "1.1"
            case http2 = "2"
            /// HTTP/2 without TLS and without asking. Never with `https`.
            case http2PriorKnowledge = "2_prior_knowledge"
        }

        package let url: HTTPURL

        /// Default POST.
        package let method: Method

        /// In the order of the file.
        package let headers: [Header]

        /// Default `raw`, with batches `json`.
        package let format: Format

        /// The `type` of a CloudEvents event: printable ASCII. Default `stan.message`.
        package let eventType: String

        /// Nil where each message is a request. Default nil.
        package let batch: Batch?

        /// Default `identity`.
        package let compression: Compression

        /// What requests are signed with, after Standard Webhooks: 1...8, each good for ``SigningSecret/key(of:)``. Empty where
        /// they are not signed. Default empty.
        package let signingSecrets: [Secret]

        /// What goes into `Authorization`. Default nil.
        package let authorization: Authorization?

        /// For one request from its start to the end of the answer. Default 30 s.
        package let timeout: Duration

        /// For the connection alone. Default 5 s.
        package let connectTimeout: Duration

        /// Default none.
        package let lowSpeed: LowSpeed?

        /// How many requests may be on the way at a time, 1...4096. Default 64.
        package let concurrency: Int

        /// Default `auto`.
        package let version: Version

        /// Has no effect where the URL is `http`.
        package let tls: TLS

        /// A URL: `http`, `https`, `socks5` or `socks5h`, a host, perhaps user info. Default nil.
        package let proxy: Secret?

        /// The path of a socket to connect to instead of the URL's host; absolute unless the config file's own folder is unknown,
        /// and at most 107 bytes. Never with a proxy. Default nil.
        package let unixSocket: String?

        /// Default false.
        package let followsRedirects: Bool

        /// Statuses that are retried whatever is usual: 300...599, none of ``rejectOn``. Default none.
        package let retryOn: Set<Int>

        /// Statuses that are final whatever is usual: 300...599, none of ``retryOn``. Default none.
        package let rejectOn: Set<Int>

        /// Nil when there is none. Default: one with its defaults.
        package let circuitBreaker: CircuitBreaker?

        /// Default none.
        package let rateLimit: RateLimit?
    }
}
