extension Configuration.HTTPSink {
    /// What the path of a socket can have, in bytes; the system has no room for more (`sun_path`).
    private static let longestSocketPath = 107

    static func decode(_ reader: ObjectReader) -> Self? {
        let url = reader.required("url", "where to send messages, such as \"https://example.com/hooks\"")?
            .parsed("a URL", by: HTTPURL.init(parsing:))
        let method = reader["method"]?.choice(Method.self)
        let headersField = reader["headers"]
        let body = HTTPBody(reader)
        let compression = reader["compression"]?.choice(Configuration.Compression.self)
        let signingSecrets = reader["sign"].flatMap(Self.signingSecrets)
        let authorization = Authorization.decode(reader)
        let timeout = reader["timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let connectTimeout = reader["connect_timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let lowSpeed = reader["low_speed"].flatMap(LowSpeed.decode)
        let concurrency = reader["concurrency"]?.integer(in: 1...4096)
        let version = Self.version(reader["http_version"], isSecure: url?.isSecure)
        let tls = Self.tls(reader["tls"], isSecure: url?.isSecure)
        let proxyField = reader["proxy"]
        let proxy = proxyField?.secret(for: .proxyURL)
        let unixSocket = Self.unixSocket(reader["unix_socket"], besideProxy: proxyField != nil)
        let followsRedirects = reader["follow_redirects"]?.boolean()
        let statuses = HTTPStatusLists(retry: reader["retry_on"], reject: reader["reject_on"])
        let breaker = reader["circuit_breaker"].map(CircuitBreaker.decode) ?? .standard
        let rateLimit = reader["rate_limit"].flatMap(RateLimit.decode)
        reader.finish()
        let takenHeaders = TakenHeaders(keys: reader.keys, format: body.format)
        let headers = headersField.map { Header.decodeAll($0, taken: takenHeaders) }

        guard let url else { return nil }
        return Self(
            url: url,
            method: method ?? .post,
            headers: headers ?? [],
            format: body.format,
            eventType: body.eventType,
            batch: body.batch,
            compression: compression ?? .identity,
            signingSecrets: signingSecrets ?? [],
            authorization: authorization,
            timeout: timeout ?? .seconds(30),
            connectTimeout: connectTimeout ?? .seconds(5),
            lowSpeed: lowSpeed,
            concurrency: concurrency ?? 64,
            version: version ?? .auto,
            tls: tls ?? .standard,
            proxy: proxy,
            unixSocket: unixSocket,
            followsRedirects: followsRedirects ?? false,
            retryOn: statuses.retry,
            rejectOn: statuses.reject,
            circuitBreaker: breaker,
            rateLimit: rateLimit
        )
    }

    private static func signingSecrets(_ field: Field) -> [Secret]? {
        guard let reader = field.object() else { return nil }
        let secrets = reader.required("secrets", "a list of what to sign with")
        reader.finish()
        guard let secrets, let elements = secrets.array() else { return nil }
        guard (1...8).contains(elements.count) else {
            secrets.error("must have from 1 to 8 secrets, not \(elements.count)")
            return nil
        }
        return elements.compactMap { $0.secret(for: .signingSecret) }
    }

    /// - Parameter isSecure: whether the URL is `https`; nil where it could not be read.
    private static func version(_ field: Field?, isSecure: Bool?) -> Version? {
        let version = field?.choice(Version.self)
        if version == .http2PriorKnowledge, isSecure == true {
            field?.error("is for \"http\": with \"https\", both sides agree on a version in the TLS handshake (write \"2\")")
        }
        return version
    }

    private static func tls(_ field: Field?, isSecure: Bool?) -> TLS? {
        guard let field else { return nil }
        if isSecure == false {
            field.error("is for \"https\", and the URL is \"http\" (write \"https\" there, or remove this)")
        }
        return TLS.decode(field)
    }

    private static func unixSocket(_ field: Field?, besideProxy: Bool) -> String? {
        guard let field else { return nil }
        if besideProxy { field.error("cannot be used together with \"proxy\" (keep one of the two)") }
        guard let path = field.text("the path of a socket").map(field.context.surroundings.resolve) else { return nil }
        guard path.utf8.count <= Self.longestSocketPath else {
            field.error(
                "must be a path of at most \(Self.longestSocketPath) bytes, as a socket's has to be, not \(path.utf8.count)"
            )
            return nil
        }
        return path
    }
}
