import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

/// Credentials and TLS as users of the library have them, against real servers. The words of failures are tested one room below.
@Suite("Credentials and TLS", .timeLimit(.minutes(3)))
struct SecureTests {
    /// Lends a STAN server on a nats-server of its own, which lets the STAN server in with `dev` and `secret`, without TLS.
    private func withServer(
        users: String = "",
        more: String = "",
        _ body: (_ port: Int, _ cluster: String) async throws -> Void
    ) async throws {
        var options = NatsServerProcess.Options()
        options.configuration = "authorization { users: [ { user: dev, password: secret }, \(users) ] }\n\(more)"
        try await withNATSServer(options) { nats in
            var options = StanServerOptions()
            options.clusterID = "secure"
            let server = try await DevServer.start(options, natsURL: "nats://dev:secret@127.0.0.1:\(nats.port)")
            do {
                try await body(nats.port, options.clusterID)
                try await server.stop()
            } catch {
                try? await server.stop()
                throw error
            }
        }
    }

    /// Publishes a message and reads it, which takes a session.
    private func use(_ transport: StanTransport.Configuration, _ cluster: String) async throws {
        let configuration = StanConfiguration(clusterID: cluster, clientID: "me")
        let client = try await StanClient.connect(transport, configuration: configuration)
        try await client.publish("x", to: "here")
        let subscription = try await client.subscribe(to: "here") { $0.start = .lastReceived }
        #expect(await subscription.next()?.text == "x")
        try await client.close()
    }

    private func transport(
        _ url: String,
        _ credentials: StanTransport.Credentials = .none,
        _ tls: StanTransport.TLS? = nil
    ) -> StanTransport.Configuration {
        var transport = StanTransport.Configuration(servers: [url])
        transport.credentials = credentials
        transport.tls = tls
        return transport
    }

    private func failure(_ transport: StanTransport.Configuration, _ cluster: String) async -> StanError? {
        await #expect(throws: StanError.self) { try await self.use(transport, cluster) }
    }

    @Test("User and password, in the URL or beside it, right and wrong: the wrong one is final, and not shown")
    func password() async throws {
        try await self.withServer(users: "{ user: me, password: pa55 }") { port, cluster in
            let url = "nats://127.0.0.1:\(port)"
            try await self.use(self.transport(url, .password(user: "me", password: "pa55")), cluster)
            try await self.use(self.transport("nats://me:pa55@127.0.0.1:\(port)"), cluster)
            // What stands in the URL takes precedence.
            try await self.use(
                self.transport("nats://me:pa55@127.0.0.1:\(port)", .password(user: "me", password: "wr0ng")),
                cluster
            )
            for wrong in [
                self.transport(url, .password(user: "me", password: "wr0ng")),
                self.transport("nats://me:wr0ng@127.0.0.1:\(port)"),
                self.transport(url),
            ] {
                let error = await self.failure(wrong, cluster)
                #expect(error == StanError(.authorization, "the NATS server said: Authorization Violation"))
            }
        }
    }

    @Test("A token, right and wrong")
    func token() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = "authorization { token: t0k }"
        try await withNATSServer(options) { nats in
            var options = StanServerOptions()
            options.clusterID = "token"
            let server = try await DevServer.start(options, natsURL: "nats://t0k@127.0.0.1:\(nats.port)")
            let url = "nats://127.0.0.1:\(nats.port)"
            try await self.use(self.transport(url, .token("t0k")), "token")
            #expect(await self.failure(self.transport(url, .token("t1k")), "token")?.code == .authorization)
            try await server.stop()
        }
    }

    @Test("An nkey, from memory and from a file, right and wrong")
    func nkey() async throws {
        let key = TestKey(.user, 9)
        try await self.withServer(users: "{ nkey: \(key.publicKey) }") { port, cluster in
            try await withTestDirectory { directory in
                let url = "nats://127.0.0.1:\(port)"
                let file = try directory.write(key.seed, to: "user.nk")
                try await self.use(self.transport(url, .nkey(seed: key.seed)), cluster)
                try await self.use(self.transport(url, .nkey(seedFile: file)), cluster)
                let wrong: [StanTransport.Credentials] = [
                    .nkey(seed: TestKey(.user, 8).seed), .nkey(seed: "SUNOTASEED"), .nkey(seedFile: file + ".missing"),
                ]
                for credentials in wrong {
                    let error = await self.failure(self.transport(url, credentials), cluster)
                    #expect(error?.code == .authorization)
                    #expect(error?.message.contains("SU") == false)
                }
            }
        }
    }

    @Test("A JWT and its seed, from memory and from a credentials file, right and wrong")
    func credentials() async throws {
        let people = TestOperator()
        let jwt = try people.userJWT()
        let seed = people.userKey.seed
        var options = NatsServerProcess.Options()
        options.configuration = try people.configuration()
        try await withNATSServer(options) { nats in
            try await withTestDirectory { directory in
                let url = "nats://127.0.0.1:\(nats.port)"
                let file = try directory.write(TestOperator.credentials(jwt: jwt, seed: seed), to: "user.creds")
                // The server knows JWTs and nothing else, and the development server has none: the transport is enough.
                for credentials in [StanTransport.Credentials.credentials(file: file), .jwt(jwt, seed: seed)] {
                    await (try StanTransport.connect(self.transport(url, credentials))).close()
                }
                let expired = try people.userJWT(expires: 1_700_000_001)
                let wrong: [StanTransport.Credentials] = [
                    .jwt(jwt, seed: TestKey(.user, 8).seed), .jwt(expired, seed: seed), .credentials(file: file + ".missing"),
                ]
                for credentials in wrong {
                    let error = await #expect(throws: StanError.self) {
                        try await StanTransport.connect(self.transport(url, credentials))
                    }
                    #expect(error?.code == .authorization)
                    #expect(error?.message.contains(seed) == false && error?.message.contains(jwt) == false)
                }
            }
        }
    }

    @Test("TLS with an authority of one's own, and a client certificate where one is demanded; the wrong ones are told")
    func tls() async throws {
        let certificates = try TestCertificates.make()
        let pair = certificates.server
        for demandsCertificate in [false, true] {
            let more = """
                tls { cert_file: "\(pair.certificate)", key_file: "\(pair.key)", ca_file: "\(certificates.ca)"
                verify: \(demandsCertificate) }
                allow_non_tls: true
                """
            try await self.withServer(more: more) { port, cluster in
                let client = certificates.client
                let url = "tls://dev:secret@localhost:\(port)"
                var good = StanTransport.TLS(caFile: certificates.ca)
                if demandsCertificate {
                    #expect(await self.failure(self.transport(url, .none, good), cluster)?.code == .tls)
                    let stranger = certificates.stranger
                    good.certificateFile = stranger.certificate
                    good.keyFile = stranger.key
                    #expect(await self.failure(self.transport(url, .none, good), cluster)?.code == .tls)
                    good.certificateFile = client.certificate
                    good.keyFile = client.key
                }
                try await self.use(self.transport(url, .none, good), cluster)

                var wrong = good
                wrong.caFile = certificates.otherCA
                let error = await self.failure(self.transport(url, .none, wrong), cluster)
                #expect(error?.code == .tls)
                #expect(error?.message.contains("was not signed by an authority in the CA file") == true)
                wrong.skipsVerification = true
                try await self.use(self.transport(url, .none, wrong), cluster)
                // TLS and a wrong password: it is the password that is said to be wrong.
                let stranger = self.transport("tls://dev:wrong@localhost:\(port)", .none, good)
                #expect(await self.failure(stranger, cluster)?.code == .authorization)
            }
        }
    }

    @Test("The name in the certificate is that of the URL, or another one that is asked for")
    func serverName() async throws {
        let certificates = try TestCertificates.make()
        let pair = certificates.elsewhere
        let more = """
            tls { cert_file: "\(pair.certificate)", key_file: "\(pair.key)" }
            allow_non_tls: true
            """
        try await self.withServer(more: more) { port, cluster in
            let url = "tls://dev:secret@localhost:\(port)"
            var tls = StanTransport.TLS(caFile: certificates.ca, serverName: "elsewhere.example")
            try await self.use(self.transport(url, .none, tls), cluster)
            for wrong in [nil, "nowhere.example"] {
                tls.serverName = wrong
                #expect(await self.failure(self.transport(url, .none, tls), cluster)?.code == .tls)
            }
        }
    }

    @Test("A server that refuses counts for more than others that cannot be reached")
    func refusedAndUnreachable() async throws {
        try await self.withServer { port, cluster in
            let closed = try await withNATSServer { $0.port }
            for _ in 0..<4 {
                // In random order.
                var transport = self.transport("nats://127.0.0.1:\(port)")
                transport.servers.append("nats://127.0.0.1:\(closed)")
                #expect(await self.failure(transport, cluster)?.code == .authorization)
            }
        }
    }

    @Test("What cannot be meant is refused without asking anybody")
    func badConfigurations() async throws {
        let changes: [(inout StanTransport.Configuration) -> Void] = [
            { $0.servers = [] }, { $0.servers = ["http://127.0.0.1"] }, { $0.outboundLimit = 0 }, { $0.pingInterval = .zero },
            { $0.pingMaxOut = 0 }, { $0.tls = StanTransport.TLS(certificateFile: "c.pem") },
        ]
        for change in changes {
            var transport = self.transport("nats://127.0.0.1:1")
            change(&transport)
            #expect(await codeOfFailure { _ = try await StanTransport.connect(transport) } == .invalidArgument)
        }
    }

    @Test("No way of printing shows a secret")
    func printing() {
        let secrets: [StanTransport.Credentials] = [
            .password(user: "me", password: "hush"), .token("hush"), .nkey(seed: "hush"), .jwt("hush", seed: "hush"),
        ]
        for credentials in secrets {
            let transport = self.transport("nats://me:hush@127.0.0.1:4222", credentials, StanTransport.TLS(caFile: "/ca.pem"))
            for value in [credentials, transport] as [Any] {
                var dumped = ""
                dump(value, to: &dumped)
                for text in [
                    dumped, "\(value)", String(reflecting: value), String(describing: Mirror(reflecting: value).children),
                ] {
                    #expect(!text.contains("hush"))
                }
            }
            #expect("\(transport)" == "NATS at 127.0.0.1:4222, \(credentials), TLS")
        }
        #expect("\(StanTransport.Credentials.credentials(file: "/me.creds"))" == "credentials file /me.creds")
    }
}
