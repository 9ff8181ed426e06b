import NATSTransport
import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Dev server over a real nats-server")
struct DevServerTests {
    @Test("Publish, deliver, ack: the whole way over the wire")
    func wholeWay() async throws {
        try await Self.withServer { server, client in
            let session = try await client.connect("me")
            #expect(session.error.isEmpty)
            var inbox = try await client.subscribe("in").makeAsyncIterator()
            let ackInbox = try await Self.subscribe(client, session, ackWait: 3)
            for number in 1...3 {
                let ack = try await client.request(Self.message("m\(number)"), to: session.pubPrefix + ".foo")
                #expect(try StanWire.PubAck(decoding: ack) == StanWire.PubAck(guid: "g"))
            }
            for number in UInt64(1)...3 {
                let message = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
                #expect(message.sequence == number)
                #expect(message.data == ByteBuffer(string: "m\(number)"))
                #expect(!message.redelivered)
                if number != 2 { try await client.publish(StanWire.Ack(subject: "foo", sequence: number), to: ackInbox) }
            }
            // Nobody waits for this one but its ack wait.
            let again = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
            #expect(again.sequence == 2)
            #expect(again.redeliveryCount == 1)
            #expect(try await server.channels().first?.subscriptions.first?.pendingCount == 1)
            let closed = try await client.request(StanWire.CloseRequest(clientID: "me"), to: session.closeRequests)
            #expect(closed.readableBytes == 0)
        }
    }

    @Test("A second server with the same cluster ID refuses to start; one with another serves beside it")
    func secondServer() async throws {
        let nats = try await NatsServerProcess.start()
        let first = try await DevServer.start(natsURL: nats.url)
        await #expect(throws: DevServerError.clusterInUse(clusterID: "test-cluster", natsURL: "127.0.0.1:\(nats.port)")) {
            try await DevServer.start(natsURL: nats.url)
        }
        var options = StanServerOptions()
        options.clusterID = "other"
        let other = try await DevServer.start(options, natsURL: nats.url)
        // The trial has left nothing with the first.
        let client = try await RawClient(nats.url)
        #expect(try await client.connect("test-cluster").error.isEmpty)
        #expect(try await client.connect("me", cluster: "other").error.isEmpty)
        try await client.close()
        try await first.stop()
        try await DevServer.start(natsURL: nats.url).stop()
        try await other.stop()
        await nats.stop()
    }

    @Test("An unknown cluster ID is answered by nobody, at once")
    func unknownCluster() async throws {
        try await Self.withServer { _, client in
            await #expect(throws: NATSError.noResponders) { try await client.connect("me", cluster: "other") }
        }
    }

    @Test("A client ID is refused while its owner lives, and free at once when its connection is gone")
    func duplicateClient() async throws {
        let nats = try await NatsServerProcess.start()
        let server = try await DevServer.start(natsURL: nats.url)
        let first = try await RawClient(nats.url)
        let second = try await RawClient(nats.url)
        #expect(try await first.connect("me").error.isEmpty)
        #expect(try await second.connect("me").error == "stan: clientID already registered")
        try await first.close()
        #expect(try await second.connect("me").error.isEmpty)
        try await second.close()
        try await server.stop()
        await nats.stop()
    }

    @Test("A restart that forgets ends the session", arguments: [true, false])
    func restart(_ forgetting: Bool) async throws {
        try await Self.withServer { server, client in
            let session = try await client.connect("me")
            var inbox = try await client.subscribe("in").makeAsyncIterator()
            let ackInbox = try await Self.subscribe(client, session, ackWait: 30)
            _ = try await client.request(Self.message("m1"), to: session.pubPrefix + ".foo")
            _ = await inbox.next()
            try await server.restart(forgetting: forgetting, after: .milliseconds(10))
            let ping = StanWire.Ping(connectionID: ByteBuffer(string: "c-me"))
            let pong = try StanWire.PingResponse(decoding: try await client.request(ping, to: session.pingRequests))
            let ack = try await client.request(Self.message("m2"), to: session.pubPrefix + ".foo")
            let error = try StanWire.PubAck(decoding: ack).error
            if forgetting {
                #expect(pong.error == "client has been replaced or is no longer registered")
                #expect(error == "stan: invalid publish request")
                #expect(try await server.channels() == [])
            } else {
                #expect(pong.error.isEmpty)
                #expect(error.isEmpty)
                let message = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
                #expect(message.sequence == 2)
                try await client.publish(StanWire.Ack(subject: "foo", sequence: 1), to: ackInbox)
                // The answer to a later request shows that the ack has been seen.
                _ = try await client.request(ping, to: session.pingRequests)
                #expect(try await server.channels().first?.subscriptions.first?.pendingCount == 1)
            }
        }
    }

    @Test("While the server is away requests are answered by nobody")
    func stopped() async throws {
        try await Self.withServer { server, client in
            let session = try await client.connect("me")
            try await server.stop()
            await #expect(throws: NATSError.noResponders) {
                try await client.request(StanWire.CloseRequest(clientID: "me"), to: session.closeRequests)
            }
        }
    }

    @Test("The session outlives the server's own reconnect to NATS")
    func natsRestart() async throws {
        let nats = try await NatsServerProcess.start()
        let server = try await DevServer.start(natsURL: nats.url)
        let before = try await RawClient(nats.url)
        #expect(try await before.connect("me").error.isEmpty)
        try await before.close()
        await nats.stop()
        var options = NatsServerProcess.Options()
        options.port = nats.port
        let back = try await NatsServerProcess.start(options)
        let after = try await RawClient(back.url)
        let ping = StanWire.Ping(connectionID: ByteBuffer(string: "c-me"))
        var pong: ByteBuffer?
        while pong == nil {
            // The server comes back by itself, some time.
            pong = try? await after.request(ping, to: "_STAN.discover.test-cluster.pings")
            if pong == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(pong?.readableBytes == 0)
        try await after.close()
        try await server.stop()
        await back.stop()
    }

    @Test("No NATS server, a bad URL and a bad cluster ID are errors")
    func badStarts() async throws {
        let gone = try await NatsServerProcess.start()
        await gone.stop()
        await #expect(throws: DevServerError.self) { try await DevServer.start(natsURL: gone.url) }
        await #expect(throws: DevServerError.self) { try await DevServer.start(natsURL: "http://x") }
        var options = StanServerOptions()
        options.clusterID = "a b"
        await #expect(throws: DevServerError.invalidClusterID("a b")) {
            try await DevServer.start(options, natsURL: gone.url)
        }
    }

    private static func withServer(_ body: (DevServer, RawClient) async throws -> Void) async throws {
        let nats = try await NatsServerProcess.start()
        let server = try await DevServer.start(natsURL: nats.url)
        let client = try await RawClient(nats.url)
        do {
            try await body(server, client)
        } catch {
            Issue.record(error)
        }
        try await client.close()
        try await server.stop()
        await nats.stop()
    }

    private static func message(_ data: String) -> StanWire.PubMsg {
        StanWire.PubMsg(
            clientID: "me",
            guid: "g",
            subject: "foo",
            data: ByteBuffer(string: data),
            connectionID: ByteBuffer(string: "c-me")
        )
    }

    private static func subscribe(
        _ client: RawClient,
        _ session: StanWire.ConnectResponse,
        ackWait: Int32
    ) async throws -> String {
        let request = StanWire.SubscriptionRequest(
            clientID: "me",
            subject: "foo",
            inbox: "in",
            maxInFlight: 10,
            ackWaitInSecs: ackWait
        )
        let response = try StanWire.SubscriptionResponse(decoding: try await client.request(request, to: session.subRequests))
        #expect(response.error.isEmpty)
        return response.ackInbox
    }
}
