import NIOCore
import NIOSSL

/// Makes the TLS context of a connection from its files, and makes it anew when one of them has changed.
struct TLSContextLoader {
    private let configuration: NATSTLSConfiguration
    private var context: NIOSSLContext?
    private var stamps: [SecretFile.Stamp?] = []

    init(_ configuration: NATSTLSConfiguration) {
        self.configuration = configuration
    }

    /// Costs a look at each file where nothing has changed since the last time.
    ///
    /// - Throws: ``NATSError/tls(_:)`` when a file cannot be read or used.
    mutating func load() throws(NATSError) -> NIOSSLContext {
        let files = [self.configuration.caFile, self.configuration.certificateFile, self.configuration.keyFile].compactMap(\.self)
        // Before reading: a file that changes meanwhile is read again the next time.
        let stamps = files.map { SecretFile.Stamp(path: $0) }
        if let context = self.context, stamps == self.stamps { return context }
        let context = try self.makeContext()
        self.context = context
        self.stamps = stamps
        return context
    }

    private func makeContext() throws(NATSError) -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        // A peer that is gone does not say so; what there was to write has gone out before.
        tls.shutdownTimeout = .milliseconds(500)
        if self.configuration.skipsVerification { tls.certificateVerification = .none }
        if let path = self.configuration.caFile {
            tls.trustRoots = .certificates(try Self.certificates(path, "the CA file"))
        }
        if let path = self.configuration.certificateFile {
            tls.certificateChain = try Self.certificates(path, "the certificate file").map { .certificate($0) }
        }
        if let path = self.configuration.keyFile {
            tls.privateKey = .privateKey(try Self.key(path))
        }
        do {
            return try NIOSSLContext(configuration: tls)
        } catch {
            guard let certificate = self.configuration.certificateFile, let key = self.configuration.keyFile else {
                throw .tls("could not prepare TLS: \(TLSFailure.text(of: error))")
            }
            throw .tls("the certificate in \(certificate) and the key in \(key) do not belong together")
        }
    }

    private static func certificates(_ path: String, _ name: String) throws(NATSError) -> [NIOSSLCertificate] {
        let bytes = try Self.read(path, name)
        guard let certificates = bytes.withBytes({ try? NIOSSLCertificate.fromPEMBytes(Array($0)) }), !certificates.isEmpty else {
            throw .tls("there is no certificate in PEM form in \(name) \(path), or one of them is damaged")
        }
        return certificates
    }

    private static func key(_ path: String) throws(NATSError) -> NIOSSLPrivateKey {
        let bytes = try Self.read(path, "the key file")
        guard let key = bytes.withBytes({ try? NIOSSLPrivateKey(bytes: Array($0), format: .pem) }) else {
            throw .tls("there is no private key in PEM form and without a passphrase in the key file \(path)")
        }
        return key
    }

    private static func read(_ path: String, _ name: String) throws(NATSError) -> SecretBytes {
        do throws(SecretFile.Problem) {
            return try SecretFile.read(path)
        } catch {
            throw .tls("cannot read \(name) \(path): \(error)")
        }
    }
}
