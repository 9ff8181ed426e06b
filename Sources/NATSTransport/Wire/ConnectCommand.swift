import FoundationEssentials
import NIOCore

/// The CONNECT with which a client answers a server's INFO.
struct ConnectCommand {
    var name: String?
    var credentials: NATSCredentials
    var supportsHeaders: Bool

    /// The whole line. `verbose` and `pedantic` are true where a CONNECT does not say otherwise, so it does.
    func line() -> ByteBuffer {
        var fields = Fields(headers: self.supportsHeaders, no_responders: self.supportsHeaders)
        fields.name = self.name
        switch self.credentials {
        case .none: break
        case .password(let user, let password):
            fields.user = user
            fields.pass = password
        case .token(let token):
            fields.auth_token = token
        }
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
    }
}
