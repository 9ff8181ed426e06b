import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: durables")
struct DurableTests {
    private static let invalidSubscription = "stan: invalid subscription"

    private static func durable(_ request: inout StanWire.SubscriptionRequest) { request.durableName = "dur" }

    @Test("65 A durable that is active is refused a second time")
    func duplicate() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel, Self.durable)
            await #expect(throws: Refused(error: "stan: duplicate durable registration")) {
                try await session.subscribe(channel, Self.durable)
            }
            try await session.publish(to: channel)
            try await sub.expect(["1"])
        }
    }

    @Test(
        "66 With replace_durable the newcomer gets the unacked messages, and the old handle means nothing",
        .enabled(if: Lab.canConfigure)
    )
    func replace() async throws {
        try await withLab {
            $0.replacesDurables = true
        } _: { lab in
            let session = try await lab.session()
            let old = try await session.subscribe("foo", Self.durable)
            try await session.publish(2, to: "foo")
            try await old.expect(["1", "2"])
            try await old.ack(1)
            let new = try await session.subscribe("foo", Self.durable)
            try await session.publish(to: "foo")
            try await new.expect(["2r1", "3"])
            #expect(old.words == ["1", "2"])
            #expect(try await old.close() == Self.invalidSubscription)
            #expect(try await new.close() == "")
        }
    }

    @Test("67 The same name of another client or in another channel is another durable")
    func independent() async throws {
        try await withLab { lab in
            let (channel, other) = (lab.name("foo"), lab.name("bar"))
            let (session, stranger) = (try await lab.session(), try await lab.session())
            let subs = [
                try await session.subscribe(channel, Self.durable), try await session.subscribe(other, Self.durable),
                try await stranger.subscribe(channel, Self.durable),
            ]
            try await session.publish(to: channel)
            try await session.publish(to: other)
            for sub in subs { try await sub.expect(["1"]) }
        }
    }

    @Test("68 69 A durable comes back where it was: unacked ones first, in order, then new ones; start options mean nothing")
    func resume() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel, Self.durable)
            try await session.publish(4, to: channel)
            try await sub.expect(["1", "2", "3", "4"])
            try await sub.ack(2)
            try await sub.close()
            try await session.publish(2, to: channel)
            let back = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.startPosition = StanWire.StartPosition.newOnly.rawValue
            }
            try await back.expect(["1r1", "3r1", "4r1", "5", "6"])
        }
    }

    @Test("68 70 All unacked ones come back however few may be in flight now, and a new one only when there is room")
    func resumeStalled() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel, Self.durable)
            try await session.publish(3, to: channel)
            try await sub.expect(["1", "2", "3"])
            try await sub.close()
            try await session.publish(to: channel)
            let back = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.maxInFlight = 2
            }
            try await back.expect(["1r1", "2r1", "3r1"])
            try await back.ack(1)
            try await back.expect(["1r1", "2r1", "3r1"])
            try await back.ack(2)
            try await back.expect(["1r1", "2r1", "3r1", "4"])
        }
    }

    @Test("68 The ack wait of the new request counts")
    func resumeAckWait() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel, Self.durable)
            try await sub.close()
            let back = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.ackWaitInSecs = 1
            }
            try await session.publish(to: channel)
            try await back.received.wait(for: 2)
            #expect(back.words.prefix(2) == ["1", "1r1"])
        }
    }

    @Test("71 The count goes on when a durable comes back")
    func count() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.ackWaitInSecs = 1
            }
            try await session.publish(to: channel)
            try await sub.received.wait(for: 2)
            try await sub.close()
            let count = sub.words.count
            let back = try await session.subscribe(channel, Self.durable)
            try await back.expect(["1r\(count)"])
        }
    }

    @Test("72 A durable that comes back has another ack inbox, and acks on the old one mean nothing")
    func ackInbox() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            // The old ack wait still counts for the first time that it is due.
            let sub = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.ackWaitInSecs = 1
            }
            try await session.publish(to: channel)
            try await sub.received.wait(for: 1)
            try await sub.close()
            let count = sub.words.count
            let back = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.ackWaitInSecs = 1
            }
            #expect(back.ackInbox != sub.ackInbox)
            try await back.received.wait(for: 1)
            try await sub.ack(1)
            try await back.received.wait(for: 2)
            #expect(back.words.prefix(2) == ["1r\(count)", "1r\(count + 1)"])
        }
    }

    @Test("73 After an unsubscribe the name begins anew, with its start option")
    func unsubscribed() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(2, to: channel)
            let sub = try await session.subscribe(channel, Self.durable)
            try await sub.expect(["1", "2"])
            #expect(try await sub.unsubscribe() == "")
            let back = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.startPosition = StanWire.StartPosition.lastReceived.rawValue
            }
            try await back.expect(["2"])
        }
    }

    @Test("74 A durable cannot be unsubscribed by its name, nor while it is offline")
    func unsubscribeByName() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel, Self.durable)
            let error = try await session.end("", of: channel, unsubscribe: true) { $0.durableName = "dur" }
            #expect(error == Self.invalidSubscription)
            try await sub.close()
            #expect(try await sub.unsubscribe() == Self.invalidSubscription)
            #expect(try await session.end(sub.inbox, of: channel, unsubscribe: true) == Self.invalidSubscription)
        }
    }

    @Test("75 Acks sent before the connection is closed count")
    func acksBeforeClose() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) {
                $0.durableName = "dur"
                $0.maxInFlight = 100
            }
            try await session.publish(50, to: channel)
            try await sub.received.wait(for: 50)
            let (ackInbox, close) = (sub.ackInbox, StanWire.CloseRequest(clientID: session.id).encoded())
            let answer = try await session.nats.flatRun { connection in
                for sequence in UInt64(1)...50 {
                    try? connection.publish(StanWire.Ack(subject: channel, sequence: sequence).encoded(), to: ackInbox)
                }
                return connection.request(close, to: session.subjects.closeRequests, timeout: .seconds(10))
            }
            #expect(answer.payloadLength == 0)
            let new = try await Session.connect(session.nats, lab, id: session.id)
            let back = try await new.subscribe(channel, Self.durable)
            try await new.publish(to: channel)
            try await back.expect(["51"])
        }
    }

    @Test("76 A durable's name may contain a colon")
    func colon() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.durableName = "a:b" }
            try await session.publish(to: channel)
            try await sub.expect(["1"])
            try await sub.close()
            try await session.subscribe(channel) { $0.durableName = "a:b" }.expect(["1r1"])
        }
    }
}
