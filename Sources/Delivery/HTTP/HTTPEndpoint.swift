#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An endpoint's configuration after it has been checked, in the form the engine needs.
struct HTTPEndpoint: Sendable {
    let configuration: HTTPSink.Configuration

    /// Where requests go, for people: scheme, host and port without path, query and credentials.
    let location: HTTPLocation

    /// The content type of every body, when one is configured; else each body is looked at.
    let contentType: String?

    /// Headers that are put together for each route, and for each request.
    let routeHeaders: [HTTPHeaderTemplate]
    let requestHeaders: [HTTPHeaderTemplate]

    /// All that is secret, where it has to be looked at again: in the order that ``resolve(_:)`` expects.
    let secrets: [SinkSecret]

    let timeoutMilliseconds: Int
    let connectTimeoutMilliseconds: Int
    let gate: SinkGate.Configuration
    let redirects: HTTPRedirectPolicy

    /// What is made of the secrets as they are at first.
    let initial: Resolved

    /// Header lines that all requests share and that hold nothing secret.
    private let plainLines: [String]
    private let secretHeaders: [String]

    /// What is made of the secrets as they are at some time.
    struct Resolved: Sendable {
        /// The header lines all requests share, as libcurl takes them.
        var headerLines: [String]
        var signer: WebhookSigner?
        var proxy: String?

        /// What answers must not repeat.
        var mask: SecretMask
    }

    var concurrency: Int { self.configuration.concurrency }

    var classifier: HTTPAnswerClassifier {
        HTTPAnswerClassifier(
            location: self.location,
            timeout: self.configuration.timeout,
            connectTimeout: self.configuration.connectTimeout,
            lowSpeed: self.configuration.lowSpeed,
            retriedStatuses: self.configuration.retriedStatuses,
            rejectedStatuses: self.configuration.rejectedStatuses
        )
    }

    /// The name of the certificate, where it is not the URL's host: the URL then has that name, and is connected to elsewhere.
    var serverName: String? { self.location.scheme == "https" ? self.configuration.connection.tls.serverName : nil }

    /// What libcurl takes for that: `HOST:PORT:CONNECT-TO-HOST:CONNECT-TO-PORT`, the first two left empty for any.
    var connectTo: String? { self.serverName == nil ? nil : "::\(self.location.hostAndPort)" }

    /// - Parameter location: what libcurl's own parser found in `configuration.url`, so that both always agree on the host.
    init(_ configuration: HTTPSink.Configuration, location: HTTPLocation) throws(SinkError) {
        guard ["POST", "PUT", "PATCH"].contains(configuration.method) else {
            throw SinkError("the method \(HTTPText.oneLine(configuration.method)) carries no message (POST, PUT or PATCH would)")
        }
        guard (1...Self.maximumConcurrency).contains(configuration.concurrency) else {
            throw SinkError("the concurrency \(configuration.concurrency) is not between 1 and \(Self.maximumConcurrency)")
        }
        if configuration.batching != nil {
            switch configuration.format {
            case .raw, .cloudEvents:
                throw SinkError("a batch of raw bodies does not say where each begins (the format json would)")
            case .json, .cloudEventsStructured: break
            }
        }
        self.configuration = configuration
        self.location = location
        self.gate = SinkGate.Configuration(
            concurrency: configuration.concurrency,
            breaker: configuration.breaker,
            rateLimit: configuration.rateLimit
        )
        self.timeoutMilliseconds = try Self.milliseconds(configuration.timeout, "timeout")
        self.connectTimeoutMilliseconds = try Self.milliseconds(configuration.connectTimeout, "connect timeout")

        var headers = Headers()
        for header in configuration.headers { try headers.add(header) }
        let userAgent = headers.userAgent ?? configuration.userAgent
        guard userAgent.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw SinkError("the user agent has a byte that a header cannot carry (printable ASCII only)")
        }
        self.contentType = headers.contentType
        self.routeHeaders = headers.ofRoutes
        self.requestHeaders = headers.ofRequests
        self.secretHeaders = headers.secrets.map(\.name)
        let test = configuration.isTest ? [HTTPRequestBuilder.line("Stan-Test", "true")] : []
        // Without the first, libcurl asks for permission (100-continue) before it sends a body of 1 MiB or more.
        var lines = ["Expect:", HTTPRequestBuilder.line("User-Agent", userAgent)] + test + headers.lines
        // The URL names the certificate's host then.
        if configuration.connection.tls.serverName != nil, location.scheme == "https", !headers.hasHost {
            lines.append(HTTPRequestBuilder.line("Host", location.authority))
        }
        self.plainLines = lines

        var secrets = headers.secrets.map(\.secret)
        switch configuration.authorization {
        case .basic(_, let password): secrets.append(password)
        case .bearer(let token): secrets.append(token)
        case nil: break
        }
        if let proxy = configuration.connection.proxy { secrets.append(proxy) }
        self.secrets = secrets + configuration.signingSecrets
        self.redirects = HTTPRedirectPolicy(
            isFollowing: configuration.followsRedirects,
            hasCredentials: configuration.authorization != nil || !headers.secrets.isEmpty || headers.hasCredentials
                || location.hasCredentials || configuration.connection.tls.certificateFile != nil
        )
        self.initial = try Self.resolve(self.secrets.map(\.initial), configuration, plainLines: lines, self.secretHeaders)
    }

    /// Makes of the secrets what requests need.
    ///
    /// - Parameter values: one for each of ``secrets``.
    /// - Throws: what is wrong with one, without any of it.
    func resolve(_ values: [String]) throws(SinkError) -> Resolved {
        try Self.resolve(values, self.configuration, plainLines: self.plainLines, self.secretHeaders)
    }

    private static func resolve(
        _ values: [String],
        _ configuration: HTTPSink.Configuration,
        plainLines: [String],
        _ secretHeaders: [String]
    ) throws(SinkError) -> Resolved {
        var rest = values[...]
        var sent = values
        var resolved = Resolved(headerLines: plainLines, mask: SecretMask([]))
        for name in secretHeaders {
            let value = rest.removeFirst()
            try Self.check(value, of: name)
            resolved.headerLines.append(HTTPRequestBuilder.line(name, value))
        }
        switch configuration.authorization {
        case .basic(let username, _):
            var credentials = RecordBuffer()
            Array("\(username):\(rest.removeFirst())".utf8).withUnsafeBytes { credentials.append(base64: $0) }
            let encoded = String(decoding: credentials.bytes, as: UTF8.self)
            sent.append(encoded)
            resolved.headerLines.append("Authorization: Basic \(encoded)")
        case .bearer:
            let token = rest.removeFirst()
            try Self.check(token, of: "Authorization")
            resolved.headerLines.append("Authorization: Bearer \(token)")
        case nil:
            break
        }
        if configuration.connection.proxy != nil {
            let proxy = rest.removeFirst()
            guard !proxy.utf8.contains(0) else { throw SinkError("the proxy's URL has a zero byte") }
            resolved.proxy = proxy
        }
        if !rest.isEmpty { resolved.signer = try WebhookSigner(secrets: Array(rest)) }
        resolved.mask = SecretMask(configuration, sent)
        return resolved
    }

    /// Looks whether files that connections need can be read, so that it is known before the first message.
    func checkFiles() throws(SinkError) {
        let tls = self.configuration.connection.tls
        for (what, file) in [("CA", tls.caFile), ("certificate", tls.certificateFile), ("key", tls.keyFile)] {
            guard let file, access(file, R_OK) != 0 else { continue }
            let cause = strerror(errno).map { String(cString: $0) } ?? ""
            throw SinkError("the \(what) file \(HTTPText.oneLine(file)) cannot be read: \(cause)")
        }
    }

    fileprivate static func check(_ value: String, of name: String) throws(SinkError) {
        guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else {
            throw SinkError("the value of the header \(name) has a byte that a header cannot carry (printable ASCII only)")
        }
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

    /// The configured headers, sorted by when they are put together.
    private struct Headers {
        var lines: [String] = []
        var ofRoutes: [HTTPHeaderTemplate] = []
        var ofRequests: [HTTPHeaderTemplate] = []
        var secrets: [(name: String, secret: SinkSecret)] = []
        var contentType: String?
        var userAgent: String?
        var hasHost = false
        var hasCredentials = false

        mutating func add(_ header: HTTPSink.Configuration.Header) throws(SinkError) {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(HTTPText.isTokenByte) else {
                throw SinkError("\"\(HTTPText.oneLine(header.name))\" is no header name (letters, digits and - would be one)")
            }
            let name = header.name.lowercased()
            switch name {
            case "content-length", "transfer-encoding", "connection", "expect", "idempotency-key", "content-encoding":
                throw SinkError("the header \(header.name) is the sink's own and cannot be configured")
            case _ where name.hasPrefix("stan-"):
                throw SinkError("the header \(header.name) describes the message and cannot be configured")
            case "host": self.hasHost = true
            case "content-type", "user-agent": break
            // Nobody says which of them are secret.
            default: self.hasCredentials = true
            }
            switch header.value {
            case .secret(let secret) where name == "content-type" || name == "user-agent":
                // Hardly a secret, and there must be no second one.
                try self.add(HTTPHeaderTemplate(name: header.name, segments: [.literal(secret.initial)]), name)
            case .secret(let secret):
                self.secrets.append((header.name, secret))
            case .template(let segments):
                try self.add(HTTPHeaderTemplate(name: header.name, segments: segments), name)
            }
        }

        private mutating func add(_ template: HTTPHeaderTemplate, _ name: String) throws(SinkError) {
            for case .literal(let text) in template.segments { try HTTPEndpoint.check(text, of: template.name) }
            switch (template.literal, name) {
            case (let value?, "content-type"): self.contentType = value
            case (let value?, "user-agent"): self.userAgent = value
            case (nil, "content-type"), (nil, "user-agent"):
                throw SinkError("the header \(template.name) cannot differ from message to message")
            case (let value?, _): self.lines.append(HTTPRequestBuilder.line(template.name, value))
            case (nil, _) where template.segments.contains(.sequence): self.ofRequests.append(template)
            case (nil, _): self.ofRoutes.append(template)
            }
        }
    }
}

/// A configured header whose value is put together from where a message comes from.
struct HTTPHeaderTemplate: Sendable {
    let name: String
    let segments: [HTTPSink.Configuration.Header.Segment]

    /// The value, where it is the same for all messages.
    var literal: String? {
        var text = ""
        for segment in self.segments {
            guard case .literal(let part) = segment else { return nil }
            text += part
        }
        return text
    }

    /// The value for a message.
    func value(of context: RouteContext, sequence: UInt64) -> String {
        self.segments.reduce(into: "") { value, segment in
            switch segment {
            case .literal(let text): value += text
            case .channel: value += HTTPText.percentEncoded(context.channel)
            case .route: value += HTTPText.percentEncoded(context.route)
            case .sequence: value += String(sequence)
            }
        }
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

    /// Whether the URL names a user.
    var hasCredentials = false
}
