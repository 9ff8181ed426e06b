package import NIOCore

/// How to reach NATS, and how hard to try.
package struct NATSConfiguration: Sendable {
    /// The servers to try, in random order. Must not be empty.
    package var servers: [NATSServerAddress]

    /// For servers whose own URL bears no credentials.
    package var credentials = NATSCredentials.none

    /// Nothing but TLS will do where this is set. Without it servers decide, and those with `tls://` have the default settings.
    package var tls: NATSTLSConfiguration?

    /// Shown by the server's monitoring.
    package var name: String?

    /// For the TCP connection and the handshake, that of TLS included. 2 s.
    package var connectTimeout = TimeAmount.seconds(2)

    /// The pause after all servers have been tried in vain, to which up to `reconnectJitter` is added. 2 s.
    package var reconnectWait = TimeAmount.seconds(2)

    /// 100 ms.
    package var reconnectJitter = TimeAmount.milliseconds(100)

    /// The pause where every server refused the credentials, unless ``reconnectWait`` is longer: somebody has to change something
    /// first. 10 s.
    package var refusedWait = TimeAmount.seconds(10)

    /// Whether to close for good when the same server has refused the credentials twice in a row. Default: to go on trying.
    package var stopsWhenRefusedTwice = false

    /// Between the PINGs that find out a dead connection. 2 min.
    package var pingInterval = TimeAmount.minutes(2)

    /// How many PINGs may be unanswered; at the next the connection is given up. 2.
    package var pingMaxOut = 2

    /// How many bytes may wait until the socket takes them before ``NATSConnection/isCongested`` says so. Nothing is refused beyond
    /// it: who publishes much has to ask. 8 MiB.
    package var outboundLimit = 8 << 20

    package init(servers: [NATSServerAddress]) {
        self.servers = servers
    }
}
