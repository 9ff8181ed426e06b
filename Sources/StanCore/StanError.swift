/// What can go wrong with a STAN session, and what to do about it.
public struct StanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure, for programs to decide by.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case connectTimeout, clientIDInUse, subscribeTimeout, closeTimeout, publishAckTimeout
            case connectionClosed, connectionLost, invalidArgument, tooLarge, refused, nats, authorization, tls, cancelled
        }

        private let kind: Kind

        public var description: String { self.kind.rawValue }

        /// No STAN server answered a connect request: there is none with this cluster id, or it is down.
        public static let connectTimeout = Self(kind: .connectTimeout)

        /// Another client with this id is connected and answers the server.
        public static let clientIDInUse = Self(kind: .clientIDInUse)

        /// A subscribe request was not answered in time, or nobody listened to it.
        public static let subscribeTimeout = Self(kind: .subscribeTimeout)

        /// A request to end a subscription or the session was not answered in time, or nobody listened to it.
        public static let closeTimeout = Self(kind: .closeTimeout)

        /// A published message was not acked in time. It may be stored or not.
        public static let publishAckTimeout = Self(kind: .publishAckTimeout)

        /// The session or the subscription is closed already.
        public static let connectionClosed = Self(kind: .connectionClosed)

        /// The session is lost, and ``StanError/loss`` says why. It has to be made anew, and all subscriptions with it.
        public static let connectionLost = Self(kind: .connectionLost)

        /// A channel name, client id or option that no server would take.
        public static let invalidArgument = Self(kind: .invalidArgument)

        /// A message is larger than the NATS server takes.
        public static let tooLarge = Self(kind: .tooLarge)

        /// The server refused a request; the message has its words.
        public static let refused = Self(kind: .refused)

        /// NATS could not be reached, or not at the moment.
        public static let nats = Self(kind: .nats)

        /// NATS refused the credentials, or they cannot be used. Trying again changes nothing until somebody changes them.
        public static let authorization = Self(kind: .authorization)

        /// TLS with the NATS server cannot be established: a certificate, a file, or what the server offers.
        public static let tls = Self(kind: .tls)

        /// The task that waited was cancelled. A message that it had published may be stored or not.
        public static let cancelled = Self(kind: .cancelled)
    }

    public let code: Code

    /// What happened, in one line, without secrets. Server errors keep the server's words.
    public let message: String

    /// The id under which a published message that failed was sent.
    public let guid: String?

    /// Why the session was lost; with the code ``Code/connectionLost``, else nil.
    public let loss: Loss?

    public init(_ code: Code, _ message: String, guid: String? = nil) {
        self.code = code
        self.message = message
        self.guid = guid
        self.loss = nil
    }

    /// A session that was lost.
    public init(lost loss: Loss, _ message: String) {
        self.code = .connectionLost
        self.message = message
        self.guid = nil
        self.loss = loss
    }

    public var description: String {
        self.guid.map { "\(self.message) (guid \($0))" } ?? self.message
    }

    static let closed = StanError(.connectionClosed, "stan: connection closed")
}
