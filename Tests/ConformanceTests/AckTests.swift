import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: acks and redelivery")
struct AckTests {
    @Test("54 An unacked message comes again after every ack wait, counted, with the timestamp it had")
    func redelivery() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.ackWaitInSecs = 1 }
            try await session.publish(to: channel)
            let all = try await sub.received.wait(for: 4)
            #expect(sub.words.prefix(4) == ["1", "1r1", "1r2", "1r3"])
            #expect(Set(all.map(\.message.timestamp)).count == 1)
            for (earlier, later) in zip(all, all.dropFirst()) {
                let pause = later.time - earlier.time
                #expect(pause > .milliseconds(700) && pause < .milliseconds(1700))
            }
        }
    }

    @Test("55 An acked message does not come again")
    func acked() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.ackWaitInSecs = 1 }
            try await session.publish(2, to: channel)
            try await sub.received.wait(for: 2)
            try await sub.ack(1)
            try await sub.received.wait(for: 4)
            #expect(sub.words.prefix(4) == ["1", "2", "2r1", "2r2"])
        }
    }

    @Test("56 Acks that mean nothing change nothing and get no answer")
    func meaningless() async throws {
        try await withLab { lab in
            let (channel, other) = (lab.name("foo"), lab.name("bar"))
            let session = try await lab.session()
            try await session.publish(to: other)
            let sub = try await session.subscribe(channel) { $0.ackWaitInSecs = 1 }
            try await session.publish(to: channel)
            try await sub.received.wait(for: 1)
            let answers = Mailbox<Int>()
            let reply = NUID.makeInbox()
            let (ackInbox, acks) = (
                sub.ackInbox,
                [
                    StanWire.Ack(subject: channel, sequence: 99).encoded(), StanWire.Ack(subject: other, sequence: 1).encoded(),
                    StanWire.Ack(subject: "", sequence: 1).encoded(), ByteBuffer(bytes: [0x0a, 0xff, 0x01]), ByteBuffer(),
                ]
            )
            try await session.nats.run { connection in
                _ = connection.subscribe(reply, subscriber: NATSClosureSubscriber { _ in answers.append(1) })
                for ack in acks { try connection.publish(ack, to: ackInbox, reply: reply) }
            }
            try await sub.received.wait(for: 2)
            #expect(sub.words.prefix(2) == ["1", "1r1"])
            #expect(answers.items.isEmpty)
        }
    }

    @Test("57 An ack counts from whichever NATS connection it comes")
    func foreignAck() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.maxInFlight = 1 }
            try await session.publish(2, to: channel)
            try await sub.expect(["1"])
            let stranger = try await lab.nats()
            try await stranger.publish(StanWire.Ack(subject: channel, sequence: 1).encoded(), to: sub.ackInbox)
            try await sub.expect(["1", "2"])
        }
    }

    @Test("58 60 With one in flight the next comes only after the ack; the same comes again meanwhile")
    func stalled() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) {
                $0.maxInFlight = 1
                $0.ackWaitInSecs = 1
            }
            try await session.publish(2, to: channel)
            let again = try await sub.received.wait(for: 3).map(\.description)
            #expect(again == ["1", "1r1", "1r2"])
            try await sub.ack(1)
            try await sub.received.wait(for: 4)
            #expect(sub.words.filter { !$0.hasPrefix("1") }.first == "2")
        }
    }

    @Test("59 An ack makes room for one message, the same ack a second time for none")
    func room() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(6, to: channel)
            let sub = try await session.subscribe(channel) { $0.maxInFlight = 2 }
            try await sub.expect(["1", "2"])
            try await sub.ack(1)
            try await sub.expect(["1", "2", "3"])
            try await sub.ack(1)
            try await sub.expect(["1", "2", "3"])
            try await sub.ack(2, 3)
            try await sub.expect(["1", "2", "3", "4", "5"])
        }
    }

    @Test("61 62 Each message is due by its own clock, and new ones come in between")
    func ownClock() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.ackWaitInSecs = 2 }
            try await session.publish(to: channel)
            try await sub.received.wait(for: 1)
            try await Task.sleep(for: .seconds(1))
            try await session.publish(to: channel)
            let all = try await sub.received.wait(for: 4)
            #expect(all.map(\.description) == ["1", "2", "1r1", "2r1"])
            #expect(all[3].time - all[2].time > .milliseconds(600))
        }
    }

    @Test("63 A message that a limit took away makes room when it is due", .enabled(if: Lab.canConfigure))
    func dropped() async throws {
        try await withLab {
            $0.limits.maxMessages = 2
        } _: { lab in
            let session = try await lab.session()
            let sub = try await session.subscribe("foo") {
                $0.maxInFlight = 1
                $0.ackWaitInSecs = 1
            }
            try await session.publish(to: "foo")
            try await sub.received.wait(for: 1)
            try await session.publish(3, to: "foo")
            try await sub.received.wait(for: 2)
            #expect(sub.words.prefix(2) == ["1", "3"])
        }
    }

    @Test("64 When the first copy was lost on its way the next says that it is the second")
    func lostCopy() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let sub = try await session.subscribe(channel) { $0.ackWaitInSecs = 1 }
            try await sub.cutOff()
            try await session.publish(to: channel)
            try await sub.listen()
            try await sub.received.wait(for: 1)
            #expect(sub.words.first == "1r1")
        }
    }
}
