import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: restart", .enabled(if: Lab.canConfigure, "stops the server"))
struct RestartTests {
    @Test("94 A server that keeps nothing knows nobody afterwards")
    func memory() async throws {
        try await withLab {
            $0.restart = .memory
        } _: { lab in
            let session = try await lab.session()
            try await session.publish(3, to: "foo")
            try await lab.restart()
            #expect(try await session.ping() == "client has been replaced or is no longer registered")
            #expect(try await session.publish(session.message("foo")) == "stan: invalid publish request")
            await #expect(throws: Refused(error: "stan: unknown clientID")) { try await session.subscribe("foo") }
            #expect(try await session.close() == "stan: unknown clientID")
            let new = try await Session.connect(try await lab.nats(), lab, id: session.id)
            try await new.publish(to: "foo")
            try await new.subscribe("foo").expect(["1"])
        }
    }

    @Test("While the server is away requests are answered by nobody")
    func away() async throws {
        try await withLab {
            $0.restart = .file
        } _: { lab in
            let session = try await lab.session()
            try await lab.stop()
            await #expect(throws: NATSError.noResponders) { try await session.ping() }
            await #expect(throws: NATSError.noResponders) { try await session.publish(to: "foo") }
            await #expect(throws: NATSError.noResponders) { try await session.close() }
            try await lab.start()
            #expect(try await session.ping() == "")
        }
    }

    @Test(
        "95 A server that keeps all goes on with the session; overdue messages come first, counted from 1",
        arguments: [false, true]
    )
    func file(_ isHard: Bool) async throws {
        try await withLab {
            $0.restart = .file
        } _: { lab in
            let session = try await lab.session()
            let sub = try await session.subscribe("foo") { $0.ackWaitInSecs = 1 }
            try await session.publish(2, to: "foo")
            try await sub.received.wait(for: 4)
            try await lab.stop(hard: isHard)
            sub.received.clear()
            try await Task.sleep(for: .seconds(1))
            try await lab.start()
            #expect(try await session.ping() == "")
            try await session.publish(to: "foo")
            try await sub.received.wait(for: 3)
            #expect(sub.words.prefix(3) == ["1r1", "2r1", "3"])
        }
    }

    @Test("96 Within the ack wait new messages come first, old ones one ack wait after they were published")
    func withinAckWait() async throws {
        try await withLab {
            $0.restart = .file
        } _: { lab in
            let session = try await lab.session()
            let sub = try await session.subscribe("foo") { $0.ackWaitInSecs = 6 }
            try await session.publish(2, to: "foo")
            let published = try await sub.received.wait(for: 2)[0].time
            try await lab.restart()
            try await session.publish(to: "foo")
            let all = try await sub.received.wait(for: 5, within: .seconds(15))
            #expect(all.prefix(5).map(\.description) == ["1", "2", "3", "1r1", "2r1"])
            let wait = all[3].time - published
            #expect(wait > .milliseconds(5500) && wait < .milliseconds(7500))
        }
    }

    @Test("97 A stalled subscription stays stalled until it acks, on the ack inbox it had")
    func stalled() async throws {
        try await withLab {
            $0.restart = .file
        } _: { lab in
            let session = try await lab.session()
            let sub = try await session.subscribe("foo") { $0.maxInFlight = 1 }
            try await session.publish(2, to: "foo")
            try await sub.expect(["1"])
            try await lab.restart()
            try await session.publish(to: "foo")
            try await sub.expect(["1"])
            try await sub.ack(1)
            try await sub.expect(["1", "2"])
        }
    }

    @Test("98 A server that is killed forgets no message; the latest acks it may")
    func killed() async throws {
        try await withLab {
            $0.restart = .file
        } _: { lab in
            let session = try await lab.session()
            let sub = try await session.subscribe("foo") {
                $0.durableName = "dur"
                $0.maxInFlight = 1000
                $0.ackWaitInSecs = 1
            }
            try await session.publish(100, to: "foo")
            try await sub.received.wait(for: 100)
            try await lab.restart(hard: true)
            try await sub.ack(1)
            #expect(try await session.ping() == "")
            let all = try await session.subscribe("foo") { $0.maxInFlight = 1000 }
            try await all.expect((1...100).map { "\($0)" })
            try await session.publish(to: "foo")
            try await all.received.wait(for: 101)
            #expect(all.words.last == "101")
        }
    }

    @Test("Durables and groups come back: what was acked, what was not, and where they were")
    func durables() async throws {
        try await withLab {
            $0.restart = .file
        } _: { lab in
            let session = try await lab.session()
            let durable = try await session.subscribe("foo") { $0.durableName = "dur" }
            let group = try await session.subscribe("foo") {
                $0.durableName = "dur"
                $0.queueGroup = "group"
            }
            let gone = try await session.subscribe("foo") { $0.durableName = "gone" }
            try await session.publish(3, to: "foo")
            for sub in [durable, group, gone] { try await sub.expect(["1", "2", "3"]) }
            try await durable.ack(2)
            try await group.ack(1, 3)
            try await gone.ack(1, 2, 3)
            try await session.publish(to: "bar")
            try await gone.unsubscribe()
            try await session.close()
            try await lab.restart()
            let new = try await Session.connect(try await lab.nats(), lab, id: session.id)
            try await new.publish(to: "foo")
            try await new.subscribe("foo") { $0.durableName = "dur" }.expect(["1r1", "3r1", "4"])
            let other = try await lab.session()
            let member = try await other.subscribe("foo") {
                $0.durableName = "dur"
                $0.queueGroup = "group"
            }
            try await member.expect(["2r1", "4"])
            try await new.subscribe("foo") { $0.durableName = "gone" }.expect(["1", "2", "3", "4"])
        }
    }
}
