import NATSTransport
import NIOCore
import NIOPosix
import TestSupport
import Testing

enum MultiThreadedLoop {
    static func next() -> any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }
}

@Suite("The life of a NATS connection", .timeLimit(.minutes(3)))
struct ConnectionLifeTests {
    @Test("A server's PING is answered")
    func ping() async throws {
        try await withScriptedServer { server in
            try await withClient(server.url) { _ in
                server.send("PING\r\nping\r\n")
                try await eventually("two PONGs have come") { server.lines.count { $0 == "PONG" } == 2 }
            }
        }
    }

    @Test("Bytes that are not NATS cost the connection, and a new one is made")
    func garbage() async throws {
        try await withScriptedServer { server in
            try await withClient(server.url) { client in
                server.send("MSG a 1 1\r\nxx\r\n")
                #expect(try await client.disconnected() == .protocolViolation(.payloadNotTerminated))
                try await client.connected()
                #expect(server.connectionCount == 2)
            }
        }
    }

    @Test("A server that stops answering PINGs is left for another try")
    func stale() async throws {
        let script: ScriptedServer.Script = { line, connection in
            line == "PING" && connection != 1
                ? [.send("PONG\r\n")] : line.hasPrefix("CONNECT") && connection == 1 ? [.send("PONG\r\n")] : []
        }
        try await withScriptedServer(script: script) { server in
            try await withClient(server.url, configure: { $0.pingInterval = .milliseconds(20) }) { client in
                #expect(try await client.disconnected() == .stale)
                try await client.connected()
                // The two that may be unanswered, beside one of each handshake. The server may read the second connection first.
                try await eventually("all PINGs have come") { server.lines.count { $0 == "PING" } >= 4 }
            }
        }
    }

    @Test(
        "131 An error that leaves the connection open is told, and nothing else happens",
        arguments: [
            "Permissions Violation for Publish to \"a\"", "Permissions Violation for Subscription to \"a\" using queue \"q\"",
            "Invalid Subject", "maximum subscriptions exceeded", "INVALID PUBLISH SUBJECT",
        ]
    )
    func harmlessError(_ text: String) async throws {
        try await withScriptedServer { server in
            try await withClient(server.url) { client in
                server.send("-ERR '\(text)'\r\n")
                try await client.event { $0 == .serverError(text) }
                try await client.flush()
                #expect(server.connectionCount == 1)
            }
        }
    }

    @Test("Any other error costs the connection", arguments: ["Stale Connection", "Unknown Protocol Operation", "what is this"])
    func fatalError(_ text: String) async throws {
        try await withScriptedServer { server in
            try await withClient(server.url) { client in
                server.send("-ERR '\(text)'\r\n")
                #expect(try await client.disconnected() == .server(NATSServerError(text)))
                try await client.connected()
            }
        }
    }

    @Test("Closing fails what waits, and what comes later")
    func close() async throws {
        // Answers the PING of the handshake only.
        let script: ScriptedServer.Script = { line, _ in line.hasPrefix("CONNECT") ? [.send("PONG\r\n")] : [] }
        try await withScriptedServer(script: script) { server in
            let client = try await NATSTestClient.connect(server.url)
            let (request, flush) = try await client.run { connection in
                (connection.request(ByteBuffer(), to: "a", timeout: .seconds(30)).map { _ in }, connection.flush())
            }
            try await client.close()
            await #expect(throws: NATSError.closed) { try await request.get() }
            await #expect(throws: NATSError.closed) { try await flush.get() }
            await #expect(throws: NATSError.closed) { try await client.flush() }
            await #expect(throws: NATSError.closed) { try await client.request(ByteBuffer(), to: "a") }
            await #expect(throws: NATSError.closed) { try await client.publish(ByteBuffer(), to: "a") }
            try await client.close()
        }
    }

    @Test("A lost connection fails what waits; nothing is kept for the next one")
    func loss() async throws {
        let script: ScriptedServer.Script = { line, connection in
            line.hasPrefix("CONNECT") && connection == 1 ? [.send("PONG\r\n")] : []
        }
        try await withScriptedServer(script: script) { server in
            try await withClient(server.url, configure: { $0.connectTimeout = .seconds(30) }) { client in
                let (request, flush) = try await client.run { connection in
                    (connection.request(ByteBuffer(), to: "a", timeout: .seconds(30)).map { _ in }, connection.flush())
                }
                server.dropConnections()
                await #expect(throws: NATSError.notConnected) { try await request.get() }
                await #expect(throws: NATSError.notConnected) { try await flush.get() }
                await #expect(throws: NATSError.notConnected) { try await client.publish(ByteBuffer(), to: "never") }
                await #expect(throws: NATSError.notConnected) { try await client.request(ByteBuffer(), to: "never") }
                #expect(!server.lines.contains { $0.contains("never") })
            }
        }
    }

    @Test("After a reconnect the server gets the subscriptions that are left, with their numbers")
    func resubscribe() async throws {
        try await withScriptedServer { server in
            try await withClient(server.url) { client in
                let dropped = try await client.run { connection in
                    let subscriber = NATSClosureSubscriber { _ in }
                    _ = connection.subscribe("a", subscriber: subscriber)
                    let dropped = connection.subscribe("b", subscriber: subscriber)
                    _ = connection.subscribe("c.>", queue: "q", subscriber: subscriber)
                    return dropped
                }
                try await client.flush()
                try await client.run { $0.unsubscribe(dropped) }
                try await client.flush()
                #expect(server.lines.dropFirst(2) == ["SUB a 1", "SUB b 2", "SUB c.> q 3", "PING", "UNSUB 2", "PING"])
                server.dropConnections()
                try await client.connected()
                try await client.flush()
                #expect(server.lines.dropFirst(10) == ["SUB a 1", "SUB c.> q 3", "PING"])
            }
        }
    }

    @Test("Payloads over the server's limit are refused before the wire")
    func payloadLimit() async throws {
        try await withScriptedServer(greeting: { _ in ScriptedServer.info("\"max_payload\":10") }) { server in
            try await withClient(server.url) { client in
                await #expect(throws: NATSError.payloadTooLarge(size: 11, limit: 10)) {
                    try await client.publish(ByteBuffer(string: "elevenbytes"), to: "a")
                }
                try await client.publish(ByteBuffer(string: "ten bytes."), to: "a")
                // The limit may change while the connection stands.
                server.send(ScriptedServer.info("\"max_payload\":5"))
                try await client.flush()
                await #expect(throws: NATSError.payloadTooLarge(size: 6, limit: 5)) {
                    try await client.publish(ByteBuffer(string: "sixsix"), to: "a")
                }
                #expect(server.lines.filter { $0.hasPrefix("PUB") } == ["PUB a 10"])
            }
        }
    }

    @Test("133 Servers that a server names are used when it goes, with the credentials that it took")
    func learntServers() async throws {
        try await withScriptedServer { second in
            let port = second.port
            try await withScriptedServer(greeting: { _ in ScriptedServer.info("\"connect_urls\":[\"127.0.0.1:\(port)\"]") }) {
                first in
                try await withClient("nats://me:secret@127.0.0.1:\(first.port)") { client in
                    first.dropConnections()
                    try await client.connected()
                    let connect = try #require(second.lines.first)
                    #expect(connect.contains("\"user\":\"me\""))
                    #expect(connect.contains("\"pass\":\"secret\""))
                }
            }
        }
    }

    @Test(
        "133 A server that is about to shut down is left for another one, or stayed with where there is none",
        arguments: [true, false]
    )
    func lameDuck(_ hasOther: Bool) async throws {
        try await withScriptedServer { first in
            try await withScriptedServer { second in
                let port = second.port
                try await withClient(first.url) { client in
                    if hasOther { first.send(ScriptedServer.info("\"connect_urls\":[\"127.0.0.1:\(port)\"]")) }
                    first.send(ScriptedServer.info("\"ldm\":true"))
                    first.send(ScriptedServer.info("\"ldm\":true"))
                    try await client.event { $0 == .lameDuck }
                    if hasOther {
                        #expect(try await client.disconnected() == .lameDuck)
                        try await client.connected()
                    }
                    try await client.flush()
                    #expect(first.connectionCount == 1)
                    #expect(second.connectionCount == (hasOther ? 1 : 0))
                }
            }
        }
    }

    @Test("Messages for nobody, and answers to nothing, are passed over")
    func strayMessages() async throws {
        try await withScriptedServer { server in
            try await withClient(server.url) { client in
                server.send("MSG a 99 1\r\nx\r\nPONG\r\n+OK\r\nINFO {}\r\n")
                try await client.flush()
                #expect(server.connectionCount == 1)
            }
        }
    }
}
