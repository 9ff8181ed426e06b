import NATSTransport
import NIOCore
import TestSupport
import Testing

@Suite("Handshake with a NATS server", .timeLimit(.minutes(3)))
struct HandshakeTests {
    @Test("128 CONNECT comes first, without verbose and pedantic, and PING behind it")
    func order() async throws {
        try await withScriptedServer { server in
            try await withClient(server.url, configure: { $0.name = "me" }) { _ in
                #expect(server.lines.count == 2)
                let connect = try #require(server.lines.first)
                #expect(connect.hasPrefix("CONNECT {"))
                #expect(connect.contains("\"verbose\":false"))
                #expect(connect.contains("\"pedantic\":false"))
                #expect(connect.contains("\"name\":\"me\""))
                #expect(server.lines.last == "PING")
            }
        }
    }

    @Test("Headers are asked for where the server has them", arguments: [true, false])
    func headers(_ supported: Bool) async throws {
        try await withScriptedServer(greeting: { _ in ScriptedServer.info("\"headers\":\(supported)") }) { server in
            try await withClient(server.url) { _ in
                #expect(server.lines.first?.contains("\"no_responders\":\(supported)") == true)
            }
        }
    }

    @Test(
        "A handshake that does not end is given up in time",
        arguments: ["", ScriptedServer.info(), "INFO {"]
    )
    func neverEnding(_ greeting: String) async throws {
        try await withScriptedServer(greeting: { _ in greeting }, script: { _, _ in [] }) { server in
            let error = await #expect(throws: NATSError.self) {
                try await NATSTestClient.connect(server.url) { $0.connectTimeout = .milliseconds(300) }
            }
            #expect(error?.description == "the NATS server at 127.0.0.1:\(server.port) did not finish the handshake in time")
        }
    }

    @Test(
        "What a server says instead of a greeting is the reason",
        arguments: [
            (
                ScriptedServer.info() + "-ERR 'maximum connections exceeded'\r\n",
                .server(NATSServerError("maximum connections exceeded"))
            ),
            ("HTTP/1.1 400 Bad Request\r\n", .protocolViolation(.unknownOperation("HTTP/1.1 400 Bad Request"))),
            ("INFO nonsense\r\n", .protocolViolation(.malformed("INFO"))),
        ] as [(String, NATSError)]
    )
    func refused(_ greeting: String, _ error: NATSError) async throws {
        try await withScriptedServer(greeting: { _ in greeting }, script: { _, _ in [] }) { server in
            await #expect(throws: error) { try await NATSTestClient.connect(server.url) }
        }
    }

    @Test("A server that closes at once is passed over for the next")
    func nextServer() async throws {
        try await withScriptedServer(script: { _, _ in [.close] }) { bad in
            try await withScriptedServer { good in
                try await withClient(bad.url, good.url) { _ in #expect(good.connectionCount == 1) }
            }
        }
    }

    @Test("Nobody there is an error in words")
    func nobody() async throws {
        let server = try await ScriptedServer.start()
        try await server.stop()
        await #expect(
            throws: NATSError.unreachable("could not connect to the NATS server at 127.0.0.1:\(server.port): connection refused")
        ) {
            try await NATSTestClient.connect(server.url)
        }
    }

    @Test("A first connection that every server refuses fails with the last reason and is closed")
    func startAndWait() async throws {
        try await withScriptedServer(script: { _, _ in [.send("-ERR 'Authorization Violation'\r\n")] }) { server in
            let address = try #require(NATSServerAddress(server.url))
            let loop = MultiThreadedLoop.next()
            let isClosed = try await loop.flatSubmit {
                let connection = NATSConnection(
                    configuration: NATSConfiguration(servers: [address, address]),
                    on: loop,
                    logger: LogRecorder().logger
                )
                return connection.startAndWait().assumeIsolated()
                    .map { false }
                    .flatMapError { error in
                        #expect((error as? NATSError)?.isAuthorizationFailure == true)
                        return connection.flush().assumeIsolated().map { false }.flatMapErrorThrowing {
                            ($0 as? NATSError) == .closed
                        }
                        .nonisolated()
                    }
                    .nonisolated()
            }.get()
            #expect(isClosed)
            #expect(server.connectionCount == 2)
        }
    }
}
