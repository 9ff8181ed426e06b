import DevServer
import NATSTransport
import NIOCore
import TestSupport
import Testing

@Suite("With a real nats-server", .timeLimit(.minutes(3)))
struct RealServerTests {
    @Test("What is published arrives, whole and in order, small and large mixed")
    func roundTrip() async throws {
        let url = try await SharedNATSServer.url
        try await withClient(url) { client in
            let subject = NUID.make()
            let messages = try await client.subscribe("\(subject).>")
            let sizes = [0, 1, 100, 4095, 4096, 4097, 3, 100_000, 1 << 20, 0, 5000, 12]
            try await client.run { connection in
                for (index, size) in sizes.enumerated() {
                    let payload = ByteBuffer(repeating: UInt8(index + 1), count: size)
                    try connection.publish(payload, to: "\(subject).\(index)", reply: index == 2 ? "back" : nil)
                }
            }
            for (index, size) in sizes.enumerated() {
                let message = try #require(await messages.next())
                #expect(message.subject == "\(subject).\(index)")
                #expect(message.reply == (index == 2 ? "back" : nil))
                let isEqual = message.payload == ByteBuffer(repeating: UInt8(index + 1), count: size)
                #expect(isEqual, "message \(index)")
            }
        }
    }

    @Test("Requests find their answers, many at a time")
    func requests() async throws {
        let url = try await SharedNATSServer.url
        try await withClient(url) { client in
            try await withClient(url) { other in
                let subject = NUID.make()
                try await other.echo(on: subject)
                try await withThrowingTaskGroup { group in
                    for number in 0..<200 {
                        group.addTask {
                            let answer = try await client.request(ByteBuffer(string: "\(number)"), to: subject)
                            #expect(answer.payload == ByteBuffer(string: "\(number)"))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("Of several answers the first counts")
    func severalAnswers() async throws {
        try await withClient(try await SharedNATSServer.url) { client in
            let subject = NUID.make()
            try await client.echo(on: subject)
            try await client.echo(on: subject)
            for _ in 0..<3 { _ = try await client.request(ByteBuffer(), to: subject) }
        }
    }

    @Test("A request that nobody listens to fails at once")
    func noResponders() async throws {
        try await withClient(try await SharedNATSServer.url) { client in
            let start = ContinuousClock.now
            await #expect(throws: NATSError.noResponders) {
                try await client.request(ByteBuffer(), to: NUID.make(), timeout: .seconds(50))
            }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test("A request that is not answered fails in time, and its late answer disturbs nobody")
    func requestTimeout() async throws {
        try await withClient(try await SharedNATSServer.url) { client in
            let subject = NUID.make()
            let requests = try await client.subscribe(subject)
            await #expect(throws: NATSError.timeout) {
                try await client.request(ByteBuffer(), to: subject, timeout: .milliseconds(50))
            }
            let reply = try #require(await requests.next()?.reply)
            try await client.publish(ByteBuffer(string: "late"), to: reply)
            let echo = NUID.make()
            try await client.echo(on: echo)
            #expect(try await client.request(ByteBuffer(string: "x"), to: echo).payload == ByteBuffer(string: "x"))
        }
    }

    @Test("Members of a queue share; after an unsubscribe nothing comes")
    func queueAndUnsubscribe() async throws {
        try await withClient(try await SharedNATSServer.url) { client in
            let subject = NUID.make()
            let counts = try await client.run { connection in
                let counts = NIOLoopBoundBox([0, 0, 0], eventLoop: connection.eventLoop)
                let ids = (0..<3).map { index in
                    connection.subscribe(
                        subject,
                        queue: index < 2 ? "q" : nil,
                        subscriber: NATSClosureSubscriber { _ in counts.value[index] += 1 }
                    )
                }
                for _ in 0..<100 { try connection.publish(ByteBuffer(), to: subject) }
                connection.unsubscribe(ids[2])
                for _ in 0..<100 { try connection.publish(ByteBuffer(), to: subject) }
                return counts
            }
            try await client.flush()
            let seen = try await client.run { _ in counts.value }
            #expect(seen[0] + seen[1] == 200)
            #expect(seen[0] > 0 && seen[1] > 0)
            #expect(seen[2] <= 100)
        }
    }

    @Test("Headers are set apart from the payload")
    func headers() async throws {
        try await withClient(try await SharedNATSServer.url) { client in
            let subject = NUID.make()
            let messages = try await client.subscribe(subject)
            try await client.run { connection in
                _ = connection.write { $0.writeString("HPUB \(subject) 22 24\r\nNATS/1.0\r\nName: ab\r\n\r\nhi\r\n") }
            }
            let message = try #require(await messages.next())
            #expect(message.payload == ByteBuffer(string: "hi"))
            #expect(message.status == nil)
        }
    }

    @Test("What cannot be published is refused, and the connection lives on", arguments: ["a b", "", "a.*", "a\r\nPING"])
    func badSubject(_ subject: String) async throws {
        try await withClient(try await SharedNATSServer.url) { client in
            await #expect(throws: NATSError.invalidSubject(subject)) { try await client.publish(ByteBuffer(), to: subject) }
            await #expect(throws: NATSError.payloadTooLarge(size: 1_048_577, limit: 1_048_576)) {
                try await client.publish(ByteBuffer(repeating: 0, count: 1_048_577), to: "a")
            }
            try await client.flush()
        }
    }

    @Test("A server that is killed and comes back on its port finds the subscriptions again")
    func restart() async throws {
        try await withNATSServer { first in
            try await withClient(first.url) { client in
                let messages = try await client.subscribe("a.*")
                await first.stop()
                _ = try await client.disconnected()
                await #expect(throws: NATSError.notConnected) { try await client.publish(ByteBuffer(), to: "a.lost") }
                var options = NatsServerProcess.Options()
                options.port = first.port
                try await withNATSServer(options) { _ in
                    try await client.connected()
                    try await client.publish(ByteBuffer(string: "back"), to: "a.b")
                    #expect(try #require(await messages.next()).payload == ByteBuffer(string: "back"))
                }
            }
        }
    }

    @Test("When one of two servers goes, the other takes over")
    func failover() async throws {
        try await withNATSServer { first in
            try await withNATSServer { second in
                try await withClient(first.url, second.url) { client in
                    let messages = try await client.subscribe("a")
                    // Which one it is the connection does not say, but a message does.
                    let isFirst = try await Self.isConnected(client, to: first)
                    let (used, other) = isFirst ? (first, second) : (second, first)
                    await used.stop()
                    _ = try await client.disconnected()
                    try await client.connected()
                    try await withClient(other.url) {
                        try await $0.publish(ByteBuffer(string: "x"), to: "a")
                        try await $0.flush()
                    }
                    #expect(try #require(await messages.next()).payload == ByteBuffer(string: "x"))
                }
            }
        }
    }

    @Test("Credentials: the right ones are taken, others refused in words")
    func credentials() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = "authorization { user: me, password: \"s/cret\" }"
        try await withNATSServer(options) { server in
            try await withClient("nats://me:s%2Fcret@127.0.0.1:\(server.port)") { _ in }
            try await withClient(server.url, configure: { $0.credentials = .password(user: "me", password: "s/cret") }) { _ in }
            for url in [server.url, "nats://me:wrong@127.0.0.1:\(server.port)", "nats://token@127.0.0.1:\(server.port)"] {
                let error = await #expect(throws: NATSError.self) { try await NATSTestClient.connect(url) }
                #expect(error?.isAuthorizationFailure == true)
                #expect(error?.description.contains("wrong") == false)
            }
        }
    }

    @Test("A token is taken")
    func token() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = "authorization { token: \"t0k\" }"
        try await withNATSServer(options) { server in
            try await withClient("nats://t0k@127.0.0.1:\(server.port)") { try await $0.flush() }
        }
    }

    @Test("131 A permission that is missing is told, and the connection lives on")
    func permissions() async throws {
        var options = NatsServerProcess.Options()
        options.configuration = """
            authorization { users: [ { user: me, password: x, permissions: { publish: "ok.>", subscribe: "ok.>" } } ] }
            """
        try await withNATSServer(options) { server in
            try await withClient("nats://me:x@127.0.0.1:\(server.port)") { client in
                try await client.publish(ByteBuffer(), to: "forbidden")
                try await client.event { $0 == .serverError("Permissions Violation for Publish to \"forbidden\"") }
                _ = try await client.subscribe("secret")
                try await client.event { $0 == .serverError("Permissions Violation for Subscription to \"secret\"") }
                let messages = try await client.subscribe("ok.a")
                try await client.publish(ByteBuffer(string: "x"), to: "ok.a")
                #expect(await messages.next()?.payload == ByteBuffer(string: "x"))
            }
        }
    }

    @Test("A line that has gone dead is found out by the PINGs, and left")
    func deadLine() async throws {
        let url = try await SharedNATSServer.url
        try await withTCPProxy(to: try #require(NATSServerAddress(url)).port) { proxy in
            try await withClient(
                proxy.url,
                configure: {
                    $0.pingInterval = .milliseconds(400)
                }
            ) { client in
                let messages = try await client.subscribe("dead-line")
                try await proxy.stall()
                #expect(try await client.disconnected() == .stale)
                try await proxy.resume()
                try await client.connected()
                try await eventually("the new connection is used") {
                    (try? await client.publish(ByteBuffer(string: "x"), to: "dead-line")) != nil
                }
                #expect(await messages.next()?.payload == ByteBuffer(string: "x"))
            }
        }
    }

    @Test("A proxy that cuts and refuses is got over when it takes connections again")
    func cut() async throws {
        let url = try await SharedNATSServer.url
        try await withTCPProxy(to: try #require(NATSServerAddress(url)).port) { proxy in
            try await withClient(proxy.url) { client in
                #expect(try await proxy.connectionCount == 1)
                try await proxy.cut()
                _ = try await client.disconnected()
                try await client.event { if case .connectFailed = $0 { true } else { false } }
                try await proxy.resume()
                try await client.connected()
                try await client.flush()
            }
        }
    }

    private static func isConnected(_ client: NATSTestClient, to server: NatsServerProcess) async throws -> Bool {
        let subject = NUID.make()
        try await client.echo(on: subject)
        var isConnected = true
        try await withClient(server.url) { probe in
            do {
                _ = try await probe.request(ByteBuffer(), to: subject)
            } catch NATSError.noResponders {
                isConnected = false
            }
        }
        return isConnected
    }
}
