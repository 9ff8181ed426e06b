import DevServer
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

@Suite("Conformance: queue groups")
struct QueueGroupTests {
    private static func member(_ request: inout StanWire.SubscriptionRequest) { request.queueGroup = "group" }

    private static func durableMember(_ request: inout StanWire.SubscriptionRequest) {
        request.queueGroup = "group"
        request.durableName = "dur"
    }

    @Test("77 Only the first member's start option counts")
    func start() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(2, to: channel)
            let first = try await session.subscribe(channel, Self.member)
            try await first.expect(["1", "2"])
            let second = try await session.subscribe(channel, Self.member)
            try await second.expect([])
        }
    }

    @Test("78 Equal members take turns, and each message goes to one")
    func turns() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let first = try await session.subscribe(channel, Self.member)
            let second = try await session.subscribe(channel, Self.member)
            try await session.publish(6, to: channel)
            try await first.expect(["1", "3", "5"])
            try await second.expect(["2", "4", "6"])
        }
    }

    @Test("79 80 What a member has not acked goes to the others when it leaves", arguments: [false, true])
    func leave(_ closesConnection: Bool) async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let (leaver, stayer) = (try await lab.session(), try await lab.session())
            let first = try await leaver.subscribe(channel, Self.member)
            let second = try await stayer.subscribe(channel, Self.member)
            try await stayer.publish(4, to: channel)
            try await first.expect(["1", "3"])
            try await second.expect(["2", "4"])
            let start = ContinuousClock.now
            if closesConnection { try await leaver.close() } else { try await first.close() }
            let all = try await second.received.wait(for: 4)
            #expect(all[2...].map(\.description).sorted() == ["1r1", "3r1"])
            #expect(all[3].time - start < .milliseconds(1500))
        }
    }

    @Test("81 What another leaves may be more than a member may have in flight; new ones wait then")
    func overfull() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let first = try await session.subscribe(channel, Self.member)
            try await session.publish(3, to: channel)
            try await first.expect(["1", "2", "3"])
            let second = try await session.subscribe(channel) {
                $0.queueGroup = "group"
                $0.maxInFlight = 2
            }
            try await first.close()
            try await second.received.wait(for: 3)
            try await session.publish(to: channel)
            try await second.ack(1)
            try await Task.sleep(for: .milliseconds(200))
            #expect(second.words.sorted() == ["1r1", "2r1", "3r1"])
            try await second.ack(2)
            try await second.received.wait(for: 4)
            #expect(second.words.last == "4")
        }
    }

    @Test("82 An expired message may go to another member, and its count goes on")
    func expired() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            func join() async throws -> Sub {
                try await session.subscribe(channel) {
                    $0.queueGroup = "group"
                    $0.ackWaitInSecs = 1
                }
            }
            let members = [try await join(), try await join()]
            try await session.publish(to: channel)
            func all() -> [Sub.Received] { members.flatMap(\.received.items).sorted { $0.time < $1.time } }
            try await eventually { all().count >= 4 }
            #expect(all().prefix(4).map(\.description) == ["1", "1r1", "1r2", "1r3"])
        }
    }

    @Test("83 An ack counts from a member that does not hold the message")
    func otherMember() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            func join() async throws -> Sub {
                try await session.subscribe(channel) {
                    $0.queueGroup = "group"
                    $0.ackWaitInSecs = 1
                }
            }
            let (first, second) = (try await join(), try await join())
            try await session.publish(to: channel)
            try await first.received.wait(for: 1)
            try await first.ack(1, on: second.ackInbox)
            try await first.expect(["1"], thenQuietFor: .milliseconds(1500))
            #expect(second.words.isEmpty)
        }
    }

    @Test("84 A group that is not durable goes with its last member")
    func lastMember() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            try await session.publish(2, to: channel)
            let sub = try await session.subscribe(channel, Self.member)
            try await sub.expect(["1", "2"])
            try await sub.close()
            let new = try await session.subscribe(channel) {
                $0.queueGroup = "group"
                $0.startPosition = StanWire.StartPosition.lastReceived.rawValue
            }
            try await new.expect(["2"])
        }
    }

    @Test("85 A durable group outlives its last member; any client can take it up, unacked messages first")
    func durableGroup() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let (session, other) = (try await lab.session(), try await lab.session())
            let sub = try await session.subscribe(channel, Self.durableMember)
            try await session.publish(2, to: channel)
            try await sub.expect(["1", "2"])
            try await sub.ack(1)
            try await sub.close()
            try await session.publish(to: channel)
            let back = try await other.subscribe(channel) {
                $0.queueGroup = "group"
                $0.durableName = "dur"
                $0.startPosition = StanWire.StartPosition.newOnly.rawValue
            }
            try await back.expect(["2r1", "3"])
        }
    }

    @Test("86 A durable group is deleted only when its last member unsubscribes", arguments: [false, true])
    func unsubscribe(_ lastUnsubscribes: Bool) async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let first = try await session.subscribe(channel, Self.durableMember)
            let second = try await session.subscribe(channel, Self.durableMember)
            try await session.publish(2, to: channel)
            try await first.expect(["1"])
            try await second.expect(["2"])
            try await first.ack(1)
            try await second.ack(2)
            if lastUnsubscribes {
                try await first.close()
                try await second.unsubscribe()
            } else {
                try await first.unsubscribe()
                try await second.close()
            }
            let back = try await session.subscribe(channel, Self.durableMember)
            try await session.publish(to: channel)
            try await back.expect(lastUnsubscribes ? ["1", "2", "3"] : ["3"])
        }
    }

    @Test("87 A durable group and one of the queue's name alone are two; one named dur:group is the durable one")
    func names() async throws {
        try await withLab { lab in
            let channel = lab.name("foo")
            let session = try await lab.session()
            let durable = try await session.subscribe(channel, Self.durableMember)
            let plain = try await session.subscribe(channel, Self.member)
            let intruder = try await session.subscribe(channel) { $0.queueGroup = "dur:group" }
            try await session.publish(2, to: channel)
            try await plain.expect(["1", "2"])
            try await durable.expect(["1"])
            try await intruder.expect(["2"])
        }
    }

    @Test("88 A durable group's durable name has no colon")
    func colon() async throws {
        try await withLab { lab in
            let session = try await lab.session()
            let error = "stan: durable name of a durable queue subscriber can't contain the character ':'"
            await #expect(throws: Refused(error: error)) {
                try await session.subscribe(lab.name("foo")) {
                    $0.queueGroup = "group"
                    $0.durableName = "a:b"
                }
            }
        }
    }
}
