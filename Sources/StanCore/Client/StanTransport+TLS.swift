import NATSTransport

extension StanTransport {
    /// How a connection is encrypted, and who may be at the other end. TLS 1.2 or newer.
    ///
    /// The files are in PEM form, and looked at for every connection: a certificate that is replaced is used from the next one on.
    /// What cannot be read or does not fit is a ``StanError`` with the code ``StanError/Code/tls``.
    public struct TLS: Sendable, Equatable {
        /// Certificates of the authorities that may have signed the server's. Nil: those that the system trusts.
        public var caFile: String?

        /// The client's certificate, with those between it and its authority, for servers that demand one; goes with ``keyFile``.
        public var certificateFile: String?

        /// The key of the client's certificate, without a passphrase.
        public var keyFile: String?

        /// The name that the server's certificate has to have. Nil: the host of its URL, be it a name or an IP address. A certificate
        /// for the IP address that was connected to is taken too.
        public var serverName: String?

        /// Takes any certificate from anybody, which protects from nobody who is in between. For trying things out. False.
        public var skipsVerification: Bool

        public init(
            caFile: String? = nil,
            certificateFile: String? = nil,
            keyFile: String? = nil,
            serverName: String? = nil,
            skipsVerification: Bool = false
        ) {
            self.caFile = caFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.serverName = serverName
            self.skipsVerification = skipsVerification
        }

        var nats: NATSTLSConfiguration {
            var tls = NATSTLSConfiguration()
            tls.caFile = self.caFile
            tls.certificateFile = self.certificateFile
            tls.keyFile = self.keyFile
            tls.serverName = self.serverName
            tls.skipsVerification = self.skipsVerification
            return tls
        }
    }
}
