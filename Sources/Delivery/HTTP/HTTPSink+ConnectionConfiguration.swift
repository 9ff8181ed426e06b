extension HTTPSink.Configuration {
    /// How an endpoint is reached.
    package struct Connection: Sendable {
        package enum Version: Sendable, Hashable {
            /// HTTP/2 where TLS agrees on it, else HTTP/1.1.
            case automatic
            case http1
            /// HTTP/2 where TLS or an upgrade agrees on it.
            case http2
            /// HTTP/2 in cleartext, without asking.
            case http2PriorKnowledge
        }

        /// Default `automatic`.
        package var version = Version.automatic

        /// Of `https` URLs only.
        package var tls = TLS()

        /// A proxy's URL, with its credentials: `http`, `https`, `socks5` or `socks5h`. Default none, whatever the environment says.
        package var proxy: SinkSecret?

        /// The path of a socket to be connected to in place of the URL's host. Default none.
        package var unixSocket: String?

        package init() {}
    }

    package struct TLS: Sendable, Hashable {
        package enum Version: Sendable, Hashable {
            case tls12
            case tls13
        }

        /// The authorities that are trusted, PEM. Default the system's. Read for each new connection, at most once a minute.
        package var caFile: String?

        /// Our certificate and its key, PEM. Default none. Read for each new connection.
        package var certificateFile: String?
        package var keyFile: String?

        /// The name that the endpoint's certificate has to have. Default the URL's host.
        package var serverName: String?

        /// Whether any certificate is taken. Default false.
        package var skipsVerification = false

        /// Default 1.2.
        package var minimumVersion = Version.tls12

        package init() {}
    }

    /// What is too slow: less than so much a second, for so long.
    package struct LowSpeed: Sendable, Hashable {
        /// Bytes a second, sent and received; at least 1.
        package var bytesPerSecond: Int

        /// Whole seconds, at least 1.
        package var seconds: Int

        package init(bytesPerSecond: Int, seconds: Int) {
            self.bytesPerSecond = bytesPerSecond
            self.seconds = seconds
        }
    }
}
