/// Proof of identity that goes out with CONNECT. Printing, dumping or reflecting one shows its kind and the path of a file, no secret.
package enum NATSCredentials: Sendable, Equatable {
    case none
    case password(user: String, password: String)
    case token(String)

    /// The seed of a user's key in a file, alone on a line or between markers. Read anew for every connection, so that it can be
    /// replaced at any time.
    case nkeySeedFile(String)

    /// A `.creds` file: a user's JWT and the seed that belongs to it. Read anew for every connection.
    case credentialsFile(String)

    /// The seed of a user's key, `SU…`.
    case nkey(seed: String)

    /// A user's JWT and the seed, `SU…`, that belongs to it; none is needed for a JWT that is a bearer token.
    case jwt(String, seed: String?)
}

extension NATSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .none: "no credentials"
        case .password: "user and password"
        case .token: "token"
        case .nkeySeedFile(let path): "nkey seed file \(path)"
        case .credentialsFile(let path): "credentials file \(path)"
        case .nkey: "nkey"
        case .jwt: "JWT"
        }
    }

    package var debugDescription: String { self.description }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
