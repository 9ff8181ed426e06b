extension StanError {
    /// Why a session was lost, for programs to decide by.
    public struct Loss: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case pingsUnanswered, serverAway, forgotten, natsClosed
        }

        private let kind: Kind

        public var description: String { self.kind.rawValue }

        /// As many pings as ``StanConfiguration/pingMaxOut`` allows went unanswered, and one more was due. The server hangs, or the
        /// connection is dead without knowing it.
        public static let pingsUnanswered = Self(kind: .pingsUnanswered)

        /// As many pings found no server: NATS works, and said so. The server is down, or its cluster has had no leader for that long.
        public static let serverAway = Self(kind: .serverAway)

        /// The server does not know the session: it has restarted without it, has given it up because heartbeats went unanswered, or
        /// another client has taken its id.
        public static let forgotten = Self(kind: .forgotten)

        /// The NATS connection was closed for good.
        public static let natsClosed = Self(kind: .natsClosed)
    }
}
