import NATSTransport

extension StanTransport {
    /// What went wrong between the client and a NATS server.
    public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The kind of failure, for programs to decide by.
        public struct Kind: Sendable, Hashable, CustomStringConvertible {
            private enum Name: String {
                case authorization, credentials, permissions, invalidSubject, subscriptionLimit, connectionLimit, payloadLimit
                case lineLimit, staleConnection, slowConsumer, wrongPort, protocolMismatch, otherServerError
                case unreachable, tls, protocolViolation, pingsUnanswered, lameDuck
            }

            private let name: Name

            public var description: String { self.name.rawValue }

            // MARK: What a server says in an -ERR

            /// The credentials are wrong, have expired, were revoked, or came too late.
            public static let authorization = Self(name: .authorization)

            /// A subject may not be published to, or not subscribed to. The connection goes on.
            public static let permissions = Self(name: .permissions)

            /// A subject that cannot be one. The connection goes on.
            public static let invalidSubject = Self(name: .invalidSubject)

            /// One subscription more than the server allows. The connection goes on without it.
            public static let subscriptionLimit = Self(name: .subscriptionLimit)

            /// The server, or the account, has as many connections as it may have.
            public static let connectionLimit = Self(name: .connectionLimit)

            /// A message was larger than the server takes.
            public static let payloadLimit = Self(name: .payloadLimit)

            /// A line of the protocol was longer than the server takes.
            public static let lineLimit = Self(name: .lineLimit)

            /// The server got no answer to its PINGs.
            public static let staleConnection = Self(name: .staleConnection)

            /// The client did not read fast enough what the server had for it.
            public static let slowConsumer = Self(name: .slowConsumer)

            /// The port is one for other servers.
            public static let wrongPort = Self(name: .wrongPort)

            /// The server did not understand the client.
            public static let protocolMismatch = Self(name: .protocolMismatch)

            /// Something else that a server said.
            public static let otherServerError = Self(name: .otherServerError)

            // MARK: What is found out on this side

            /// The credentials cannot be used: a file cannot be read, a seed is damaged, a server takes no nkeys.
            public static let credentials = Self(name: .credentials)

            /// The server cannot be reached, or closed the connection without a word.
            public static let unreachable = Self(name: .unreachable)

            /// TLS cannot be established: a certificate, a file, or what the server offers.
            public static let tls = Self(name: .tls)

            /// What the server sent is not the NATS protocol.
            public static let protocolViolation = Self(name: .protocolViolation)

            /// The server does not answer PINGs any more.
            public static let pingsUnanswered = Self(name: .pingsUnanswered)

            /// The server is about to shut down, and the connection moves to another one.
            public static let lameDuck = Self(name: .lameDuck)
        }

        public let kind: Kind

        /// What happened, in one line, without secrets. What a server said is in its words.
        public let message: String

        public var description: String { self.message }
    }
}

extension StanTransport.Failure {
    init(_ error: NATSError) {
        switch error {
        case .server(let error): self.init(error)
        case .credentials: self.init(kind: .credentials, message: error.description)
        case .tls: self.init(kind: .tls, message: error.description)
        case .protocolViolation: self.init(kind: .protocolViolation, message: error.description)
        case .stale: self.init(kind: .pingsUnanswered, message: error.description)
        case .lameDuck: self.init(kind: .lameDuck, message: error.description)
        case .unreachable, .notConnected, .closed, .payloadTooLarge, .invalidSubject, .noResponders, .timeout:
            self.init(kind: .unreachable, message: error.description)
        }
    }

    init(_ error: NATSServerError) {
        self.init(kind: Kind(error.kind), message: error.description)
    }
}

extension StanTransport.Failure.Kind {
    fileprivate init(_ kind: NATSServerError.Kind) {
        switch kind {
        case .authorization: self = .authorization
        case .permissions: self = .permissions
        case .invalidSubject: self = .invalidSubject
        case .subscriptionLimit: self = .subscriptionLimit
        case .connectionLimit: self = .connectionLimit
        case .payloadLimit: self = .payloadLimit
        case .lineLimit: self = .lineLimit
        case .staleConnection: self = .staleConnection
        case .slowConsumer: self = .slowConsumer
        case .wrongPort: self = .wrongPort
        case .protocolMismatch: self = .protocolMismatch
        case .other: self = .otherServerError
        }
    }
}
