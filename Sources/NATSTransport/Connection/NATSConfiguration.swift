package import NIOCore

/// Proof of identity that goes out with CONNECT.
package enum NATSCredentials: Sendable, Equatable {
    case none
    case password(user: String, password: String)
    case token(String)
}

/// How to reach NATS, and how hard to try.
package struct NATSConfiguration: Sendable {
    /// The servers to try, in random order. Must not be empty.
    package var servers: [NATSServerAddress]

    /// For servers whose own URL bears no credentials.
    package var credentials = NATSCredentials.none

    /// Shown by the server's monitoring.
    package var name: String?

    /// For the TCP connection and the handshake together. 2 s.
    package var connectTimeout = TimeAmount.seconds(2)

    /// The pause after all servers have been tried in vain, to which up to `reconnectJitter` is added. 2 s.
    package var reconnectWait = TimeAmount.seconds(2)

    /// 100 ms.
    package var reconnectJitter = TimeAmount.milliseconds(100)

    /// Between the PINGs that find out a dead connection. 2 min.
    package var pingInterval = TimeAmount.minutes(2)

    /// How many PINGs may be unanswered; at the next the connection is given up. 2.
    package var pingMaxOut = 2

    package init(servers: [NATSServerAddress]) {
        self.servers = servers
    }
}
