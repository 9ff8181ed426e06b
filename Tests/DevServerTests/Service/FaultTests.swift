import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@testable import DevServer

@Suite("Faults on purpose")
struct FaultTests {
    /// A server, a client with a session, and a subscription with an ack wait of 200 ms.
    private struct Bench {
        let server: DevServer
        let client: RawClient
        let session: StanWire.ConnectResponse
        let inbox: AsyncStream<ByteBuffer>
        let ackInbox: String

        func publish() async throws {
            let message = StanWire.PubMsg(
                clientID: "me",
                guid: "g",
                subject: "foo",
                connectionID: ByteBuffer(string: "c-me")
            )
            let answer = try await self.client.request(message, to: self.session.pubPrefix + ".foo")
            #expect(try StanWire.PubAck(decoding: answer).error == "")
        }

        func ack(_ sequence: UInt64) async throws {
            try await self.client.publish(StanWire.Ack(subject: "foo", sequence: sequence), to: self.ackInbox)
        }

        var pendingCount: Int? {
            get async throws { try await self.server.channels().first?.subscriptions.first?.pendingCount }
        }
    }

    private func withBench(ackWait: TimeAmount = .milliseconds(200), _ body: (Bench) async throws -> Void) async throws {
        var options = StanServerOptions()
        options.clusterID = "faults-\(NUID.make())"
        options.ackWaitOverride = ackWait
        let url = try await SharedNATSServer.url
        let server = try await DevServer.start(options, natsURL: url)
        let client = try await RawClient(url)
        let session = try await client.connect("me", cluster: options.clusterID)
        let name = NUID.makeInbox()
        let inbox = try await client.subscribe(name)
        let request = StanWire.SubscriptionRequest(
            clientID: "me",
            subject: "foo",
            inbox: name,
            maxInFlight: 10,
            ackWaitInSecs: 30
        )
        let answer = try await client.request(request, to: session.subRequests)
        let ackInbox = try StanWire.SubscriptionResponse(decoding: answer).ackInbox
        try await body(Bench(server: server, client: client, session: session, inbox: inbox, ackInbox: ackInbox))
        try await client.close()
        try await server.stop()
    }

    @Test("Acks are lost: the next one, or all of them")
    func dropAcks() async throws {
        try await self.withBench { bench in
            try await bench.server.setFaults { $0.dropNextAcks = 1 }
            var inbox = bench.inbox.makeAsyncIterator()
            try await bench.publish()
            _ = await inbox.next()
            try await bench.ack(1)
            let again = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
            #expect(again.redelivered)
            try await bench.ack(1)
            try await eventually { try await bench.pendingCount == 0 }

            try await bench.server.setFaults { $0.dropAckFraction = 1 }
            try await bench.publish()
            for count in UInt32(0)...2 {
                let message = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
                #expect(message.sequence == 2)
                #expect(message.redeliveryCount == count)
                try await bench.ack(2)
            }
        }
    }

    @Test("Acks come late")
    func delayAcks() async throws {
        try await self.withBench(ackWait: .seconds(30)) { bench in
            try await bench.server.setFaults { $0.ackDelay = .milliseconds(300) }
            try await bench.publish()
            let start = ContinuousClock.now
            try await bench.ack(1)
            try await eventually { try await bench.pendingCount == 0 }
            #expect(ContinuousClock.now - start >= .milliseconds(290))
        }
    }

    @Test("Messages come twice: the next one, or all of them")
    func duplicates() async throws {
        try await self.withBench(ackWait: .seconds(30)) { bench in
            try await bench.server.setFaults { $0.duplicateNextMessages = 1 }
            try await bench.publish()
            try await bench.publish()
            try await bench.server.setFaults { $0.duplicateMessageFraction = 1 }
            try await bench.publish()
            var inbox = bench.inbox.makeAsyncIterator()
            for sequence in [1, 1, 2, 3, 3] as [UInt64] {
                let message = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
                #expect(message.sequence == sequence)
                #expect(!message.redelivered)
            }
        }
    }

    @Test("A client is forgotten, and hears of it when it asks")
    func forget() async throws {
        try await self.withBench { bench in
            try await bench.server.forgetClient("me")
            let ping = StanWire.Ping(connectionID: ByteBuffer(string: "c-me"))
            let pong = try StanWire.PingResponse(decoding: try await bench.client.request(ping, to: bench.session.pingRequests))
            #expect(pong.error == "client has been replaced or is no longer registered")
            #expect(try await bench.server.channels().first?.subscriptions.isEmpty == true)
        }
    }

    @Test("A server that is paused answers nothing, and everything when it goes on")
    func pause() async throws {
        try await self.withBench { bench in
            try await bench.publish()
            var inbox = bench.inbox.makeAsyncIterator()
            _ = await inbox.next()
            try await bench.server.pause()
            let answered = Recorder()
            let ping = StanWire.Ping(connectionID: ByteBuffer(string: "c-me"))
            let waiting = Task {
                let answer = try await bench.client.request(ping, to: bench.session.pingRequests)
                answered.note()
                return answer.readableBytes
            }
            // Longer than the ack wait: no redelivery either.
            try await Task.sleep(for: .milliseconds(500))
            #expect(answered.count == 0)
            try await bench.server.resume()
            #expect(try await waiting.value == 0)
            let again = try StanWire.MsgProto(decoding: try #require(await inbox.next()))
            #expect(again.redeliveryCount == 1)
        }
    }
}
