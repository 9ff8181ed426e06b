extension Configuration.HTTPSink {
    /// What the daemon or libcurl writes itself, or what changes how a connection is used. `Host` is not among them: it is how a
    /// virtual host behind a plain address is reached.
    private static let ownHeaders: Set<String> = [
        "connection", "content-length", "expect", "idempotency-key", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    static func decode(_ reader: ObjectReader) -> Self? {
        let url = reader.required("url", "where to send messages, such as \"https://example.com/hooks\"")?
            .parsed("a URL", by: HTTPURL.init(parsing:))
        let method = reader["method"]?.choice(Method.self)
        let headers = reader["headers"].map(Self.headers)
        let timeout = reader["timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let connectTimeout = reader["connect_timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let concurrency = reader["concurrency"]?.integer(in: 1...4096)
        let breaker = reader["circuit_breaker"].map(CircuitBreaker.decode) ?? .standard
        let rateLimit = reader["rate_limit"].flatMap(RateLimit.decode)
        reader.finish(.httpSink)

        guard let url else { return nil }
        return Self(
            url: url,
            method: method ?? .post,
            headers: headers ?? [],
            timeout: timeout ?? .seconds(30),
            connectTimeout: connectTimeout ?? .seconds(5),
            concurrency: concurrency ?? 64,
            circuitBreaker: breaker,
            rateLimit: rateLimit
        )
    }

    private static func headers(_ field: Field) -> [Header] {
        guard let reader = field.object() else { return [] }
        var seen: Set<String> = []
        return reader.named().compactMap { name, nameField, field in
            do throws(TextProblem) {
                try Self.check(headerName: name)
            } catch {
                nameField.error(error.message)
            }
            if !seen.insert(name.lowercased()).inserted {
                nameField.error("the header is there twice: upper and lower case make no difference (remove one)")
            }
            guard let value = field.secret() else { return nil }
            if value.reveal().unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\t" }) {
                field.error("must not contain a line break or another control character: a header is one line")
                return nil
            }
            return Header(name: name, value: value)
        }
    }

    /// A token of RFC 9110, section 5.6.2, that is the user's to set.
    private static func check(headerName name: String) throws(TextProblem) {
        let isToken = name.utf8.allSatisfy { $0.isASCIILetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains($0) }
        guard isToken, !name.isEmpty else {
            throw TextProblem("is not a header name (letters, digits and '-')")
        }
        let folded = name.lowercased()
        if folded.hasPrefix("stan-") || Self.ownHeaders.contains(folded) {
            throw TextProblem("the header cannot be set here: it is part of how messages are sent (remove it)")
        }
    }
}
