/// What a server said in an `-ERR`, and what kind of complaint it is. The kinds are those of nats-server; they are told apart by how
/// the text begins, whatever its case.
package struct NATSServerError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The credentials are wrong, have expired, were revoked, or came too late.
        case authorization
        /// A subject may not be published to, or not subscribed to; the message or the subscription does not exist.
        case permissions
        /// A subject that cannot be one.
        case invalidSubject
        case subscriptionLimit
        /// The server, or the account, has as many connections as it may have.
        case connectionLimit
        case payloadLimit
        /// A line was too long: a bug, or a very large JWT.
        case lineLimit
        /// We did not answer the server's PINGs.
        case staleConnection
        case slowConsumer
        /// The port is one for other servers.
        case wrongPort
        /// The server did not understand us, or we not the server.
        case protocolMismatch
        case other
    }

    package let kind: Kind

    /// The server's words, without quotes.
    package let text: String

    /// What we know of the reason, beyond the server's words.
    package var hint: String?

    package init(_ text: String) {
        self.text = text
        let words = text.lowercased()
        self.kind = Self.beginnings.first { words.hasPrefix($0.0) }?.1 ?? .other
    }

    private static let beginnings: [(String, Kind)] = [
        ("authorization", .authorization),
        ("authentication", .authorization),
        ("user authentication", .authorization),
        ("account authentication", .authorization),
        ("permissions violation", .permissions),
        ("invalid subject", .invalidSubject),
        ("invalid publish subject", .invalidSubject),
        ("maximum subscriptions exceeded", .subscriptionLimit),
        ("maximum connections exceeded", .connectionLimit),
        ("maximum account active connections exceeded", .connectionLimit),
        ("maximum payload", .payloadLimit),
        ("maximum control line exceeded", .lineLimit),
        ("stale connection", .staleConnection),
        ("slow consumer", .slowConsumer),
        ("attempted to connect to", .wrongPort),
        ("unknown protocol operation", .protocolMismatch),
        ("invalid client protocol", .protocolMismatch),
        ("no responders requires headers", .protocolMismatch),
    ]

    /// Whether the connection goes on. What is not known costs the connection, not the process.
    package var leavesConnectionOpen: Bool {
        switch self.kind {
        case .permissions, .invalidSubject, .subscriptionLimit: true
        case .authorization, .connectionLimit, .payloadLimit, .lineLimit, .staleConnection, .slowConsumer, .wrongPort,
            .protocolMismatch, .other:
            false
        }
    }

    package var description: String {
        let words = "the NATS server said: \(self.text)"
        if let hint = self.hint { return "\(words) (\(hint))" }
        return self.kind == .wrongPort ? "\(words) (clients have a port of their own, usually 4222)" : words
    }
}
