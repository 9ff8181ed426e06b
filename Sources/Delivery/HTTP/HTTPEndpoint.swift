/// An endpoint's configuration after it has been checked, in the form the engine needs.
struct HTTPEndpoint: Sendable {
    let url: String
    let method: String

    /// Where requests go, for people: scheme, host and port without path, query and credentials.
    let location: HTTPLocation

    /// The content type of every body, when one is configured; else each body is looked at.
    let contentType: String?

    /// The header lines all requests share, as libcurl takes them.
    let headerLines: [String]

    let timeoutMilliseconds: Int
    let connectTimeoutMilliseconds: Int
    let concurrency: Int
    let gate: SinkGate.Configuration

    /// For the classifier: what timeouts are called in reasons.
    let timeout: Duration
    let connectTimeout: Duration

    /// - Parameter location: what libcurl's own parser found in `configuration.url`, so that both always agree on the host.
    init(_ configuration: HTTPSink.Configuration, location: HTTPLocation) throws(SinkError) {
        guard ["POST", "PUT", "PATCH"].contains(configuration.method) else {
            throw SinkError("the method \(HTTPText.oneLine(configuration.method)) carries no message (POST, PUT or PATCH would)")
        }
        guard (1...Self.maximumConcurrency).contains(configuration.concurrency) else {
            throw SinkError("the concurrency \(configuration.concurrency) is not between 1 and \(Self.maximumConcurrency)")
        }
        self.url = configuration.url
        self.method = configuration.method
        self.location = location
        self.concurrency = configuration.concurrency
        self.gate = SinkGate.Configuration(
            concurrency: configuration.concurrency,
            breaker: configuration.breaker,
            rateLimit: configuration.rateLimit
        )
        self.timeout = configuration.timeout
        self.connectTimeout = configuration.connectTimeout
        self.timeoutMilliseconds = try Self.milliseconds(configuration.timeout, "timeout")
        self.connectTimeoutMilliseconds = try Self.milliseconds(configuration.connectTimeout, "connect timeout")

        var contentType: String?
        var userAgent = configuration.userAgent
        var others: [String] = []
        for header in configuration.headers {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(HTTPText.isTokenByte) else {
                throw SinkError("\"\(HTTPText.oneLine(header.name))\" is no header name (letters, digits and - would be one)")
            }
            guard header.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
                throw SinkError(
                    "the value of the header \(header.name) has a byte that a header cannot carry (printable ASCII only)"
                )
            }
            switch header.name.lowercased() {
            case "content-type": contentType = header.value
            case "user-agent": userAgent = header.value
            case "content-length", "transfer-encoding", "connection", "expect", "idempotency-key":
                throw SinkError("the header \(header.name) is the sink's own and cannot be configured")
            case let name where name.hasPrefix("stan-"):
                throw SinkError("the header \(header.name) describes the message and cannot be configured")
            default:
                others.append(HTTPRequestBuilder.line(header.name, header.value))
            }
        }
        guard userAgent.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw SinkError("the user agent has a byte that a header cannot carry (printable ASCII only)")
        }
        self.contentType = contentType
        // Without the first, libcurl asks for permission (100-continue) before it sends a body of 1 MiB or more.
        self.headerLines = ["Expect:", HTTPRequestBuilder.line("User-Agent", userAgent)] + others
    }

    /// Each request under way holds a socket.
    private static let maximumConcurrency = 10_000

    /// libcurl counts in milliseconds; 0 would mean its own default.
    private static func milliseconds(_ duration: Duration, _ what: String) throws(SinkError) -> Int {
        guard duration > .zero, duration <= .seconds(86_400) else {
            throw SinkError("the \(what) \(HTTPText.describe(duration)) is not between 1ms and 24h")
        }
        let (seconds, attoseconds) = duration.components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}

/// The part of a URL that is fit to be shown.
struct HTTPLocation: Sendable, Equatable {
    /// `http` or `https`.
    let scheme: String

    /// The host, with the port where the URL names one: `billing.example`, `127.0.0.1:8080`, `[::1]:8080`.
    let authority: String

    /// The same with the port in any case, for reasons that are about connections.
    let hostAndPort: String
}
