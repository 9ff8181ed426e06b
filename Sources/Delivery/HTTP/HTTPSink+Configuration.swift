extension HTTPSink {
    /// What an operator can set for one endpoint. Checked as a whole by ``HTTPEndpoint`` when the sink opens.
    package struct Configuration: Sendable {
        /// One header line that is sent with every request.
        package struct Header: Sendable {
            package enum Value: Sendable {
                /// Put together for each request. What comes from a message is percent-encoded where it could break the line.
                case template([Segment])
                /// Sent as it is.
                case secret(SinkSecret)
            }

            /// A part of a value.
            package enum Segment: Sendable, Equatable {
                case literal(String)
                case channel
                case route
                /// The message's sequence; of a batch the first one's.
                case sequence
            }

            package var name: String
            package var value: Value

            package init(name: String, value: Value) {
                self.name = name
                self.value = value
            }

            package init(name: String, value: String) {
                self.init(name: name, value: .template([.literal(value)]))
            }
        }

        /// Where to send messages: `http` or `https`. May hold credentials and secrets; they show in no error and no reason.
        package var url: String

        /// `POST` (default), `PUT` or `PATCH`.
        package var method: String

        /// Sent with every request, after the message's own headers. Default none. `Content-Type` and `User-Agent` given here
        /// replace what the sink would send; the headers that describe the message or frame the body cannot be given.
        package var headers: [Header]

        /// What a body holds. Default the message's bytes.
        package var format = Format.raw

        /// How bodies are compressed. Default nil: not at all.
        package var compression: Compression?

        /// How messages are gathered into one request. Default nil: a request a message.
        package var batching: Batching?

        /// The secrets of Standard Webhooks signatures, one for each signature in the header. Default none: nothing is signed.
        ///
        /// A secret that begins with `whsec_` is base64; any other is taken as its bytes.
        package var signingSecrets: [SinkSecret] = []

        /// What goes into `Authorization`. Default nil: no such header.
        package var authorization: Authorization?

        /// How long a request may take, from its start to the end of the answer. Default 30 s.
        package var timeout: Duration

        /// How long of that may pass until there is a connection (name, TCP, TLS). Default 5 s.
        package var connectTimeout: Duration

        /// When a request is ended for being too slow. Default nil: only by its timeout.
        package var lowSpeed: LowSpeed?

        /// How many requests may run at once, each on a connection of its own where HTTP/1 is spoken. Default 64.
        package var concurrency: Int

        /// When nothing is sent because the endpoint fails; nil: it is always tried. Default five failures in a row, 30 s.
        package var breaker: SinkGate.Breaker?

        /// How many requests may begin in a second. Default nil: no limit.
        package var rateLimit: SinkGate.RateLimit?

        /// How the endpoint is reached. Default: as its URL says, with the system's authorities, and HTTP/2 where TLS agrees on it.
        package var connection = Connection()

        /// Whether redirects are followed: with the same method and body, at most five, never to another scheme, and to another
        /// host only when there is nothing secret to be shown to it. Default false.
        package var followsRedirects = false

        /// Statuses that are retried and statuses that are taken for good, whatever they are by default. Disjoint; 300 to 599.
        package var retriedStatuses: Set<Int> = []
        package var rejectedStatuses: Set<Int> = []

        /// What the sink calls itself. Default `stan-bridged`; the daemon adds its version: `stan-bridged/VERSION`.
        package var userAgent: String

        /// Whether requests say that they are none of the channel's: `Stan-Test: true`. Default false.
        package var isTest = false

        package init(
            url: String,
            method: String = "POST",
            headers: [Header] = [],
            timeout: Duration = .seconds(30),
            connectTimeout: Duration = .seconds(5),
            concurrency: Int = 64,
            breaker: SinkGate.Breaker? = SinkGate.Breaker(),
            rateLimit: SinkGate.RateLimit? = nil,
            userAgent: String = "stan-bridged"
        ) {
            self.url = url
            self.method = method
            self.headers = headers
            self.timeout = timeout
            self.connectTimeout = connectTimeout
            self.concurrency = concurrency
            self.breaker = breaker
            self.rateLimit = rateLimit
            self.userAgent = userAgent
        }
    }
}
