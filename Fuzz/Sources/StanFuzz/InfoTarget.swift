import NATSTransport
import NIOCore

/// INFO: read or refused, with a payload limit that makes sense. And the words of an error.
enum InfoTarget: FuzzTarget {
    static let seeds: [[UInt8]] = [
        #"{"server_id":"NA","server_name":"n","version":"2.9.10","proto":1,"host":"0.0.0.0","port":4222,"headers":true,"#
            + #""max_payload":1048576,"client_id":5,"client_ip":"127.0.0.1","nonce":"PXoWU7zWAMt75FY","auth_required":true,"#
            + #""tls_required":true,"tls_verify":true,"connect_urls":["10.0.0.1:4222","[::1]:4222"],"ldm":true}"#,
        "{}",
        #"{"max_payload":-1,"tls_available":true,"connect_urls":null}"#,
        "Permissions Violation for Publish to \"foo\"",
    ].map { Array($0.utf8) }

    static func run(_ bytes: [UInt8]) {
        if let info = try? ServerInfo(json: ByteBuffer(bytes: bytes)) {
            precondition(info.maximumPayload > 0 && info.maximumPayload <= 64 << 20, "a limit nobody can live with")
            precondition(info.nonce?.isEmpty != true)
        }
        _ = NATSServerError(String(decoding: bytes, as: UTF8.self)).leavesConnectionOpen
    }
}
