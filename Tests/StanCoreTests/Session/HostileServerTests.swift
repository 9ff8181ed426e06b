import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

/// Servers that speak nonsense, or somebody between us and a good one who does.
@Suite("With hostile servers", .timeLimit(.minutes(3)))
struct HostileServerTests {
    @Test("Bytes that are not NATS cost the connection and nothing else: the session goes on", arguments: HostileBytes.fatal)
    func fatalBytes(_ bytes: HostileBytes) async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                try await withStanClient(server, url: proxy.url, configure: { $0.pubAckTimeout = .seconds(2) }) { client in
                    let channel = server.uniqueName("foo")
                    let subscription = try await client.subscribe(to: channel) { _ in }
                    try await client.publish("before", to: channel)
                    #expect(await subscription.next()?.text == "before")
                    try await proxy.sendToClients(bytes.text)
                    try await eventually("there is a new connection") { try await proxy.acceptedCount > 1 }
                    try await eventually("publishes work again") {
                        await codeOfFailure { try await client.publish("after", to: channel) } == nil
                    }
                    #expect(await subscription.next()?.text == "after")
                    #expect(try await proxy.acceptedCount == 2)
                }
            }
        }
    }

    @Test("Answers to nothing, in any order, disturb nobody")
    func harmlessBytes() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                try await withStanClient(server, url: proxy.url) { client in
                    let channel = server.uniqueName("foo")
                    let subscription = try await client.subscribe(to: channel) { _ in }
                    try await proxy.sendToClients(HostileBytes.harmless.text)
                    try await client.publish("x", to: channel)
                    #expect(await subscription.next()?.text == "x")
                    #expect(try await proxy.acceptedCount == 1)
                }
            }
        }
    }

    @Test("A server that answers with anything but NATS is an error in words", arguments: HostileBytes.fatal)
    func fatalGreeting(_ bytes: HostileBytes) async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                try await proxy.stall()
                async let connecting = codeOfFailure {
                    let configuration = StanConfiguration(clusterID: server.clusterID, clientID: server.uniqueName("me"))
                    _ = try await StanClient.connect(to: [proxy.url], configuration: configuration)
                }
                try await eventually("it has come") { try await proxy.connectionCount == 1 }
                try await proxy.sendToClients(bytes.text)
                #expect(await connecting == .nats)
            }
        }
    }

    @Test("A connect response of garbage is refused in words", arguments: FakeServer.garbage)
    func connectResponse(_ garbage: String) async throws {
        try await FakeServer.with { server, fake in
            try await fake.answer("_STAN.discover.\(server.clusterID)", with: ByteBuffer(string: garbage))
            let error = await #expect(throws: StanError.self) { try await withStanClient(server) { _ in } }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("connect response") == true)
        }
    }

    @Test("106 107 Subscription and close responses of garbage are refused in words; the session lives on until it is closed")
    func otherResponses() async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            try await fake.answer("\(server.clusterID).sub", with: ByteBuffer(string: FakeServer.garbage[0]))
            try await fake.answer("\(server.clusterID).close", with: ByteBuffer(string: FakeServer.garbage[0]))
            try await withSession(server) { session in
                for _ in 0..<2 { #expect(await codeOfFailure { _ = try await session.subscribe(to: "foo") } == .refused) }
                #expect(session.lostWith == [])
                #expect(await codeOfFailure { try await session.close() } == .refused)
                let isOpen = try await session.run { $0.isOpen }
                #expect(!isOpen)
            }
        }
    }

    @Test("Pings that are answered with garbage are not answered: the session is given up after one more than may be out")
    func pingResponse() async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            try await fake.answer("\(server.clusterID).ping", with: ByteBuffer(string: FakeServer.garbage[0]))
            let configure = { (configuration: inout StanConfiguration) in
                configuration.pingInterval = .seconds(1)
                configuration.pingMaxOut = 2
            }
            try await withSession(server, configure: configure) { session in
                try await eventually("the session is lost") { !session.lostWith.isEmpty }
                #expect(session.lostWith.map(\.loss) == [.pingsUnanswered])
            }
        }
    }

    @Test("Messages and acks of garbage are passed over; those behind them count")
    func messages() async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            let (nats, cluster) = (fake.nats, server.clusterID)
            try await nats.run { connection in
                let subscriber = NATSClosureSubscriber { [weak connection] message in
                    guard let reply = message.reply, let connection else { return }
                    guard let request = try? StanWire.SubscriptionRequest(decoding: message.payload) else { return }
                    let answer = StanWire.SubscriptionResponse(ackInbox: "\(cluster).acks").encoded()
                    try? connection.publish(answer, to: reply)
                    var good = StanWire.MsgProto()
                    good.subject = "foo"
                    good.data = ByteBuffer(string: "good")
                    for sequence in UInt64(1)...3 {
                        good.sequence = sequence
                        for garbage in FakeServer.garbage {
                            try? connection.publish(ByteBuffer(string: garbage), to: request.inbox)
                        }
                        try? connection.publish(good.encoded(), to: request.inbox)
                    }
                }
                _ = connection.subscribe("\(cluster).sub", subscriber: subscriber)
            }
            let acks = try await nats.subscribe("\(cluster).acks")
            try await withStanClient(server) { client in
                let subscription = try await client.subscribe(to: "foo") { _ in }
                let messages = await subscription.take(3)
                #expect(messages.map(\.sequence) == [1, 2, 3])
                #expect(messages.allSatisfy { $0.text == "good" })
                subscription.ack(messages)
                var acked: [UInt64] = []
                for await ack in acks {
                    acked.append(try StanWire.Ack(decoding: ack.payload).sequence)
                    if acked.count == 3 { break }
                }
                #expect(acked == [1, 2, 3])
            }
        }
    }
}
