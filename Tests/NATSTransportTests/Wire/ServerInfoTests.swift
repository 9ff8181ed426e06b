import NIOCore
import Testing

@testable import NATSTransport

@Suite("Server INFO")
struct ServerInfoTests {
    @Test("The INFO of a real server is read, and what is not known is passed over")
    func real() throws {
        let json = """
            {"server_id":"NDU","server_name":"n1","version":"2.9.10","proto":1,"git_commit":"","go":"go1.19.8","host":"127.0.0.1",\
            "port":4222,"headers":true,"max_payload":65536,"client_id":18446744073709551615,"client_ip":"127.0.0.1","auth_required":true,\
            "tls_required":true,"tls_available":true,"tls_verify":true,"nonce":"PXoWU7zWAMt75FY",\
            "ldm":true,"connect_urls":["10.0.0.1:4222","[::1]:4223"],"xkey":null,"nested":{"a":[1,2.5,"x"]}}
            """
        let info = try ServerInfo(json: ByteBuffer(string: json))
        #expect(info.serverID == "NDU")
        #expect(info.serverName == "n1")
        #expect(info.version == "2.9.10")
        #expect(info.clientID == .max)
        #expect(info.maximumPayload == 65_536)
        #expect(info.supportsHeaders)
        #expect(info.requiresAuthorization)
        #expect(info.requiresTLS)
        #expect(info.offersTLS)
        #expect(info.demandsCertificate)
        #expect(info.nonce == "PXoWU7zWAMt75FY")
        #expect(info.isLameDuck)
        #expect(info.connectURLs == ["10.0.0.1:4222", "[::1]:4223"])
    }

    @Test("Absent fields have their defaults")
    func defaults() throws {
        let info = try ServerInfo(json: ByteBuffer(string: "{}"))
        #expect(info == ServerInfo())
        #expect(info.maximumPayload == 1_048_576)
        #expect(!info.supportsHeaders)
    }

    @Test(
        "A payload limit that makes no sense is not believed",
        arguments: [(0, 1_048_576), (-1, 1_048_576), (1 << 40, 64 << 20)]
    )
    func payloadLimit(_ announced: Int, _ used: Int) throws {
        #expect(try ServerInfo(json: ByteBuffer(string: "{\"max_payload\":\(announced)}")).maximumPayload == used)
    }

    @Test(
        "What is not an object of the right fields is malformed",
        arguments: [
            "", "null", "[]", "{", "{\"max_payload\":\"big\"}", "{\"connect_urls\":{}}", "{\"headers\":1}",
            String(repeating: "[", count: 100_000), "{\"a\":" + String(repeating: "{\"a\":", count: 50_000),
        ]
    )
    func malformed(_ json: String) {
        #expect(throws: NATSProtocolError.malformed("INFO")) { try ServerInfo(json: ByteBuffer(string: json)) }
    }
}
