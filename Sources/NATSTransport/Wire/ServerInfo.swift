import FoundationEssentials
package import NIOCore

/// What a server says of itself in an INFO. Fields it does not send have their zero value; fields not listed here are ignored.
package struct ServerInfo: Sendable, Equatable {
    package var serverID = ""
    package var serverName = ""
    package var version = ""
    package var clientID: UInt64 = 0

    /// The largest message the server takes, headers included, in bytes.
    package var maximumPayload = 1_048_576
    package var supportsHeaders = false
    package var requiresAuthorization = false
    package var requiresTLS = false

    /// TLS is possible but not required.
    package var offersTLS = false

    /// With TLS the client has to show a certificate.
    package var demandsCertificate = false

    /// What a client with a key has to sign, as it is; nil when the server knows no keys.
    package var nonce: String?

    /// `host:port` of the other servers of a cluster.
    package var connectURLs: [String] = []

    /// The server is about to shut down and will close its connections.
    package var isLameDuck = false

    package init() {}

    /// - Throws: ``NATSProtocolError/malformed(_:)`` when the text is not a JSON object with fields of the right types.
    package init(json: ByteBuffer) throws(NATSProtocolError) {
        let fields: Fields
        do {
            fields = try JSONDecoder().decode(Fields.self, from: Data(json.readableBytesView))
        } catch {
            throw .malformed("INFO")
        }
        self.serverID = fields.server_id ?? ""
        self.serverName = fields.server_name ?? ""
        self.version = fields.version ?? ""
        self.clientID = fields.client_id ?? 0
        if let maximum = fields.max_payload, maximum > 0 { self.maximumPayload = min(maximum, FrameScanner.maximumBody) }
        self.supportsHeaders = fields.headers ?? false
        self.requiresAuthorization = fields.auth_required ?? false
        self.requiresTLS = fields.tls_required ?? false
        self.offersTLS = fields.tls_available ?? false
        self.demandsCertificate = fields.tls_verify ?? false
        self.nonce = fields.nonce.flatMap { $0.isEmpty ? nil : $0 }
        self.connectURLs = fields.connect_urls ?? []
        self.isLameDuck = fields.ldm ?? false
    }

    // The names are the protocol's.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Fields: Decodable {
        var server_id: String?
        var server_name: String?
        var version: String?
        var client_id: UInt64?
        var max_payload: Int?
        var headers: Bool?
        var auth_required: Bool?
        var tls_required: Bool?
        var tls_available: Bool?
        var tls_verify: Bool?
        var nonce: String?
        var connect_urls: [String]?
        var ldm: Bool?
    }
}
