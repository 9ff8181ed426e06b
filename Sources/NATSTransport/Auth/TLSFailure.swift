import Glibc
import NIOCore
import NIOSSL

/// Says in words what went wrong with TLS, from the little that the library tells.
struct TLSFailure {
    /// The server, as people know it.
    private let server: NATSServerAddress
    private let configuration: NATSTLSConfiguration

    /// The name that is looked for in the certificate.
    let expectedName: String

    /// Whether the server's INFO said that it wants to see a certificate of the client.
    private let demandsCertificate: Bool

    init(server: NATSServerAddress, configuration: NATSTLSConfiguration, info: ServerInfo) {
        self.server = server
        self.configuration = configuration
        self.expectedName = configuration.serverName ?? server.certificateName ?? server.host
        self.demandsCertificate = info.demandsCertificate
    }

    /// - Parameter certificate: what the server showed, if it came to that.
    /// - Returns: nil when the error is the mere end of the connection.
    func words(for error: any Error, certificate: NIOSSLCertificate?) -> String? {
        if let extra = error as? NIOSSLExtraError, extra == .failedToValidateHostname || extra == .serverHostnameImpossibleToMatch
        {
            let names = Self.names(in: certificate)
            return "the certificate of the NATS server at \(self.server) is not for \(self.expectedName) but for "
                + (names.isEmpty ? "no name at all" : names.joined(separator: ", "))
        }
        if error is IOError || error is ChannelError { return nil }
        let text = Self.text(of: error)
        if let reason = Self.alert(in: text) {
            return "the NATS server at \(self.server) does not accept the client certificate: \(reason)"
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return self.words(forUntrusted: certificate) }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("INVALID_CONTENT_TYPE") || text.contains("UNEXPECTED_RECORD") {
            return "the NATS server at \(self.server) announced TLS but does not speak it"
        }
        if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
            return "the NATS server at \(self.server) has no TLS version in common with us, who take TLS 1.2 and newer"
        }
        if text.contains("HANDSHAKE_FAILURE") {
            return "the NATS server at \(self.server) has no TLS settings in common with us"
        }
        if text.contains("EOF during handshake") || text.contains("uncleanShutdown") || text.contains("UNCLEAN") { return nil }
        return "TLS with the NATS server at \(self.server) failed: \(text)"
    }

    /// For the end of the connection between the client's part of the handshake and the first word of the server after it: with
    /// TLS 1.3 that is where a server refuses a client's certificate, and the alert that says so may be lost with the connection.
    var wordsForEnd: String {
        self.demandsCertificate
            ? "the NATS server at \(self.server) closed the connection after the TLS handshake; "
                + "most likely it does not accept the client certificate"
            : "the NATS server at \(self.server) closed the connection during the handshake"
    }

    private func words(forUntrusted certificate: NIOSSLCertificate?) -> String {
        let start = "the certificate of the NATS server at \(self.server)"
        if let certificate {
            let now = time(nil)
            if certificate.notValidAfter < now { return "\(start) expired on \(CalendarDay.text(certificate.notValidAfter))" }
            if certificate.notValidBefore > now {
                return "\(start) is valid only from \(CalendarDay.text(certificate.notValidBefore)) on (is the clock right?)"
            }
        }
        if let file = self.configuration.caFile { return "\(start) was not signed by an authority in the CA file \(file)" }
        return "\(start) was not signed by an authority that this system trusts; name your own with a CA file"
    }

    /// What a server says of a client's certificate, by the alerts of RFC 8446, section 6.2.
    private static func alert(in text: String) -> String? {
        guard text.contains("ALERT") else { return nil }
        let alerts = [
            ("CERTIFICATE_REQUIRED", "it demands one and was shown none"),
            ("UNKNOWN_CA", "it does not know who signed it"),
            ("CERTIFICATE_EXPIRED", "it has expired"),
            ("CERTIFICATE_REVOKED", "it was revoked"),
            ("UNSUPPORTED_CERTIFICATE", "it is of a kind that the server cannot use"),
            ("CERTIFICATE_UNKNOWN", "the server does not say why"),
            ("BAD_CERTIFICATE", "the server could not verify it"),
        ]
        return alerts.first { text.contains($0.0) }?.1
    }

    /// At most five: a certificate may have hundreds.
    private static func names(in certificate: NIOSSLCertificate?) -> [String] {
        guard let certificate else { return [] }
        var names: [String] = []
        for name in certificate._subjectAlternativeNames() where names.count < 5 {
            let bytes = Array(name.contents)
            switch name.nameType {
            case .dnsName:
                // Comes from the peer and goes into a log.
                names.append(String(bytes.map { 0x21...0x7e ~= $0 ? Character(UnicodeScalar($0)) : "?" }.prefix(255)))
            case .ipAddress:
                var packed = ByteBuffer(bytes: bytes)
                if let address = try? SocketAddress(packedIPAddress: packed.readSlice(length: bytes.count) ?? packed, port: 0) {
                    names.append(address.ipAddress ?? "")
                }
            default: break
            }
        }
        return names
    }

    /// The library's own words, without the places in its source.
    static func text(of error: any Error) -> String {
        let stack: [BoringSSLInternalError]
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let errors)), NIOSSLError.handshakeFailed(.unknownError(let errors)),
            BoringSSLError.sslError(let errors), BoringSSLError.unknownError(let errors):
            stack = errors
        default:
            return "\(error)"
        }
        return stack.isEmpty ? "\(error)" : stack.map { Self.reason(in: "\($0)") }.joined(separator: "; ")
    }

    /// `NO_SHARED_CIPHER` of `Error: 268435584 error:…:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER at handshake.cc:123`.
    private static func reason(in text: String) -> String {
        var rest = Substring(text)
        if let prefix = rest.firstRange(of: "OPENSSL_internal:") { rest = rest[prefix.upperBound...] }
        if let place = rest.firstRange(of: " at ") { rest = rest[..<place.lowerBound] }
        return String(rest)
    }
}
