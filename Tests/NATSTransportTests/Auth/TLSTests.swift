import DevServer
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import NATSTransport

@Suite("TLS with a real server", .timeLimit(.minutes(3)))
struct TLSTests {
    private let certificates: TestCertificates

    init() throws {
        self.certificates = try TestCertificates.make()
    }

    // MARK: What works

    @Test("A server that requires TLS gets it, whatever the URL says", arguments: ["nats", "tls"], ["localhost", "127.0.0.1"])
    func required(_ scheme: String, _ host: String) async throws {
        try await self.withServer(self.certificates.server) { server in
            try await withClient("\(scheme)://\(host):\(server.port)", configure: { $0.tls = self.tls() }) {
                try await self.use($0)
            }
        }
    }

    @Test("A large message survives TLS in both directions")
    func large() async throws {
        try await self.withServer(self.certificates.server) { server in
            try await withClient("tls://localhost:\(server.port)", configure: { $0.tls = self.tls() }) { client in
                let body = ByteBuffer(bytes: (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                let messages = try await client.subscribe("large")
                for _ in 0..<3 { try await client.publish(body, to: "large") }
                var count = 0
                for await message in messages {
                    #expect(message.payload == body)
                    count += 1
                    if count == 3 { break }
                }
            }
        }
    }

    @Test("Where TLS is possible, tls:// and a configuration take it and nats:// does not")
    func mixed() async throws {
        try await self.withServer(self.certificates.server, more: "allow_non_tls: true") { server in
            try await withClient("nats://localhost:\(server.port)") { try await self.use($0) }
            try await withClient("tls://localhost:\(server.port)", configure: { $0.tls = self.tls() }) { try await self.use($0) }
            // Only TLS finds that the certificate is not trusted.
            #expect(
                await self.failure("tls://localhost:\(server.port)", nil)
                    == "the certificate of the NATS server at localhost:\(server.port) was not signed by an authority that this "
                    + "system trusts; name your own with a CA file"
            )
        }
    }

    @Test("A client certificate is shown where it is demanded")
    func clientCertificate() async throws {
        try await self.withServer(self.certificates.server, tlsMore: "verify: true") { server in
            let tls = self.tls(client: self.certificates.client)
            try await withClient("tls://localhost:\(server.port)", configure: { $0.tls = tls }) { try await self.use($0) }
        }
    }

    @Test("Another name than that of the URL can be asked for, and verification left out")
    func names() async throws {
        try await self.withServer(self.certificates.elsewhere) { server in
            let url = "tls://localhost:\(server.port)"
            for name in ["elsewhere.example", "a.elsewhere.example"] {
                var tls = self.tls()
                tls.serverName = name
                try await withClient(url, configure: { $0.tls = tls }) { try await self.use($0) }
            }
            var careless = NATSTLSConfiguration()
            careless.skipsVerification = true
            try await withClient(url, configure: { $0.tls = careless }) { try await self.use($0) }
        }
        try await self.withServer(self.certificates.expired) { server in
            var careless = NATSTLSConfiguration()
            careless.skipsVerification = true
            try await withClient("tls://localhost:\(server.port)", configure: { $0.tls = careless }) { try await self.use($0) }
        }
    }

    @Test("Credentials go over TLS")
    func credentials() async throws {
        let key = TestKey(.user, 4)
        let more = "authorization { users: [ { nkey: \(key.publicKey) } ] }"
        try await self.withServer(self.certificates.server, more: more) { server in
            try await withClient(
                "tls://localhost:\(server.port)",
                configure: {
                    $0.tls = self.tls()
                    $0.credentials = .nkey(seed: key.seed)
                }
            ) { try await self.use($0) }
            #expect(
                await self.failure("tls://localhost:\(server.port)", self.tls())
                    == "the NATS server said: Authorization Violation"
            )
        }
    }

    @Test("A lost connection comes back over TLS; a CA file that was replaced meanwhile is read again")
    func reconnect() async throws {
        try await withTestDirectory { directory in
            let ca = try directory.write(try String(contentsOfFile: self.certificates.ca, encoding: .utf8), to: "ca.pem")
            try await self.withServer(self.certificates.server) { server in
                try await withTCPProxy(to: server.port) { proxy in
                    var tls = NATSTLSConfiguration()
                    tls.caFile = ca
                    try await withClient("tls://localhost:\(proxy.port)", configure: { $0.tls = tls }) { client in
                        let messages = try await client.subscribe("a")
                        try await proxy.dropConnections()
                        try await client.connected()
                        try await client.publish(ByteBuffer(string: "x"), to: "a")
                        #expect(await messages.next()?.payload == ByteBuffer(string: "x"))

                        _ = try directory.write(
                            try String(contentsOfFile: self.certificates.otherCA, encoding: .utf8),
                            to: "ca.pem"
                        )
                        try await proxy.dropConnections()
                        let refused = NATSError.tls(
                            "the certificate of the NATS server at localhost:\(proxy.port) was not signed by an authority in the "
                                + "CA file \(ca)"
                        )
                        try await client.event { $0 == .connectFailed(refused) }
                        _ = try directory.write(try String(contentsOfFile: self.certificates.ca, encoding: .utf8), to: "ca.pem")
                        try await client.connected()
                    }
                }
            }
        }
    }

    // MARK: What does not

    @Test("A certificate that has expired")
    func expired() async throws {
        try await self.withServer(self.certificates.expired) { server in
            let text = try #require(await self.failure("tls://localhost:\(server.port)", self.tls()))
            #expect(text.hasPrefix("the certificate of the NATS server at localhost:\(server.port) expired on 20"))
            #expect(text.wholeMatch(of: /.* expired on \d{4}-\d{2}-\d{2}/) != nil)
        }
    }

    @Test("A certificate of an authority that is not trusted")
    func unknownAuthority() async throws {
        try await self.withServer(self.certificates.server) { server in
            let start = "the certificate of the NATS server at localhost:\(server.port) was not signed by an authority "
            #expect(
                await self.failure("tls://localhost:\(server.port)", self.tls(ca: self.certificates.otherCA))
                    == start + "in the CA file \(self.certificates.otherCA)"
            )
            #expect(
                await self.failure("nats://localhost:\(server.port)", nil)
                    == start + "that this system trusts; name your own with a CA file"
            )
        }
    }

    @Test("A certificate for another name", arguments: ["localhost", "127.0.0.1"])
    func wrongName(_ host: String) async throws {
        try await self.withServer(self.certificates.elsewhere) { server in
            #expect(
                await self.failure("tls://\(host):\(server.port)", self.tls())
                    == "the certificate of the NATS server at \(host):\(server.port) is not for \(host) but for elsewhere.example, "
                    + "*.elsewhere.example, 10.1.2.3"
            )
        }
    }

    @Test("A client certificate that is demanded and not there, or not accepted")
    func badClientCertificate() async throws {
        try await self.withServer(self.certificates.server, tlsMore: "verify: true") { server in
            let url = "tls://localhost:\(server.port)"
            #expect(
                await self.failure(url, self.tls())
                    == "the NATS server at localhost:\(server.port) demands a client certificate, and none is configured"
            )
            let refused = try #require(await self.failure(url, self.tls(client: self.certificates.stranger)))
            // The alert with the reason may be lost with the connection.
            let texts = [
                "the NATS server at localhost:\(server.port) does not accept the client certificate: the server could not verify it",
                "the NATS server at localhost:\(server.port) does not accept the client certificate: it does not know who signed it",
                "the NATS server at localhost:\(server.port) closed the connection after the TLS handshake; most likely it does not "
                    + "accept the client certificate",
            ]
            #expect(texts.contains(refused), "\(refused)")
        }
    }

    @Test("A server without TLS, and a client that wants it")
    func plainServer() async throws {
        let port = try #require(NATSServerAddress(try await SharedNATSServer.url)).port
        let text = "the NATS server at localhost:\(port) does not offer TLS, and only TLS will do here"
        #expect(await self.failure("tls://localhost:\(port)", nil) == text)
        #expect(await self.failure("nats://localhost:\(port)", self.tls()) == text)
    }

    @Test("A server that announces TLS and speaks something else, nothing, or too early")
    func notTLS() async throws {
        let info = ScriptedServer.info("\"tls_required\":true")
        let cases: [(String, ScriptedServer.Script, NATSError?)] = [
            (info + "INFO {}\r\n", { _, _ in [] }, .protocolViolation(.plaintextBeforeTLS)),
            (info, { _, _ in [] }, nil),
        ]
        for (greeting, script, error) in cases {
            try await withScriptedServer(greeting: { _ in greeting }, script: script) { server in
                let expected =
                    error
                    ?? .unreachable("the NATS server at 127.0.0.1:\(server.port) did not finish the handshake in time")
                await #expect(throws: expected) {
                    try await NATSTestClient.connect(server.url) { $0.connectTimeout = .milliseconds(500) }
                }
            }
        }
    }

    @Test("Files that cannot be used")
    func files() async throws {
        try await self.withServer(self.certificates.server) { server in
            let url = "tls://localhost:\(server.port)"
            let server = self.certificates.server
            let key = self.certificates.client.key
            #expect(
                await self.failure(url, self.tls(ca: "/no/such/ca.pem"))
                    == "cannot read the CA file /no/such/ca.pem: No such file or directory"
            )
            #expect(
                await self.failure(url, self.tls(ca: key))
                    == "there is no certificate in PEM form in the CA file \(key), or one of them is damaged"
            )
            #expect(
                await self.failure(url, self.tls(client: (server.certificate, server.certificate)))
                    == "there is no private key in PEM form and without a passphrase in the key file \(server.certificate)"
            )
            #expect(
                await self.failure(url, self.tls(client: (server.certificate, key)))
                    == "the certificate in \(server.certificate) and the key in \(key) do not belong together"
            )
        }
    }

    // MARK: Support

    private func tls(ca: String? = nil, client: (certificate: String, key: String)? = nil) -> NATSTLSConfiguration {
        var tls = NATSTLSConfiguration()
        tls.caFile = ca ?? self.certificates.ca
        tls.certificateFile = client?.certificate
        tls.keyFile = client?.key
        return tls
    }

    private func withServer(
        _ pair: (certificate: String, key: String),
        tlsMore: String = "",
        more: String = "",
        _ body: (NatsServerProcess) async throws -> Void
    ) async throws {
        var options = NatsServerProcess.Options()
        options.configuration = """
            tls { cert_file: "\(pair.certificate)", key_file: "\(pair.key)", ca_file: "\(self.certificates.ca)"
            \(tlsMore) }
            \(more)
            """
        try await withNATSServer(options, body)
    }

    /// Sends a message to itself.
    private func use(_ client: NATSTestClient) async throws {
        let messages = try await client.subscribe("here")
        try await client.publish(ByteBuffer(string: "x"), to: "here")
        #expect(await messages.next()?.payload == ByteBuffer(string: "x"))
    }

    /// Why the first attempt fails, in words.
    private func failure(_ url: String, _ tls: NATSTLSConfiguration?) async -> String? {
        await #expect(throws: NATSError.self) { try await NATSTestClient.connect(url) { $0.tls = tls } }?.description
    }
}
