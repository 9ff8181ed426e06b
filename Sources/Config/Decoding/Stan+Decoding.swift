extension Configuration.Stan {
    static func decode(_ field: Field) -> Self? {
        guard let reader = field.object() else { return nil }
        let clusterID = reader.required("cluster_id", "the id the server was started with, such as \"test-cluster\"")?
            .parsed { text throws(TextProblem) in try SubjectText.parse(text) }
        let clientID = reader.required("client_id", "a name of your own that no other client of the cluster has")?
            .parsed(by: Self.clientID)
        let connectTimeout = reader["connect_timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let pingInterval = reader["ping_interval"]?.wholeSeconds()
        let pingMaxOut = reader["ping_max_out"]?.integer(in: 2...Int32.max)
        let maxPubAcksInflight = reader["max_pub_acks_inflight"]?.integer(in: 1...Int32.max)
        let discoverPrefix = reader["discover_prefix"]?.parsed(by: SubjectText.parse)
        let monitoringURL = reader["monitoring_url"]?.parsed("a URL", by: Self.monitoringURL)
        reader.finish()

        guard let clusterID, let clientID else { return nil }
        return Self(
            clusterID: clusterID,
            clientID: clientID,
            connectTimeout: connectTimeout ?? .seconds(2),
            pingInterval: pingInterval ?? .seconds(5),
            pingMaxOut: pingMaxOut ?? 3,
            maxPubAcksInflight: maxPubAcksInflight ?? 16384,
            discoverPrefix: discoverPrefix ?? "_STAN.discover",
            monitoringURL: monitoringURL
        )
    }

    private static func monitoringURL(_ text: String) throws(TextProblem) -> HTTPURL {
        // Not repeated: it may hold a password.
        if text.utf8.contains(UInt8(ascii: "@")) {
            throw TextProblem("must not have a user name or password before '@': the server's monitoring asks for none")
        }
        let url = try HTTPURL(parsing: text)
        if text.contains("/streaming") || text.utf8.contains(UInt8(ascii: "?")) {
            throw TextProblem("must end before \"/streaming\" (such as \"http://127.0.0.1:8222\")")
        }
        return url
    }

    private static func clientID(_ text: String) throws(TextProblem) -> String {
        guard text.utf8.allSatisfy({ $0.isASCIILetterOrDigit || "-_".utf8.contains($0) }) else {
            throw TextProblem("must have only letters, digits, '-' and '_', not \(Quoted(text))")
        }
        return text
    }
}
