import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: heartbeats and pings", .enabled(if: Lab.canConfigure, "needs a server with short heartbeats"))
struct HeartbeatTests {
    private static func short(_ needs: inout Needs) {
        needs.heartbeats = (.seconds(1), .milliseconds(500), 2)
    }

    /// Heartbeats may fail for as long as a test takes.
    private static func patient(_ needs: inout Needs) {
        needs.heartbeats = (.seconds(1), .milliseconds(500), 30)
    }

    @Test("16 The first heartbeat comes one interval after the connect, empty, with a reply subject")
    func first() async throws {
        try await withLab(Self.short) { lab in
            let start = ContinuousClock.now
            let session = try await lab.session()
            let beat = try await session.heart.beats.wait(for: 1)[0]
            #expect(beat.time - start > .milliseconds(900) && beat.time - start < .seconds(2))
            #expect(beat.payloadLength == 0)
            #expect(beat.hasReply)
        }
    }

    @Test("17 Any payload in the reply keeps the client alive")
    func payload() async throws {
        try await withLab(Self.short) { lab in
            let session = try await lab.session(heart: .talks)
            try await session.heart.beats.wait(for: 5)
            #expect(try await session.ping() == "")
        }
    }

    @Test("18 20 A silent client is removed on failure number fail count + 1, with all it had but durables")
    func silent() async throws {
        try await withLab(Self.short) { lab in
            let channel = lab.name("foo")
            let session = try await lab.session(heart: .silent)
            let other = try await lab.session()
            let plain = try await session.subscribe(channel)
            let durable = try await session.subscribe(channel) { $0.durableName = "dur" }
            try await eventually { try await session.publish(session.message(channel)) == "stan: invalid publish request" }
            #expect(session.heart.beats.items.count == 3)
            #expect(try await session.ping() == "client has been replaced or is no longer registered")
            let count = plain.words.count
            try await other.publish(to: channel, data: "after")
            try await plain.expect((1...count).map { "\($0)" })
            #expect(durable.words.count == count)
            let new = try await Session.connect(try await lab.nats(), lab, id: session.id)
            let resumed = try await new.subscribe(channel) { $0.durableName = "dur" }
            // Unacked ones go out again whatever the limit; the new one has to wait then.
            try await resumed.received.wait(for: count)
            #expect(resumed.received.items.prefix(count).allSatisfy { $0.message.redelivered })
        }
    }

    @Test("19 A client whose inbox nobody listens to is removed after (fail count + 1) intervals")
    func gone() async throws {
        try await withLab(Self.short) { lab in
            let start = ContinuousClock.now
            let session = try await lab.session(heart: .gone)
            let channel = lab.name("foo")
            try await eventually { try await !session.publish(session.message(channel)).isEmpty }
            let time = ContinuousClock.now - start
            #expect(time > .milliseconds(2700) && time < .milliseconds(4200))
        }
    }

    @Test("21 A ping without payload gets no answer")
    func emptyPing() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            await #expect(throws: NATSError.timeout) {
                try await session.nats.request(ByteBuffer(), to: session.subjects.pingRequests, timeout: .milliseconds(300))
            }
        }
    }

    @Test("22 A ping of an unknown connection gets an error, one of a known connection no bytes at all")
    func ping() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let unknown = try await session.ping(ByteBuffer(string: "nobody"))
            #expect(unknown == "client has been replaced or is no longer registered")
            let ping = StanWire.Ping(connectionID: session.connectionID).encoded()
            let answer = try await session.nats.request(ping, to: session.subjects.pingRequests)
            #expect(answer.payloadLength == 0)
        }
    }

    @Test("23 A ping while heartbeats fail brings a heartbeat at once")
    func pingBringsHeartbeat() async throws {
        try await withLab {
            $0.heartbeats = (.seconds(3), .milliseconds(300), 10)
        } _: { lab in
            let session = try await lab.session(heart: .silent)
            let first = try await session.heart.beats.wait(for: 1)[0]
            try await Task.sleep(for: .milliseconds(700))
            #expect(try await session.ping() == "")
            let second = try await session.heart.beats.wait(for: 2)[1]
            #expect(second.time - first.time < .milliseconds(2500))
        }
    }

    @Test("24 While heartbeats fail a plain subscription gets new messages and nothing again")
    func plainWhileFailing() async throws {
        try await withLab(Self.patient) { lab in
            let channel = lab.name("foo")
            let session = try await lab.session(heart: .silent)
            let sub = try await session.subscribe(channel) { $0.ackWaitInSecs = 1 }
            try await session.heart.beats.wait(for: 2)
            try await session.publish(to: channel)
            try await sub.expect(["1"], thenQuietFor: .milliseconds(2500))
            try await session.heart.set(.beats, on: session.nats)
            try await sub.received.wait(for: 2)
            #expect(sub.words.first == "1")
            #expect(sub.words[1] == "1r1")
        }
    }

    @Test("25 While heartbeats fail the only member of a queue group gets messages again")
    func memberWhileFailing() async throws {
        try await withLab(Self.patient) { lab in
            let channel = lab.name("foo")
            let session = try await lab.session(heart: .silent)
            let sub = try await session.subscribe(channel) {
                $0.ackWaitInSecs = 1
                $0.queueGroup = "group"
            }
            try await session.heart.beats.wait(for: 2)
            try await session.publish(to: channel)
            try await sub.received.wait(for: 3)
            #expect(sub.words.prefix(3) == ["1", "1r1", "1r2"])
        }
    }

    @Test("26 A queue group gives new and expired messages to members without failed heartbeats")
    func groupWhileFailing() async throws {
        try await withLab(Self.patient) { lab in
            let channel = lab.name("foo")
            let (sick, healthy) = (try await lab.session(heart: .silent), try await lab.session())
            let first = try await sick.subscribe(channel) {
                $0.queueGroup = "group"
                $0.ackWaitInSecs = 1
            }
            let second = try await healthy.subscribe(channel) {
                $0.queueGroup = "group"
                $0.ackWaitInSecs = 1
            }
            try await sick.heart.beats.wait(for: 2)
            try await healthy.publish(4, to: channel)
            try await second.received.wait(for: 8)
            #expect(second.words.prefix(8) == ["1", "2", "3", "4", "1r1", "2r1", "3r1", "4r1"])
            #expect(first.words.isEmpty)
        }
    }
}
