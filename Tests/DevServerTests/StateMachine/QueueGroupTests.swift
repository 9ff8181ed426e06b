import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Queue groups")
struct QueueGroupTests {
    @Test("Only the first member's start position counts")
    func startPosition() {
        let bench = Self.bench(stored: 3)
        #expect(bench.subscribe("a", queue: "q", start: .first) == ["subscribed", "a:1", "a:2", "a:3"])
        #expect(bench.subscribe("b", queue: "q", start: .first) == ["subscribed"])
    }

    @Test("Equal members take turns, and each message goes to one of them")
    func turns() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q")
        bench.subscribe("b", queue: "q")
        #expect(bench.publish(count: 4) == ["a:1", "b:2", "a:3", "b:4"])
    }

    @Test("The member with the fewest unacked messages is next")
    func leastOutstanding() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q")
        bench.subscribe("b", queue: "q")
        bench.publish(count: 4)
        bench.ack("b", 2, 4)
        #expect(bench.publish(count: 2) == ["b:5", "b:6"])
    }

    @Test("When all members are stalled the message waits")
    func allStalled() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q", maxInFlight: 1)
        bench.subscribe("b", queue: "q", maxInFlight: 1)
        #expect(bench.publish(count: 3) == ["a:1", "b:2"])
        #expect(bench.ack("b", 2) == ["b:3"])
    }

    @Test("A newcomer takes what no other member had room for")
    func newcomer() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q", maxInFlight: 1)
        bench.publish(count: 3)
        #expect(bench.subscribe("b", queue: "q") == ["subscribed", "b:2", "b:3"])
    }

    @Test(
        "What a leaving member has not acked goes to the others after 100 ms",
        arguments: ["close", "unsubscribe", "connection"]
    )
    func leaving(_ way: String) {
        let bench = Self.bench()
        bench.connect("you")
        bench.subscribe("a", queue: "q")
        bench.subscribe("b", client: "you", queue: "q")
        bench.subscribe("c", client: "you", queue: "q")
        bench.publish(count: 6)
        switch way {
        case "close": bench.closeSubscription("a")
        case "unsubscribe": bench.unsubscribe("a")
        default: bench.close()
        }
        let lines = bench.timeline(for: .seconds(1))
        #expect(lines.map { $0.prefix(3) } == ["100", "100"])
        #expect(Set(lines.compactMap { $0.split(separator: ":").last }) == ["1r1", "4r1"])
        #expect(bench.pendingCount("b") == 3)
        #expect(bench.pendingCount("c") == 3)
    }

    @Test("Redistribution may go beyond a member's limit, and then blocks new messages to it")
    func beyondLimit() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q", maxInFlight: 2)
        bench.subscribe("b", queue: "q", maxInFlight: 2)
        #expect(bench.publish(count: 5) == ["a:1", "b:2", "a:3", "b:4"])
        bench.closeSubscription("a")
        #expect(bench.advance(by: .milliseconds(100)) == ["b:1r1", "b:3r1"])
        #expect(bench.ack("b", 1, 2) == [])
        #expect(bench.ack("b", 3) == ["b:5"])
    }

    @Test("A message that is due again moves to the next member, and its count goes on")
    func wandering() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q", ackWait: 1)
        bench.subscribe("b", queue: "q", ackWait: 1)
        #expect(bench.publish(count: 1) == ["a:1"])
        #expect(bench.timeline(for: .milliseconds(3500)) == ["1000 b:1r1", "2000 a:1r2", "3000 b:1r3"])
    }

    @Test("An ack from a former holder counts")
    func formerHolder() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q", ackWait: 1)
        bench.subscribe("b", queue: "q", maxInFlight: 1, ackWait: 1)
        bench.publish(count: 1)
        #expect(bench.advance(by: .seconds(1)) == ["b:1r1"])
        bench.ack("a", 1)
        #expect(bench.pendingCount("b") == 0)
        #expect(bench.advance(by: .seconds(5)) == [])
    }

    @Test("A group that is not durable goes with its last member, and what is unacked is lost")
    func lastMember() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q")
        bench.publish(count: 2)
        bench.closeSubscription("a")
        #expect(bench.subscribe("a", queue: "q", start: .newOnly) == ["subscribed"])
        #expect(bench.advance(by: .seconds(60)) == [])
        bench.closeSubscription("a")
        #expect(bench.subscribe("a", queue: "q", start: .first) == ["subscribed", "a:1", "a:2"])
    }

    @Test("A durable group outlives its last member and can be resumed by another client, unacked messages first")
    func durableGroup() {
        let bench = Self.bench()
        bench.connect("you")
        bench.subscribe("a", queue: "q", durable: "d")
        bench.publish(count: 3)
        bench.ack("a", 2)
        bench.close()
        _ = bench.publish(client: "you")
        #expect(
            bench.subscribe("b", client: "you", queue: "q", durable: "d", start: .first)
                == ["subscribed", "b:1r1", "b:3r1", "b:4"]
        )
    }

    @Test("A durable group is deleted if its last member unsubscribes, not if another does")
    func deletion() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q", durable: "d")
        bench.subscribe("b", queue: "q", durable: "d")
        bench.unsubscribe("a")
        bench.closeSubscription("b")
        bench.publish(count: 1)
        #expect(bench.subscribe("a", queue: "q", durable: "d") == ["subscribed", "a:1"])
        bench.subscribe("b", queue: "q", durable: "d")
        bench.closeSubscription("a")
        bench.unsubscribe("b")
        #expect(bench.subscribe("a", queue: "q", durable: "d", start: .newOnly) == ["subscribed"])
        #expect(bench.machine.groups.count == 1)
    }

    @Test("The groups dur:g and g are two; a request that is not durable can join dur:g by its name")
    func names() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "g", durable: "dur")
        bench.subscribe("b", queue: "g")
        #expect(bench.publish(count: 1) == ["a:1", "b:1"])
        bench.subscribe("c", queue: "dur:g")
        #expect(bench.publish(count: 1) == ["c:2", "b:2"])
    }

    @Test("The durable name of a group must not have a colon")
    func colon() {
        #expect(
            Self.bench().subscribe("a", queue: "q", durable: "a:b")
                == ["stan: durable name of a durable queue subscriber can't contain the character ':'"]
        )
    }

    @Test("Groups, and subscriptions outside of them, each get their own copy")
    func independent() {
        let bench = Self.bench()
        bench.subscribe("a", queue: "q")
        bench.subscribe("b", queue: "r")
        bench.subscribe("c")
        #expect(bench.publish(count: 1) == ["c:1", "a:1", "b:1"])
    }

    private static func bench(stored: Int = 0) -> ServerBench {
        let bench = ServerBench()
        bench.connect()
        bench.publish(count: stored)
        return bench
    }
}
