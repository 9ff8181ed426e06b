extension HTTPSink {
    /// What an operator can set for one endpoint. Checked as a whole by ``HTTPEndpoint`` when the sink opens.
    package struct Configuration: Sendable {
        /// One header line that is sent with every request.
        package struct Header: Sendable, Equatable {
            package var name: String
            package var value: String

            package init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        /// Where to send messages: `http` or `https`. May hold credentials and secrets; they show in no error and no reason.
        package var url: String

        /// `POST` (default), `PUT` or `PATCH`.
        package var method: String

        /// Sent with every request, after the message's own headers. Default none. `Content-Type` and `User-Agent` given here
        /// replace what the sink would send; the headers that describe the message or frame the body cannot be given.
        package var headers: [Header]

        /// How long a request may take, from its start to the end of the answer. Default 30 s.
        package var timeout: Duration

        /// How long of that may pass until there is a connection (name, TCP, TLS). Default 5 s.
        package var connectTimeout: Duration

        /// How many requests may run at once, each on a connection of its own. Default 64.
        package var concurrency: Int

        /// When nothing is sent because the endpoint fails; nil: it is always tried. Default five failures in a row, 30 s.
        package var breaker: SinkGate.Breaker?

        /// How many requests may begin in a second. Default nil: no limit.
        package var rateLimit: SinkGate.RateLimit?

        /// What the sink calls itself. Default `stan-bridged`; the daemon adds its version: `stan-bridged/VERSION`.
        package var userAgent: String

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
