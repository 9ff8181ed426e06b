/// What can go wrong with a NATS connection or a request on it.
package enum NATSError: Error, Equatable, CustomStringConvertible {
    /// There is no connection at the moment. Nothing is kept for later.
    case notConnected

    /// The connection was closed on purpose and does not come back.
    case closed

    /// The message, headers included, is larger than the server allows; sending it would cost the connection.
    case payloadTooLarge(size: Int, limit: Int)

    /// The subject has wildcards, white space or empty tokens.
    case invalidSubject(String)

    /// The server said that nobody is subscribed to the subject of a request.
    case noResponders

    /// No answer came in time.
    case timeout

    /// The server refused the connection or closed it, with these words.
    case server(String)

    /// Reaching the server failed; carries the reason in words.
    case unreachable(String)

    /// What the server sent is not the NATS protocol.
    case protocolViolation(NATSProtocolError)

    /// The server takes TLS connections only, which are not supported.
    case tlsRequired

    /// Several PINGs in a row were not answered.
    case stale

    /// Whether the server refused the credentials: trying again changes nothing until somebody changes them.
    package var isAuthorizationFailure: Bool {
        guard case .server(let text) = self else { return false }
        let words = text.lowercased()
        return words.hasPrefix("authorization") || words.hasPrefix("authentication") || words.hasPrefix("user authentication")
            || words.hasPrefix("account authentication")
    }

    package var description: String {
        switch self {
        case .notConnected: "not connected to NATS"
        case .closed: "the NATS connection is closed"
        case .payloadTooLarge(let size, let limit): "the message has \(size) bytes; the NATS server takes at most \(limit)"
        case .invalidSubject(let subject): "\"\(subject)\" is not a subject that can be published to"
        case .noResponders: "nobody is subscribed to the subject of the request"
        case .timeout: "no answer in time"
        case .server(let text): "the NATS server said: \(text)"
        case .unreachable(let reason): reason
        case .protocolViolation(let error): error.description
        case .tlsRequired: "the NATS server requires TLS, which is not supported yet"
        case .stale: "the NATS server does not answer PINGs any more"
        }
    }
}
