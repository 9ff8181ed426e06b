extension Configuration {
    /// The `nats` section.
    package struct NATS: Sendable, Hashable {
        /// The servers to try, at least one. Default: one, 127.0.0.1:4222.
        package let servers: [Server]

        /// For servers whose URL brings no credentials of its own.
        package let credentials: Credentials?

        /// How to do TLS, with every server; nil where the file says nothing of it, and servers decide.
        package let tls: TLS?

        /// For one TCP connection with its handshakes. Default 2 s.
        package let connectTimeout: Duration

        /// The pause before a server that failed is tried again. Default 2 s.
        package let reconnectWait: Duration
    }
}

extension Configuration.NATS {
    /// One server of the cluster.
    package struct Server: Sendable, Hashable {
        /// A name, or an IP address; IPv6 without its brackets.
        package let host: String

        /// Default 4222.
        package let port: UInt16

        /// Whether the URL is `tls://`: nothing but TLS will do.
        package let usesTLS: Bool

        /// From the URL's user info. Takes precedence over those of the section.
        package let credentials: Credentials?
    }

    package enum Credentials: Sendable, Hashable {
        case user(name: String, password: Secret)
        case token(Secret)

        /// The path of a file with the seed of a user's key.
        case nkeySeedFile(String)

        /// The path of a `.creds` file.
        case credentialsFile(String)
    }
}
