/// How a connection is encrypted, and who may be at the other end. TLS 1.2 or newer.
package struct NATSTLSConfiguration: Sendable, Equatable {
    /// A file of certificates in PEM: who may have signed the server's. Nil for the authorities that the system trusts.
    package var caFile: String?

    /// The client's certificate in PEM, with those between it and its authority; goes with ``keyFile``.
    package var certificateFile: String?

    /// The key of the client's certificate in PEM, without a passphrase.
    package var keyFile: String?

    /// The name that the server's certificate has to have. Nil for the host of its URL, be it a name or an IP address. The library
    /// takes a certificate for the IP address that was connected to as well.
    package var serverName: String?

    /// Takes any certificate from anybody. For trying things out.
    package var skipsVerification = false

    package init() {}
}
