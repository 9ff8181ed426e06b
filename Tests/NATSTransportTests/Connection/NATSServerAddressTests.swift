import Testing

@testable import NATSTransport

@Suite("Server addresses")
struct NATSServerAddressTests {
    @Test(
        "URLs and what servers list",
        arguments: [
            ("nats://localhost", "localhost", 4222, .none),
            ("nats://localhost/", "localhost", 4222, .none),
            ("NATS://host:1", "host", 1, .none),
            ("host", "host", 4222, .none),
            ("10.0.0.1:65535", "10.0.0.1", 65_535, .none),
            ("nats://[::1]", "::1", 4222, .none),
            ("[2001:db8::1]:4333", "2001:db8::1", 4333, .none),
            ("nats://me:secret@host:4223", "host", 4223, .password(user: "me", password: "secret")),
            ("nats://me:@host", "host", 4222, .password(user: "me", password: "")),
            ("nats://me:a:b@host", "host", 4222, .password(user: "me", password: "a:b")),
            ("nats://me:p@ss@host", "host", 4222, .password(user: "me", password: "p@ss")),
            ("nats://m%65:%2F%3a%40%C3%A9@host", "host", 4222, .password(user: "me", password: "/:@é")),
            ("nats://t0ken@host", "host", 4222, .token("t0ken")),
            ("nats://t0ken@[::1]:1", "::1", 1, .token("t0ken")),
        ] as [(String, String, Int, NATSCredentials)]
    )
    func good(_ url: String, _ host: String, _ port: Int, _ credentials: NATSCredentials) {
        #expect(NATSServerAddress(url) == NATSServerAddress(host: host, port: port, credentials: credentials))
    }

    @Test(
        "Others are refused",
        arguments: [
            "", "nats://", "nats:///", "tls://", "http://host", "ws://host", "nats://:4222", "host:", "host:0", "host:65536",
            "host:-1", "host:+1", "host:x", "host:99999999999999999999", "host:4222:4222", "::1", "[::1", "[::1]x", "[]:1",
            "nats://@host",
            "nats://:pw@host", "nats://%zz@host", "nats://a%4@host", "nats://a%ff@host", "ho st", "host\r\n", "a/b",
            "nats://user@",
        ]
    )
    func bad(_ url: String) {
        #expect(NATSServerAddress(url) == nil)
    }

    @Test("tls:// says that nothing else will do")
    func tls() {
        let plain = NATSServerAddress("nats://t0k@h:1")
        let secure = NATSServerAddress("TLS://t0k@h:1")
        #expect(plain?.usesTLS == false)
        #expect(secure?.usesTLS == true)
        #expect(secure == NATSServerAddress(host: "h", port: 1, credentials: .token("t0k"), usesTLS: true))
    }

    @Test("Credentials are not shown")
    func description() {
        #expect(NATSServerAddress("nats://me:secret@host:1")?.description == "host:1")
        #expect(NATSServerAddress("nats://[::1]")?.description == "[::1]:4222")
    }
}
