import DevServer
import Glibc
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

/// What servers rely on, seen from the side of a server. The numbers are those of the protocol's list of statements.
@Suite("What a client owes its server", .timeLimit(.minutes(3)))
struct ObligationTests {
    @Test("103 Somebody listens at the heartbeat inbox before the connect request comes")
    func heartbeatInbox() async throws {
        try await FakeServer.with { server, fake in
            let requests = try await fake.nats.subscribe("_STAN.discover.\(server.clusterID)")
            async let connecting = codeOfFailure {
                try await withSession(server, configure: { $0.requestTimeout = .seconds(1) }) { _ in }
            }
            let request = try StanWire.ConnectRequest(decoding: try #require(await requests.next()).payload)
            // Fails at once when nobody listens.
            let heartbeat = try await fake.nats.request(ByteBuffer(), to: request.heartbeatInbox)
            #expect(heartbeat.payloadLength == 0)
            #expect(await connecting == .connectTimeout)
        }
    }

    @Test("134 Somebody listens at the message inbox before the subscription request comes")
    func messageInbox() async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            let requests = try await fake.nats.subscribe("\(server.clusterID).sub")
            try await withSession(server, configure: { $0.requestTimeout = .seconds(1) }) { session in
                async let subscribing = codeOfFailure { _ = try await session.subscribe(to: "foo") }
                let request = try StanWire.SubscriptionRequest(decoding: try #require(await requests.next()).payload)
                await #expect(throws: NATSError.timeout) {
                    // Nobody answers a message; without a listener it would be no responders, and at once.
                    _ = try await fake.nats.request(ByteBuffer(), to: request.inbox, timeout: .milliseconds(300))
                }
                #expect(await subscribing == .subscribeTimeout)
            }
        }
    }

    @Test(
        "104 Heartbeats are answered while a handler blocks its thread",
        .enabled(if: !StanTestServer.isReal, "needs a server whose heartbeats are fast")
    )
    func blockedHandler() async throws {
        try await withStanServer {
            $0.heartbeats.interval = .milliseconds(20)
            $0.heartbeats.timeout = .milliseconds(100)
            $0.heartbeats.maxFailures = 1
        } _: { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                try await client.publish("x", to: channel)
                let subscription = try await client.subscribe(to: channel) { _ in }
                _ = try #require(await subscription.next())
                // Ten times what it takes to be given up.
                usleep(1_500_000)
                try await client.publish("alive", to: channel)
                #expect(await subscription.next()?.text == "alive")
            }
        }
    }

    @Test("108 An answer of no bytes is success: to pings, to the end of a subscription, and of the session")
    func emptyAnswers() async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            let ack = StanWire.SubscriptionResponse(ackInbox: "\(server.clusterID).acks").encoded()
            try await fake.answer("\(server.clusterID).sub", with: ack)
            for subject in ["unsub", "subclose", "close", "ping"] {
                try await fake.answer("\(server.clusterID).\(subject)", with: ByteBuffer())
            }
            let pings = try await fake.nats.subscribe("\(server.clusterID).ping")
            let configure = { (configuration: inout StanConfiguration) in
                configuration.pingInterval = .seconds(1)
                configuration.pingMaxOut = 2
            }
            try await withStanClient(server, configure: configure) { client in
                try await client.subscribe(to: "foo").close()
                try await client.subscribe(to: "foo").unsubscribe()
                // One more than may go unanswered.
                var count = 0
                for await _ in pings {
                    count += 1
                    if count == 4 { break }
                }
                try await client.close()
                #expect(await client.connectionLost().code == .connectionClosed)
            }
        }
    }

    @Test("119 No more messages are under way than may be; the close of the session ends the waiting of all")
    func publishWindow() async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            try await fake.answer("\(server.clusterID).close", with: ByteBuffer())
            let arrived = LockedCount()
            try await fake.nats.run { connection in
                let subscriber = NATSClosureSubscriber { _ in arrived.add() }
                _ = connection.subscribe("\(server.clusterID).pub.>", subscriber: subscriber)
            }
            try await fake.nats.flush()
            try await withSession(server, configure: { $0.maxPubAcksInFlight = 3 }) { session in
                let acks = try await session.run { session in
                    (0..<5).map { session.publish(ByteBuffer(integer: $0), to: "foo") }
                }
                #expect(try await session.run { $0.pubAcksInFlight } == 3)
                try await session.nats.flush()
                try await eventually("three have come") { arrived.value == 3 }
                try await session.flatRun { $0.close() }
                for ack in acks { #expect(await codeOfFailure { try await ack.get() } == .connectionClosed) }
                try await session.nats.flush()
                try await fake.nats.flush()
                #expect(arrived.value == 3)
            }
        }
    }

    @Test("122 A message is acked when its handler has returned, and not when it has thrown")
    func automaticAcks() async throws {
        struct Refused: Error {}
        try await withStanServer { server in
            try await withStanClient(server) { client in
                let channel = server.uniqueName("foo")
                try await client.publish(1...4, to: channel)
                let subscription = try await client.subscribe(to: channel) { $0.ackWait = .seconds(1) }
                var seen: [UInt64: Int] = [:]
                await subscription.process { message in
                    seen[message.sequence, default: 0] += 1
                    switch (message.sequence, seen[message.sequence]) {
                    // Longer than the ack wait: an ack that was sent before would keep the second copy away.
                    case (1, 1): try await Task.sleep(for: .milliseconds(1400))
                    case (2, 1): throw Refused()
                    default: break
                    }
                    if seen[1] == 2, seen[2] == 2 { Task { try await subscription.close() } }
                }
                #expect(seen[1] == 2 && seen[2] == 2 && seen.count == 4)
            }
        }
    }
}
