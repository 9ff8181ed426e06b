package import NATSTransport
public import NIOCore

extension StanTransport {
    /// How to reach NATS, and as whom.
    ///
    /// ```swift
    /// var configuration = StanTransport.Configuration(servers: ["tls://nats.example:4222"])
    /// configuration.credentials = .credentials(file: "/etc/me/user.creds")
    /// configuration.tls = StanTransport.TLS(caFile: "/etc/me/ca.pem")
    /// ```
    ///
    /// Printing, dumping or reflecting one shows no secret, those in URLs included.
    public struct Configuration: Sendable {
        /// URLs of NATS servers, `nats://[user:password@|token@]host[:port]`, or the same with `tls://`, where nothing but TLS will
        /// do. They are tried in random order. What stands before an `@` takes precedence over ``credentials``; signs that mean
        /// something in a URL are written there as `%40` and so on.
        public var servers: [String]

        /// For servers whose URL brings no credentials of its own. None.
        public var credentials = Credentials.none

        /// How to do TLS, with every server: where this is set nothing else will do. Nil: the servers decide, and TLS has its default
        /// settings.
        public var tls: TLS?

        /// Shown by the server's monitoring. Nil; a client that makes its own connection puts its client id here.
        public var name: String?

        /// For the connection and the handshakes together. 2 s.
        public var connectTimeout = TimeAmount.seconds(2)

        /// The pause after all servers have been tried in vain. 2 s, and a little left to chance.
        public var reconnectWait = TimeAmount.seconds(2)

        /// Whether to close for good when the same server has refused the credentials twice in a row, after they had been taken once.
        /// False: trying goes on, since somebody may put new credentials into the file.
        public var stopsWhenRefusedTwice = false

        /// Between the PINGs that find out a dead connection. 2 min.
        public var pingInterval = TimeAmount.minutes(2)

        /// How many PINGs may be unanswered, at least 1; at the next the connection is given up for a new one. 2.
        public var pingMaxOut = 2

        /// How many bytes may wait until the socket takes them, at least 1. A publish beyond it waits until there is room; acks and
        /// what the protocol needs go all the same, so it is a soft limit, and one more message may be on top of it. 8 MiB.
        public var outboundLimit = 8 << 20

        /// - Parameter servers: see ``servers``; at least one.
        public init(servers: [String]) {
            self.servers = servers
        }

        /// - Throws: ``StanError/Code/invalidArgument`` for what cannot be meant.
        package func nats() throws(StanError) -> NATSConfiguration {
            var addresses: [NATSServerAddress] = []
            for url in self.servers {
                guard let address = NATSServerAddress(url) else {
                    // The text may hold a password, so it is not repeated.
                    throw StanError(
                        .invalidArgument,
                        "a NATS server's URL is not of the form nats://[user:password@]host[:port], or the same with tls://"
                    )
                }
                addresses.append(address)
            }
            guard !addresses.isEmpty else { throw StanError(.invalidArgument, "no NATS server is given") }
            guard self.outboundLimit >= 1 else { throw StanError(.invalidArgument, "the outbound limit must be at least 1 byte") }
            guard self.pingInterval > .zero, self.pingMaxOut >= 1 else {
                throw StanError(.invalidArgument, "the ping interval must be above 0, and at least one ping be allowed to be out")
            }
            if let tls = self.tls, (tls.certificateFile == nil) != (tls.keyFile == nil) {
                throw StanError(.invalidArgument, "a client certificate needs both its file and that of its key")
            }
            var nats = NATSConfiguration(servers: addresses)
            nats.credentials = self.credentials.nats
            nats.tls = self.tls?.nats
            nats.name = self.name
            nats.connectTimeout = self.connectTimeout
            nats.reconnectWait = self.reconnectWait
            nats.stopsWhenRefusedTwice = self.stopsWhenRefusedTwice
            nats.pingInterval = self.pingInterval
            nats.pingMaxOut = self.pingMaxOut
            nats.outboundLimit = self.outboundLimit
            return nats
        }
    }
}

extension StanTransport.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The servers without their credentials, and what kinds of secrets there are.
    public var description: String {
        let servers = self.servers.map { NATSServerAddress($0)?.description ?? "?" }.joined(separator: ", ")
        return "NATS at \(servers), \(self.credentials)\(self.tls == nil ? "" : ", TLS")"
    }

    public var debugDescription: String { self.description }

    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "servers": self.servers.map { NATSServerAddress($0)?.description ?? "?" }, "credentials": self.credentials,
                "tls": self.tls as Any, "name": self.name as Any, "connectTimeout": self.connectTimeout,
                "reconnectWait": self.reconnectWait, "stopsWhenRefusedTwice": self.stopsWhenRefusedTwice,
                "pingInterval": self.pingInterval, "pingMaxOut": self.pingMaxOut, "outboundLimit": self.outboundLimit,
            ]
        )
    }
}
