extension Configuration.NATS {
    /// The section, or the defaults where the file has none.
    static func decode(_ field: Field?) -> Self {
        let reader = field?.object()
        let servers = reader?["servers"].flatMap(Self.servers)
        let credentials = reader.flatMap(Self.credentials)
        let tls = reader?["tls"].flatMap(Configuration.TLS.decode)
        let connectTimeout = reader?["connect_timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let reconnectWait = reader?["reconnect_wait"]?.duration(in: Limits.millisecond...Limits.day)
        reader?.finish()
        return Self(
            servers: servers ?? [Server(host: "127.0.0.1", port: 4222, usesTLS: false, credentials: nil)],
            credentials: credentials,
            tls: tls,
            connectTimeout: connectTimeout ?? .seconds(2),
            reconnectWait: reconnectWait ?? .seconds(2)
        )
    }

    private static func servers(_ field: Field) -> [Server]? {
        guard let elements = field.array() else { return nil }
        if elements.isEmpty {
            field.error("must name at least one server (such as \"nats://127.0.0.1:4222\")")
            return nil
        }
        var seen: Set<String> = []
        return elements.compactMap { element in
            guard let server = element.parsed("a string such as \"nats://127.0.0.1:4222\"", by: NATSServerURL.parse) else {
                return nil
            }
            if server.credentials != nil { element.context.noteSecret(in: element) }
            if !seen.insert("\(server.host.lowercased()):\(server.port)").inserted {
                element.error("names \(Quoted("\(server.host):\(server.port)")) a second time (remove it)")
            }
            return server
        }
    }

    private static func credentials(_ reader: ObjectReader) -> Credentials? {
        let username = reader["username"]
        let password = reader["password"]
        let token = reader["token"]
        let seed = reader["nkey_seed_file"]
        let file = reader["credentials_file"]
        let name = username?.text()
        let passwordValue = password?.secret()
        let tokenValue = token?.secret()
        let seedPath = seed?.readableFile(isSecret: true)
        let filePath = file?.readableFile(isSecret: true)

        if let username, password == nil, token == nil { username.error("needs a \"password\" beside it") }
        if let password, username == nil, token == nil { password.error("needs a \"username\" beside it") }
        let ways = [
            (username ?? password, "\"username\" and \"password\""), (token, "\"token\""), (seed, "\"nkey_seed_file\""),
            (file, "\"credentials_file\""),
        ].filter { $0.0 != nil }
        for (field, _) in ways.dropFirst() {
            field?.error("cannot be used together with \(ways[0].1) (keep one of the two)")
        }
        if let filePath { return .credentialsFile(filePath) }
        if let seedPath { return .nkeySeedFile(seedPath) }
        if let tokenValue { return .token(tokenValue) }
        if let name, let passwordValue { return .user(name: name, password: passwordValue) }
        return nil
    }
}
