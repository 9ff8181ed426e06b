extension Configuration {
    /// The keys that every `tls` object has. All files could be read when the configuration was.
    package struct TLS: Sendable, Hashable {
        /// Who may have signed the server's certificate. Default: whom the system trusts.
        package let caFile: String?

        /// The client's certificate; there is one if there is a ``keyFile``.
        package let certificateFile: String?

        package let keyFile: String?

        /// The name in the server's certificate, a DNS name. Default: the host of its URL.
        package let serverName: String?

        /// Default: false.
        package let skipsVerification: Bool

        static let standard = TLS(caFile: nil, certificateFile: nil, keyFile: nil, serverName: nil, skipsVerification: false)
    }
}
