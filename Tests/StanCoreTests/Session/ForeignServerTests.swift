import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

/// Against a server that is made up here, for what a good server does not do.
@Suite("With servers of other kinds", .timeLimit(.minutes(3)))
struct ForeignServerTests {
    /// Answers the connect request as told, and nothing else.
    private func withForeignServer(
        _ change: (inout StanWire.ConnectResponse) -> Void = { _ in },
        _ body: (_ server: StanTestServer, _ nats: NATSTestClient, _ prefix: String) async throws -> Void
    ) async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects(change)
            try await body(server, fake.nats, server.clusterID)
        }
    }

    @Test("120 A subscribe that is not answered in time is taken back by its message inbox")
    func subscribeTimeout() async throws {
        try await self.withForeignServer { server, nats, prefix in
            let requests = try await nats.subscribe("\(prefix).sub")
            let takenBack = try await nats.subscribe("\(prefix).subclose")
            try await withSession(server, configure: { $0.requestTimeout = .milliseconds(500) }) { session in
                let code = await codeOfFailure { _ = try await session.subscribe(to: "foo") { $0.durableName = "d" } }
                #expect(code == .subscribeTimeout)
                let request = try StanWire.SubscriptionRequest(decoding: try #require(await requests.next()).payload)
                let end = try StanWire.UnsubscribeRequest(decoding: try #require(await takenBack.next()).payload)
                #expect(end == StanWire.UnsubscribeRequest(clientID: request.clientID, subject: "foo", inbox: request.inbox))
                // The server's late answer finds nobody.
                let late = StanWire.SubscriptionResponse(ackInbox: "_INBOX.late").encoded()
                let reply = try #require(try await self.lateReply(nats, prefix, session))
                try await nats.publish(late, to: reply)
                try await nats.flush()
            }
        }
    }

    /// Makes one more subscribe time out, and returns where its answer was wanted.
    private func lateReply(_ nats: NATSTestClient, _ prefix: String, _ session: TestSession) async throws -> String? {
        let requests = try await nats.subscribe("\(prefix).sub")
        _ = await codeOfFailure { _ = try await session.subscribe(to: "bar") }
        return await requests.next()?.reply
    }

    @Test("107 118 The subjects of the connect response are used, not those of the usual servers")
    func subjects() async throws {
        try await self.withForeignServer { server, nats, prefix in
            try await nats.run { connection in
                let subscriber = NATSClosureSubscriber { [weak connection] message in
                    guard let reply = message.reply, let publish = try? StanWire.PubMsg(decoding: message.payload) else { return }
                    // Somebody else's ack, one that cannot be read, and a second one do no harm.
                    for guid in ["", "unknown", publish.guid, publish.guid] {
                        try? connection?.publish(StanWire.PubAck(guid: guid).encoded(), to: reply)
                        try? connection?.publish(ByteBuffer(string: "\u{7}"), to: reply)
                    }
                }
                _ = connection.subscribe("\(prefix).pub.>", subscriber: subscriber)
            }
            try await nats.flush()
            try await withSession(server) { session in
                try await session.publish("x", to: "foo.bar")
                try await session.publish("y", to: "foo")
            }
        }
    }

    @Test(
        "A server that refuses a good message is asked at once whether it knows the session",
        arguments: ["", "client has been replaced or is no longer registered"]
    )
    func refusedMessage(pingError: String) async throws {
        try await FakeServer.with { server, fake in
            try await fake.answerConnects()
            try await fake.answer("\(server.clusterID).ping", with: StanWire.PingResponse(error: pingError).encoded())
            try await fake.answer("\(server.clusterID).pub.>") { message in
                let guid = (try? StanWire.PubMsg(decoding: message.payload))?.guid ?? ""
                return StanWire.PubAck(guid: guid, error: StanServerError.invalidPublishRequest).encoded()
            }
            // The next ping would come in a minute.
            try await withSession(server, configure: { $0.pingInterval = .seconds(60) }) { session in
                for _ in 0..<10 where session.lostWith.isEmpty {
                    #expect(await codeOfFailure { try await session.publish("x", to: "foo") } != nil)
                }
                if pingError.isEmpty {
                    #expect(session.lostWith == [])
                } else {
                    try await eventually("the session is lost") { session.lostWith == [StanError(lost: .forgotten, pingError)] }
                }
            }
        }
    }

    @Test("A server from before clients could ping is not pinged", arguments: [true, false])
    func oldServer(_ isOld: Bool) async throws {
        try await self.withForeignServer({ if isOld { $0.protocolVersion = 0 } }) { server, nats, prefix in
            let pings = try await nats.subscribe("\(prefix).ping")
            let count = LockedCount()
            let counting = Task { for await _ in pings { count.add() } }
            try await withSession(server, configure: { $0.pingInterval = .seconds(1) }) { session in
                let watch = ContinuousClock.now
                try await eventually("a ping has come, or two intervals have passed") {
                    isOld ? ContinuousClock.now - watch > .milliseconds(2200) : count.value > 0
                }
                #expect((count.value == 0) == isOld)
                #expect(session.lostWith == [])
            }
            counting.cancel()
        }
    }

    @Test("A connect response without the subjects of a session is refused in words")
    func uselessResponse() async throws {
        try await self.withForeignServer({ $0 = StanWire.ConnectResponse() }) { server, _, _ in
            #expect(await codeOfFailure { try await withSession(server) { _ in } } == .refused)
        }
    }

    @Test("106 The server's reason for refusing a session is kept word for word")
    func refusal() async throws {
        let words = "stan: something new"
        try await self.withForeignServer({ $0 = StanWire.ConnectResponse(error: words) }) { server, _, _ in
            await #expect(throws: StanError(.refused, words)) { try await withSession(server) { _ in } }
        }
    }
}
