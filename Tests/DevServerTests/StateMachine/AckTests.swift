import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Acks and redelivery")
struct AckTests {
    @Test("An unacked message is sent again every ack wait with counts from 1 and the same timestamp")
    func everyAckWait() throws {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        bench.publish()
        #expect(bench.timeline(for: .milliseconds(3500)) == ["1000 a:1r1", "2000 a:1r2", "3000 a:1r3"])
        let messages = try #require(bench.messages["a"])
        #expect(Set(messages.map(\.timestamp)).count == 1)
        #expect(Set(messages.map(\.data)).count == 1)
    }

    @Test("An ack stops redelivery and makes the message no longer pending")
    func ackStops() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        bench.publish(count: 2)
        #expect(bench.pendingCount("a") == 2)
        bench.ack("a", 1)
        #expect(bench.pendingCount("a") == 1)
        #expect(bench.advance(by: .milliseconds(1500)) == ["a:2r1"])
        bench.ack("a", 2)
        #expect(bench.advance(by: .seconds(10)) == [])
    }

    @Test("An ack with an unknown sequence, another or no channel, or of garbage changes nothing")
    func uselessAcks() {
        let bench = Self.bench()
        bench.subscribe("a", maxInFlight: 1, ackWait: 1)
        bench.publish(count: 2)
        #expect(bench.ack("a", 0) == [])
        #expect(bench.ack("a", 2) == [])
        #expect(bench.ack("a", .max) == [])
        #expect(bench.ack("a", 1, channel: "bar") == [])
        #expect(bench.ack("a", 1, channel: "fo") == [])
        #expect(bench.ack("a", 1, channel: "") == [])
        for text in ["", "x", "\u{a}\u{3}foo\u{10}", "\u{a}\u{3}foo\u{a}\u{7f}"] {
            bench.ack(raw: ByteBuffer(string: text), inbox: bench.ackInboxes["a"] ?? "")
        }
        #expect(bench.pendingCount("a") == 1)
        #expect(bench.ack("a", 1) == ["a:2"])
    }

    @Test("A stalled subscription gets redeliveries and nothing new")
    func stalled() {
        let bench = Self.bench()
        bench.subscribe("a", maxInFlight: 2, ackWait: 1)
        #expect(bench.publish(count: 4) == ["a:1", "a:2"])
        #expect(bench.advance(by: .seconds(2)) == ["a:1r1", "a:2r1", "a:1r2", "a:2r2"])
        #expect(bench.publish(count: 1) == [])
    }

    @Test("One ack on a stalled subscription releases one message, the same ack again none")
    func release() {
        let bench = Self.bench()
        bench.subscribe("a", maxInFlight: 2)
        bench.publish(count: 5)
        #expect(bench.ack("a", 1) == ["a:3"])
        #expect(bench.ack("a", 1) == [])
    }

    @Test("With one in flight the next message comes after the ack of the one before, redelivered or not")
    func oneInFlight() {
        let bench = Self.bench()
        bench.subscribe("a", maxInFlight: 1, ackWait: 1)
        #expect(bench.publish(count: 3) == ["a:1"])
        #expect(bench.ack("a", 1) == ["a:2"])
        #expect(bench.advance(by: .seconds(2)) == ["a:2r1", "a:2r2"])
        #expect(bench.ack("a", 2) == ["a:3"])
        #expect(bench.ack("a", 3) == [])
    }

    @Test("Each message is due by its own clock")
    func staggered() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        bench.publish()
        _ = bench.advance(by: .milliseconds(300))
        bench.publish()
        _ = bench.advance(by: .milliseconds(300))
        bench.publish()
        #expect(
            bench.timeline(for: .milliseconds(1800))
                == ["400 a:1r1", "700 a:2r1", "1000 a:3r1", "1400 a:1r2", "1700 a:2r2"]
        )
    }

    @Test("What is due within 15 ms goes together, and keeps its pace")
    func batching() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        bench.publish()
        _ = bench.advance(by: .milliseconds(15))
        bench.publish()
        _ = bench.advance(by: .milliseconds(1))
        bench.publish()
        // In milliseconds since the third.
        #expect(
            bench.timeline(for: .milliseconds(1500), step: .milliseconds(1)) == ["984 a:1r1", "984 a:2r1", "1000 a:3r1"]
        )
        #expect(bench.timeline(for: .milliseconds(600), step: .milliseconds(1)) == ["484 a:1r2", "484 a:2r2", "500 a:3r2"])
    }

    @Test("New messages and redeliveries interleave when nothing is stalled")
    func interleaved() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        #expect(bench.publish(count: 1) == ["a:1"])
        #expect(bench.advance(by: .seconds(1)) == ["a:1r1"])
        #expect(bench.publish(count: 1) == ["a:2"])
        #expect(bench.advance(by: .seconds(1)) == ["a:1r2", "a:2r1"])
    }

    @Test("An unacked message that limits have removed makes room when it is due")
    func droppedPending() {
        let bench = Self.bench { $0.limits.maxMessages = 2 }
        bench.subscribe("a", maxInFlight: 1, ackWait: 1)
        #expect(bench.publish(count: 4) == ["a:1"])
        #expect(bench.advance(by: .milliseconds(999)) == [])
        #expect(bench.advance(by: .milliseconds(1)) == ["a:3"])
    }

    @Test("A copy that was lost is followed by one that says redelivered, count 1")
    func lostCopy() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 2)
        bench.publish()
        bench.publish()
        bench.ack("a", 1)
        #expect(bench.timeline(for: .seconds(3)) == ["2000 a:2r1"])
    }

    @Test("After a late tick a message is sent again once, not once for each ack wait missed")
    func lateTick() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        bench.publish()
        var actions: [StanServerStateMachine.Action] = []
        let late = bench.now + .milliseconds(5300)
        bench.machine.tick(now: late, wallClock: bench.wallClock, into: &actions)
        #expect(actions.count == 1)
        #expect(bench.machine.nextDeadline == late + .seconds(1))
    }

    private static func bench(_ configure: (inout StanServerOptions) -> Void = { _ in }) -> ServerBench {
        let bench = ServerBench {
            $0.heartbeats.interval = .hours(1)
            configure(&$0)
        }
        bench.connect()
        return bench
    }
}
