import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Close, restart, limits")
struct CloseTests {
    @Test("Closing an unknown client ID is an error; success is no bytes")
    func close() {
        let bench = Self.bench()
        #expect(bench.close("nobody") == ["stan: unknown clientID"])
        #expect(bench.close() == ["closed"])
        #expect(bench.lastPayload.readableBytes == 0)
        #expect(bench.close() == ["stan: unknown clientID"])
    }

    @Test("A closed client leaves no ack inbox, no heartbeat and no redelivery behind")
    func nothingLeft() {
        let bench = Self.bench()
        bench.connect("you")
        bench.subscribe("a", ackWait: 1)
        bench.subscribe("b", queue: "q", ackWait: 1)
        bench.subscribe("c", durable: "d", ackWait: 1)
        bench.publish()
        bench.close()
        #expect(bench.listening.isEmpty)
        #expect(bench.advance(by: .seconds(65)) == [])
        #expect(bench.heartbeats == ["30 hb.you", "60 hb.you"])
    }

    @Test("Unsubscribing with another client's ID fails and leaves the subscription")
    func foreignClient() {
        let bench = Self.bench()
        bench.connect("you")
        bench.subscribe("a")
        #expect(bench.unsubscribe("a", client: "you") == ["stan: unknown clientID"])
        #expect(bench.closeSubscription("a", client: "nobody") == ["stan: unknown clientID"])
        #expect(bench.publish(guid: "g") == ["a:1", "acked g"])
    }

    @Test("A subscription can be ended by its ack inbox or its message inbox, once", arguments: [nil, "m.a"])
    func inboxes(_ inbox: String?) {
        let bench = Self.bench()
        for queue in ["", "q"] {
            bench.subscribe("a", queue: queue)
            #expect(bench.closeSubscription("a", inbox: inbox) == ["ended"])
            #expect(bench.lastPayload.readableBytes == 0)
            #expect(bench.closeSubscription("a", inbox: inbox) == ["stan: invalid subscription"])
            bench.subscribe("a", queue: queue)
            #expect(bench.unsubscribe("a", inbox: inbox) == ["ended"])
            #expect(bench.unsubscribe("a", inbox: inbox) == ["stan: invalid subscription"])
        }
    }

    @Test("Ending a subscription of an unknown channel, or of another channel than its own, is an error")
    func unknownChannel() {
        let bench = Self.bench()
        bench.subscribe("a")
        bench.publish("bar")
        #expect(bench.closeSubscription("a", channel: "nowhere") == ["stan: unknown channel"])
        #expect(bench.unsubscribe("a", channel: "nowhere") == ["stan: unknown channel"])
        #expect(bench.unsubscribe("a", channel: "bar") == ["stan: invalid subscription"])
    }

    @Test("A restarted memory store has forgotten all")
    func memoryRestart() {
        let bench = Self.bench()
        bench.subscribe("a")
        bench.publish(count: 3)
        #expect(bench.restart(forgetting: true) == [])
        #expect(bench.ping() == ["client has been replaced or is no longer registered"])
        #expect(bench.publish(guid: "g") == ["acked g: stan: invalid publish request"])
        #expect(bench.subscribe("a") == ["stan: unknown clientID"])
        #expect(bench.close() == ["stan: unknown clientID"])
        bench.connect()
        #expect(bench.subscribe("a") == ["subscribed"])
        #expect(bench.publish(guid: "g") == ["a:1", "acked g"])
    }

    @Test("A restart that keeps all goes on with the session; what is overdue is sent again, with counts from 1")
    func keepingRestart() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 1)
        bench.publish()
        #expect(bench.advance(by: .seconds(2)) == ["a:1r1", "a:1r2"])
        #expect(bench.restart(forgetting: false, after: .seconds(5)) == ["a:1r1"])
        #expect(bench.ping() == ["pong"])
        #expect(bench.ack("a", 1) == [])
        #expect(bench.pendingCount("a") == 0)
    }

    @Test("After a restart within the ack wait new messages overtake, and the old come one ack wait after their publish")
    func restartWithinAckWait() {
        let bench = Self.bench()
        bench.subscribe("a", ackWait: 3)
        bench.publish()
        #expect(bench.restart(forgetting: false, after: .seconds(1)) == [])
        #expect(bench.publish(count: 1) == ["a:2"])
        #expect(bench.timeline(for: .milliseconds(2500)) == ["2000 a:1r1"])
    }

    @Test("A subscription that was stalled before a restart is stalled after it until it acks")
    func stalledOverRestart() {
        let bench = Self.bench()
        bench.subscribe("a", maxInFlight: 1)
        bench.publish(count: 2)
        #expect(bench.restart(forgetting: false) == [])
        #expect(bench.publish(count: 1) == [])
        #expect(bench.ack("a", 1) == ["a:2"])
    }

    @Test("A channel without active subscription and new messages is deleted with its offline durables")
    func inactivity() {
        let bench = Self.bench { $0.limits.maxInactivity = .seconds(10) }
        bench.subscribe("a", durable: "d")
        bench.subscribe("b", queue: "q", durable: "d")
        bench.publish(count: 2)
        bench.closeSubscription("a")
        bench.closeSubscription("b")
        _ = bench.advance(by: .seconds(9))
        bench.publish()
        _ = bench.advance(by: .milliseconds(9999))
        #expect(bench.machine.channels.count == 1)
        _ = bench.advance(by: .milliseconds(1))
        #expect(bench.machine.channels.count == 0)
        #expect(bench.machine.subscriptions.count == 0)
        #expect(bench.machine.groups.count == 0)
        bench.publish()
        #expect(bench.subscribe("a", durable: "d", start: .first) == ["subscribed", "a:1"])
    }

    @Test("A channel with an active subscription is not deleted", arguments: ["", "q"])
    func activity(_ queue: String) {
        let bench = Self.bench { $0.limits.maxInactivity = .seconds(10) }
        bench.subscribe("a", queue: queue)
        _ = bench.advance(by: .seconds(100))
        #expect(bench.machine.channels.count == 1)
        bench.closeSubscription("a")
        _ = bench.advance(by: .seconds(10))
        #expect(bench.machine.channels.count == 0)
    }

    private static func bench(_ configure: (inout StanServerOptions) -> Void = { _ in }) -> ServerBench {
        let bench = ServerBench(configure)
        bench.connect()
        return bench
    }
}
