import NATSTransport

extension StanTransport {
    /// Who the client is for NATS, and the proof of it.
    ///
    /// Files are read anew for every connection, so that they can be replaced at any time. What cannot be read, or is refused by the
    /// server, is a ``StanError`` with the code ``StanError/Code/authorization``. Printing, dumping or reflecting one shows its kind
    /// and the path of a file, no secret.
    public struct Credentials: Sendable, Equatable {
        let nats: NATSCredentials

        /// For servers that take anybody.
        public static let none = Self(nats: .none)

        /// A user's name and password.
        public static func password(user: String, password: String) -> Self {
            Self(nats: .password(user: user, password: password))
        }

        /// A token that all clients share.
        public static func token(_ token: String) -> Self {
            Self(nats: .token(token))
        }

        /// The seed of a user's nkey, `SU…`. It signs what the server asks for, and does not leave the process.
        public static func nkey(seed: String) -> Self {
            Self(nats: .nkey(seed: seed))
        }

        /// A file with the seed of a user's nkey, alone on a line or between markers.
        public static func nkey(seedFile: String) -> Self {
            Self(nats: .nkeySeedFile(seedFile))
        }

        /// A `.creds` file: a user's JWT, and the seed of the nkey that belongs to it.
        public static func credentials(file: String) -> Self {
            Self(nats: .credentialsFile(file))
        }

        /// A user's JWT, and the seed, `SU…`, of the nkey that belongs to it; nil for a JWT that is a bearer token.
        public static func jwt(_ jwt: String, seed: String?) -> Self {
            Self(nats: .jwt(jwt, seed: seed))
        }
    }
}

extension StanTransport.Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The kind, and the path of a file.
    public var description: String { self.nats.description }

    public var debugDescription: String { self.description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
