import FoundationEssentials
import NIOCore

/// The CONNECT with which a client answers a server's INFO.
struct ConnectCommand {
    var name: String?
    var proof: ConnectProof
    var supportsHeaders: Bool
    var usesTLS = false

    /// The whole line. `verbose` and `pedantic` are true where a CONNECT does not say otherwise, so it does.
    func line() -> ByteBuffer {
        var fields = Fields(headers: self.supportsHeaders, no_responders: self.supportsHeaders)
        fields.name = self.name
        fields.tls_required = self.usesTLS
        fields.user = self.proof.user
        fields.pass = self.proof.password
        fields.auth_token = self.proof.token
        fields.nkey = self.proof.nkey
        fields.jwt = self.proof.jwt
        fields.sig = self.proof.signature
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var buffer = ByteBuffer(string: "CONNECT ")
        // Strings and booleans always encode.
        if let json = try? encoder.encode(fields) { buffer.writeBytes(json) }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    // The names are the protocol's.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Fields: Encodable {
        var verbose = false
        var pedantic = false
        var tls_required = false
        var lang = "swift"
        var version = NATSConnection.libraryVersion
        var `protocol` = 1
        var echo = true
        var headers: Bool
        var no_responders: Bool
        var name: String?
        var user: String?
        var pass: String?
        var auth_token: String?
        var nkey: String?
        var jwt: String?
        var sig: String?
    }
}
