import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: close")
struct CloseTests {
    @Test("89 90 Closing an unknown client is refused, of any other it is not, and no bytes mean success")
    func close() async throws {
        try await withLab { lab in
            let (session, other) = (try await lab.session(), try await lab.session())
            #expect(try await session.close(lab.name("nobody")) == "stan: unknown clientID")
            let request = StanWire.CloseRequest(clientID: other.id).encoded()
            let answer = try await session.nats.request(request, to: session.subjects.closeRequests)
            #expect(answer.payloadLength == 0)
            #expect(try await other.ping() == "client has been replaced or is no longer registered")
            #expect(try await other.close() == "stan: unknown clientID")
        }
    }

    @Test("A close request that is none is refused")
    func garbage() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let garbage = ByteBuffer(bytes: [0x0a, 0xff, 0x01])
            let answer = try await session.nats.request(garbage, to: session.subjects.closeRequests)
            #expect(try StanWire.CloseResponse(decoding: answer.payload).error == "stan: invalid close request")
            let other = try await session.nats.request(garbage, to: session.subjects.subCloseRequests)
            #expect(try StanWire.SubscriptionResponse(decoding: other.payload).error == "stan: invalid unsubscribe request")
        }
    }

    @Test("91 What was published before the close is stored and acked")
    func publishesBeforeClose() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let reply = NUID.makeInbox()
            let acks = Mailbox<String>()
            let close = StanWire.CloseRequest(clientID: session.id).encoded()
            let answer = try await session.nats.flatRun { connection in
                let subscriber = NATSClosureSubscriber { message in
                    acks.append((try? StanWire.PubAck(decoding: message.payload).error) ?? "garbage")
                }
                _ = connection.subscribe(reply, subscriber: subscriber)
                for _ in 1...200 {
                    let message = session.message(channel).encoded()
                    try? connection.publish(message, to: session.subjects.pubPrefix + ".x", reply: reply)
                }
                return connection.request(close, to: session.subjects.closeRequests, timeout: .seconds(10))
            }
            #expect(answer.payloadLength == 0)
            try await acks.wait(for: 200)
            #expect(acks.items.allSatisfy { $0.isEmpty })
            let reader = try await lab.session()
            let sub = try await reader.subscribe(channel) { $0.maxInFlight = 1000 }
            try await sub.expect((1...200).map { "\($0)" })
        }
    }

    @Test("92 Another client's subscription cannot be ended, and stays")
    func foreign() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let (session, other) = (try await lab.session(), try await lab.session())
            let sub = try await session.subscribe(channel)
            #expect(try await other.end(sub.ackInbox, of: channel, unsubscribe: true) == "stan: unknown clientID")
            #expect(try await other.end(sub.ackInbox, of: channel) == "stan: unknown clientID")
            try await session.publish(to: channel)
            try await sub.expect(["1"])
        }
    }

    @Test("93 A subscription can be named by its ack inbox or its message inbox, once", arguments: [false, true], [false, true])
    func inboxes(_ byMessageInbox: Bool, _ unsubscribes: Bool) async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel)
            let inbox = byMessageInbox ? sub.inbox : sub.ackInbox
            #expect(try await session.end(inbox, of: channel, unsubscribe: unsubscribes) == "")
            #expect(try await session.end(inbox, of: channel, unsubscribe: unsubscribes) == "stan: invalid subscription")
            try await session.publish(to: channel)
            try await sub.expect([])
        }
    }

    @Test("The end of a subscription in an unknown channel is refused; the words changed in 0.25")
    func unknownChannel() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let error = try await session.end("inbox", of: lab.name("foo"))
            #expect(error == "stan: unknown channel" || Lab.isReal && error == "stan: invalid subscription")
        }
    }

    @Test(
        "99 100 An inactive channel goes, with its offline durables; an active subscription keeps it",
        .enabled(if: Lab.canConfigure)
    )
    func inactivity() async throws {
        try await withLab {
            $0.limits.maxInactivity = .seconds(1)
        } _: { lab in
            let session = try await lab.session()
            let keeper = try await session.subscribe("kept")
            try await session.publish(to: "kept")
            let durable = try await session.subscribe("left") { $0.durableName = "dur" }
            try await session.publish(2, to: "left")
            try await durable.expect(["1", "2"])
            try await durable.close()
            try await Task.sleep(for: .milliseconds(2500))
            try await session.publish(to: "left")
            let back = try await session.subscribe("left") { $0.durableName = "dur" }
            try await back.expect(["1"])
            try await session.publish(to: "kept")
            try await keeper.expect(["1", "2"])
        }
    }
}
