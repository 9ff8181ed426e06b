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

    /// The server refused the connection or closed it, and said why.
    case server(NATSServerError)

    /// Reaching the server failed; carries the reason in words.
    case unreachable(String)

    /// What the server sent is not the NATS protocol.
    case protocolViolation(NATSProtocolError)

    /// TLS could not be established: carries in words what is wrong with a certificate, a file, or what the server offers.
    case tls(String)

    /// The configured credentials cannot be used; carries the reason in words, and never any of them.
    case credentials(String)

    /// The server is about to shut down, and another one takes its place.
    case lameDuck

    /// Several PINGs in a row were not answered.
    case stale

    /// What kind of complaint the server had, if it was one.
    package var serverErrorKind: NATSServerError.Kind? {
        if case .server(let error) = self { error.kind } else { nil }
    }

    /// Whether the credentials were refused or cannot be used: trying again changes nothing until somebody changes them.
    package var isAuthorizationFailure: Bool {
        if case .credentials = self { true } else { self.serverErrorKind == .authorization }
    }

    package var description: String {
        switch self {
        case .notConnected: "not connected to NATS"
        case .closed: "the NATS connection is closed"
        case .payloadTooLarge(let size, let limit): "the message has \(size) bytes; the NATS server takes at most \(limit)"
        case .invalidSubject(let subject): "\"\(subject)\" is not a subject that can be published to"
        case .noResponders: "nobody is subscribed to the subject of the request"
        case .timeout: "no answer in time"
        case .server(let error): error.description
        case .unreachable(let reason): reason
        case .protocolViolation(let error): error.description
        case .tls(let reason), .credentials(let reason): reason
        case .lameDuck: "the NATS server is about to shut down"
        case .stale: "the NATS server does not answer PINGs any more"
        }
    }
}
