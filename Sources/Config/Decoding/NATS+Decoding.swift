extension Configuration.NATS {
    /// The section, or the defaults where the file has none.
    static func decode(_ field: Field?) -> Self {
        let reader = field?.object()
        let servers = reader?["servers"].flatMap(Self.servers)
        let credentials = reader.flatMap(Self.credentials)
        let connectTimeout = reader?["connect_timeout"]?.duration(in: Limits.millisecond...Limits.day)
        let reconnectWait = reader?["reconnect_wait"]?.duration(in: Limits.millisecond...Limits.day)
        reader?.finish(.nats)
        return Self(
            servers: servers ?? [Server(host: "127.0.0.1", port: 4222, credentials: nil)],
            credentials: credentials,
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
        let name = username?.text()
        let passwordValue = password?.secret()
        let tokenValue = token?.secret()

        if let token, username != nil || password != nil {
            token.error("cannot be used together with \"username\" and \"password\" (keep one of the two)")
        } else if let username, password == nil {
            username.error("needs a \"password\" beside it")
        } else if let password, username == nil {
            password.error("needs a \"username\" beside it")
        }
        if let tokenValue { return .token(tokenValue) }
        if let name, let passwordValue { return .user(name: name, password: passwordValue) }
        return nil
    }
}
