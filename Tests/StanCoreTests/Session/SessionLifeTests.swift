import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("The life of a session", .timeLimit(.minutes(3)))
struct SessionLifeTests {
    private static let forgotten = "client has been replaced or is no longer registered"

    @Test("114 130 It survives a NATS reconnect: the same subscription goes on, and acks count")
    func reconnect() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                // A publish that is under way at the cut is not answered.
                try await withSession(server, url: proxy.url, configure: { $0.pubAckTimeout = .seconds(1) }) { session in
                    let channel = server.uniqueName("foo")
                    let received = try await session.subscribe(to: channel) {
                        $0.maxInFlight = 1
                        $0.ackWait = .seconds(1)
                    }
                    try await session.publish("1", to: channel)
                    try await eventually("the first has come") { received.sequences == [1] }
                    try await proxy.dropConnections()
                    try await eventually("publishes work again") {
                        await codeOfFailure { try await session.publish("2", to: channel) } == nil
                    }
                    // The subscription has not seen the second: one is allowed in flight, and the first is not acked.
                    #expect(!received.sequences.contains(2))
                    #expect(try await received.ack(1))
                    try await eventually("the second has come") { received.sequences.contains(2) }
                    #expect(session.lostWith == [])
                }
            }
        }
    }

    @Test(
        "110 112 113 A server that has forgotten the client: lost once, with its words, and all that waits fails",
        .enabled(if: !StanTestServer.isReal, "restarts the server")
    )
    func forgotten() async throws {
        try await withStanServer { server in
            try await withSession(server, configure: { $0.pingInterval = .seconds(1) }) { session in
                let received = try await session.subscribe(to: "foo")
                try await server.devServer?.stop()
                // Nobody hears it, and nobody says so.
                let waiting = try await session.run { $0.publish(ByteBuffer(string: "x"), to: "foo") }
                try await server.devServer?.restart(forgetting: true)
                try await eventually("the session is lost") { !session.lostWith.isEmpty }
                #expect(await codeOfFailure { try await waiting.get() } == .connectionClosed)
                #expect(try await received.isActive == false)
                #expect(try await received.ack(1) == false)
                #expect(await codeOfFailure { try await session.publish("x", to: "foo") } == .connectionClosed)
                #expect(await codeOfFailure { _ = try await session.subscribe(to: "foo") } == .connectionClosed)
                #expect(try await session.run { $0.isOpen } == false)
                #expect(session.lostWith == [StanError(lost: .forgotten, Self.forgotten)])
                try await session.close()
                #expect(session.lostWith.count == 1)
            }
        }
    }

    @Test("126 A frozen client that wakes up to find its id taken is lost, with the server's words")
    func replaced() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                let id = server.uniqueName("me")
                try await withSession(server, id: id, url: proxy.url, configure: { $0.pingInterval = .seconds(1) }) { frozen in
                    try await proxy.stall()
                    try await withSession(server, id: id) { successor in
                        try await proxy.resume()
                        try await eventually("the session is lost") { !frozen.lostWith.isEmpty }
                        #expect(frozen.lostWith == [StanError(lost: .forgotten, Self.forgotten)])
                        try await successor.publish("x", to: server.uniqueName("foo"))
                        #expect(successor.lostWith == [])
                    }
                }
            }
        }
    }

    @Test("The end of a lost session is told to those who wait for it, and ends the sequence of messages")
    func lostClient() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                let id = server.uniqueName("me")
                try await withStanClient(server, id: id, url: proxy.url, configure: { $0.pingInterval = .seconds(1) }) { frozen in
                    let subscription = try await frozen.subscribe(to: server.uniqueName("foo"))
                    try await proxy.stall()
                    try await withStanClient(server, id: id) { _ in
                        try await proxy.resume()
                        #expect(await frozen.connectionLost() == StanError(lost: .forgotten, Self.forgotten))
                        #expect(await subscription.next() == nil)
                        // Whoever asks later hears the same.
                        #expect(await frozen.connectionLost() == StanError(lost: .forgotten, Self.forgotten))
                    }
                }
            }
        }
    }

    @Test(
        "109 Pings that find no server end the session after one more than may be out",
        .enabled(if: !StanTestServer.isReal, "stops the server")
    )
    func pingFailure() async throws {
        try await withStanServer { server in
            let configure = { (configuration: inout StanConfiguration) in
                configuration.pingInterval = .seconds(1)
                configuration.pingMaxOut = 2
            }
            try await withSession(server, configure: configure) { session in
                let start = ContinuousClock.now
                try await server.devServer?.stop()
                try await eventually("the session is lost") { !session.lostWith.isEmpty }
                #expect(ContinuousClock.now - start > .milliseconds(1900))
                #expect(session.lostWith == [StanError(lost: .serverAway, "stan: connection lost due to PING failure")])
            }
        }
    }

    @Test("A subscribe whose answer is lost with the connection is taken back: the durable can be had when it is back")
    func answerLost() async throws {
        try await withStanServer { server in
            try await withTCPProxy(to: server.address.port) { proxy in
                let witness = try await NATSTestClient.connect(server.url)
                let requests = try await witness.subscribe("_STAN.sub.\(server.clusterID)")
                try await withSession(server, url: proxy.url) { session in
                    let channel = server.uniqueName("foo")
                    try await proxy.stall([.toClient])
                    async let code = codeOfFailure { _ = try await session.subscribe(to: channel) { $0.durableName = "d" } }
                    #expect(await requests.next() != nil)
                    try await proxy.dropConnections()
                    #expect(await code == .nats)
                    try await proxy.resume()
                    try await eventually("it is connected") { try await session.nats.run { $0.isConnected } }

                    let received = try await session.subscribe(to: channel) { $0.durableName = "d" }
                    try await session.publish("1", to: channel)
                    try await eventually("the message has come") { received.sequences == [1] }
                    #expect(session.lostWith == [])
                }
                try await witness.close()
            }
        }
    }

    @Test("112 An orderly close is no loss, fails what waits, and hands nothing on")
    func close() async throws {
        try await withStanServer { server in
            try await withSession(server) { session in
                let channel = server.uniqueName("foo")
                let received = try await session.subscribe(to: channel)
                try await session.close()
                #expect(session.lostWith == [])
                #expect(try await received.ack(1) == false)
            }
        }
    }
}
