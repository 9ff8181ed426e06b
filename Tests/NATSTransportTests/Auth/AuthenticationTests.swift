import DevServer
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import NATSTransport

@Suite("Authentication with a real server", .timeLimit(.minutes(3)))
struct AuthenticationTests {
    private func withServer(_ configuration: String, _ body: (NatsServerProcess) async throws -> Void) async throws {
        var options = NatsServerProcess.Options()
        options.configuration = configuration
        try await withNATSServer(options, body)
    }

    private func refusal(_ url: String, _ credentials: NATSCredentials) async -> String? {
        await #expect(throws: NATSError.self) {
            try await NATSTestClient.connect(url) { $0.credentials = credentials }
        }?.description
    }

    private let refused = "the NATS server said: Authorization Violation"

    @Test("User and password, right and wrong")
    func password() async throws {
        try await self.withServer("authorization { user: me, password: secret }") { server in
            try await withClient(server.url, configure: { $0.credentials = .password(user: "me", password: "secret") }) {
                try await $0.flush()
            }
            #expect(await self.refusal(server.url, .password(user: "me", password: "Secret")) == self.refused)
            #expect(await self.refusal(server.url, .none) == self.refused)
        }
    }

    @Test("A token, right and wrong")
    func token() async throws {
        try await self.withServer("authorization { token: t0k }") { server in
            try await withClient(server.url, configure: { $0.credentials = .token("t0k") }) { try await $0.flush() }
            #expect(await self.refusal(server.url, .token("tok")) == self.refused)
        }
    }

    @Test("An nkey, from memory and from a file, right and wrong")
    func nkey() async throws {
        let key = TestKey(.user, 9)
        try await self.withServer("authorization { users: [ { nkey: \(key.publicKey) } ] }") { server in
            try await withTestDirectory { directory in
                let path = try directory.write(key.seed, to: "user.nk")
                for credentials in [NATSCredentials.nkey(seed: key.seed), .nkeySeedFile(path)] {
                    try await withClient(server.url, configure: { $0.credentials = credentials }) { try await $0.flush() }
                }
                #expect(await self.refusal(server.url, .nkey(seed: TestKey(.user, 8).seed)) == self.refused)
                #expect(
                    await self.refusal(server.url, .nkeySeedFile(path + "x"))
                        == "cannot read the nkey seed file \(path)x: No such file or directory"
                )
            }
        }
    }

    @Test("A JWT and its seed, from memory and from a credentials file, right and wrong")
    func credentials() async throws {
        let people = TestOperator()
        let jwt = try people.userJWT()
        try await self.withServer(try people.configuration()) { server in
            try await withTestDirectory { directory in
                let text = TestOperator.credentials(jwt: jwt, seed: people.userKey.seed)
                let path = try directory.write(text, to: "user.creds")
                let good: [NATSCredentials] = [
                    .jwt(jwt, seed: people.userKey.seed), .credentialsFile(path),
                    .jwt(try people.userJWT(isBearer: true), seed: nil),
                ]
                for credentials in good {
                    try await withClient(server.url, configure: { $0.credentials = credentials }) { client in
                        let messages = try await client.subscribe("a")
                        try await client.publish(ByteBuffer(string: "x"), to: "a")
                        #expect(await messages.next()?.payload == ByteBuffer(string: "x"))
                    }
                }
                // The seed of somebody else, and a JWT that no account of the operator has signed.
                #expect(await self.refusal(server.url, .jwt(jwt, seed: TestKey(.user, 8).seed)) == self.refused)
                let forged = try TestKey(.account, 77).jwt(about: people.userKey, nats: #"{"type":"user","version":2}"#)
                #expect(await self.refusal(server.url, .jwt(forged, seed: people.userKey.seed)) == self.refused)
            }
        }
    }

    @Test("A JWT that has expired is said to have, though the server does not say so")
    func expired() async throws {
        let people = TestOperator()
        let expired = try people.userJWT(expires: 1_700_000_001)
        try await self.withServer(try people.configuration()) { server in
            #expect(
                await self.refusal(server.url, .jwt(expired, seed: people.userKey.seed))
                    == "the NATS server said: Authorization Violation (the JWT and its seed: the JWT expired on 2023-11-14)"
            )
        }
    }

    @Test("A JWT that expires while in use is replaced by what its file has by then, at once")
    func expiresInUse() async throws {
        let people = TestOperator()
        let seed = people.userKey.seed
        try await self.withServer(try people.configuration()) { server in
            try await withTestDirectory { directory in
                let brief = try people.userJWT(expires: Int(Date().timeIntervalSince1970) + 2)
                let path = try directory.write(TestOperator.credentials(jwt: brief, seed: seed), to: "user.creds")
                try await withClient(
                    server.url,
                    configure: {
                        $0.credentials = .credentialsFile(path)
                        $0.refusedWait = .milliseconds(100)
                        // With any pause at all the test does not end.
                        $0.reconnectWait = .hours(1)
                    }
                ) { client in
                    let lasting = TestOperator.credentials(jwt: try people.userJWT(), seed: seed)
                    _ = try directory.write(lasting, to: "user.creds")
                    #expect(try await client.disconnected() == .server(NATSServerError("User Authentication Expired")))
                    try await client.connected()
                }
            }
        }
    }

    @Test("A server that refuses only after the handshake is not hammered")
    func lateRefusal() async throws {
        let script: ScriptedServer.Script = { line, _ in
            line == "PING" ? [.send("PONG\r\n-ERR 'User Authentication Expired'\r\n"), .close] : []
        }
        try await withScriptedServer(script: script) { server in
            var configuration = NATSConfiguration(servers: [NATSServerAddress(host: "127.0.0.1", port: server.port)])
            configuration.reconnectWait = .milliseconds(1)
            configuration.refusedWait = .milliseconds(150)
            let client = try await NATSTestClient.start(configuration)
            _ = try await client.disconnected()
            let start = ContinuousClock.now
            for _ in 0..<2 { _ = try await client.disconnected() }
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            // One right away, and no more than one for each pause since.
            let pauses = (ContinuousClock.now - start) / .milliseconds(150)
            #expect(server.connectionCount <= 2 + Int(pauses.rounded(.up)))
            try await client.close()
        }
    }

    @Test("A server that knows no nkeys is told apart from one that refuses")
    func noNonce() async throws {
        try await withTestDirectory { directory in
            let path = try directory.write(TestKey(.user, 9).seed, to: "user.nk")
            let url = try await SharedNATSServer.url
            #expect(
                await self.refusal(url, .nkeySeedFile(path))
                    == "the NATS server takes no nkeys or JWTs: it asked for no signature, and the nkey seed file \(path) is good "
                    + "for nothing else"
            )
        }
    }

    @Test("A seed that is replaced on disk is used at the next attempt")
    func rotation() async throws {
        let new = TestKey(.user, 10)
        try await self.withServer("authorization { users: [ { nkey: \(new.publicKey) } ] }") { server in
            try await withTestDirectory { directory in
                let path = try directory.write(TestKey(.user, 9).seed, to: "user.nk")
                var configuration = NATSConfiguration(servers: [NATSServerAddress(host: "127.0.0.1", port: server.port)])
                configuration.credentials = .nkeySeedFile(path)
                configuration.reconnectWait = .milliseconds(10)
                configuration.refusedWait = .milliseconds(10)
                let recorder = LogRecorder()
                let client = try await NATSTestClient.start(configuration, logger: recorder.logger)
                try await client.event { if case .connectFailed = $0 { true } else { false } }
                _ = try directory.write(new.seed, to: "user.nk")
                try await client.connected()
                try await client.close()
                #expect(!recorder.lines.isEmpty)
                for line in recorder.lines { #expect(!line.contains("SUA")) }
            }
        }
    }

    @Test(
        "132 Refused twice by the same server: the end where that was asked for, else trying goes on",
        arguments: [true, false]
    )
    func twice(_ stops: Bool) async throws {
        let script: ScriptedServer.Script = { line, _ in
            line.hasPrefix("CONNECT") ? [.send("-ERR 'Authorization Violation'\r\n"), .close] : []
        }
        try await withScriptedServer(script: script) { server in
            var configuration = NATSConfiguration(servers: [NATSServerAddress(host: "127.0.0.1", port: server.port)])
            configuration.reconnectWait = .milliseconds(1)
            configuration.refusedWait = .milliseconds(1)
            configuration.stopsWhenRefusedTwice = stops
            let client = try await NATSTestClient.start(configuration)
            for _ in 0..<2 { try await client.event { if case .connectFailed = $0 { true } else { false } } }
            if stops {
                try await client.event { $0 == .gaveUp(.server(NATSServerError("Authorization Violation"))) }
                await #expect(throws: NATSError.closed) { try await client.flush() }
                #expect(server.connectionCount == 2)
            } else {
                try await client.event { if case .connectFailed = $0 { true } else { false } }
                await #expect(throws: NATSError.notConnected) { try await client.flush() }
            }
            try await client.close()
        }
    }
}
