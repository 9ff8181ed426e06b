import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Durables")
struct DurableTests {
    @Test("A durable that is active cannot be registered again")
    func duplicate() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        #expect(bench.subscribe("b", durable: "d") == ["stan: duplicate durable registration"])
        #expect(bench.publish(guid: "g") == ["a:1", "acked g"])
    }

    @Test("With replace_durable the newcomer gets what is unacked at once, and the old handle is dead")
    func replaceDurable() {
        let bench = Self.bench { $0.replaceDurable = true }
        bench.subscribe("a", durable: "d")
        bench.publish(count: 2)
        let old = bench.ackInboxes["a"]
        #expect(bench.subscribe("b", durable: "d") == ["subscribed", "b:1r1", "b:2r1"])
        #expect(bench.closeSubscription("a", inbox: old) == ["stan: invalid subscription"])
        #expect(bench.publish(guid: "g") == ["b:3", "acked g"])
        #expect(bench.listening.count == 1)
    }

    @Test("The same name under another client or channel is another durable")
    func independent() {
        let bench = Self.bench()
        bench.connect("you")
        #expect(bench.subscribe("a", durable: "d") == ["subscribed"])
        #expect(bench.subscribe("b", client: "you", durable: "d") == ["subscribed"])
        #expect(bench.subscribe("c", channel: "bar", durable: "d") == ["subscribed"])
    }

    @Test("Resuming ignores the start position and takes the new in-flight limit and ack wait")
    func resumeOptions() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d", maxInFlight: 10, ackWait: 30)
        bench.publish(count: 3)
        bench.ack("a", 1, 2, 3)
        bench.closeSubscription("a")
        bench.publish(count: 4)
        #expect(bench.subscribe("a", durable: "d", maxInFlight: 2, ackWait: 1, start: .first) == ["subscribed", "a:4", "a:5"])
        #expect(bench.advance(by: .seconds(1)) == ["a:4r1", "a:5r1"])
    }

    @Test("On resume what is unacked comes first, by sequence and redelivered, then what is new")
    func resumeOrder() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        bench.publish(count: 4)
        bench.ack("a", 2)
        bench.closeSubscription("a")
        bench.publish(count: 2)
        #expect(bench.subscribe("a", durable: "d") == ["subscribed", "a:1r1", "a:3r1", "a:4r1", "a:5", "a:6"])
    }

    @Test("On resume all that is unacked comes even beyond the new limit, and nothing new until below it")
    func resumeBeyondLimit() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        bench.publish(count: 4)
        bench.closeSubscription("a")
        bench.publish(count: 1)
        #expect(
            bench.subscribe("a", durable: "d", maxInFlight: 2) == ["subscribed", "a:1r1", "a:2r1", "a:3r1", "a:4r1"]
        )
        #expect(bench.ack("a", 1, 2) == [])
        #expect(bench.ack("a", 3) == ["a:5"])
    }

    @Test("The redelivery count goes on over close and resume")
    func countGoesOn() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d", ackWait: 1)
        bench.publish()
        #expect(bench.advance(by: .milliseconds(2500)) == ["a:1r1", "a:1r2"])
        bench.closeSubscription("a")
        #expect(bench.advance(by: .seconds(5)) == [])
        #expect(bench.subscribe("a", durable: "d", ackWait: 1) == ["subscribed", "a:1r3"])
        #expect(bench.timeline(for: .milliseconds(1500)) == ["1000 a:1r4"])
    }

    @Test("A resumed durable has a new ack inbox, and acks to the old one mean nothing")
    func newAckInbox() throws {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        bench.publish()
        let inbox = try #require(bench.ackInboxes["a"])
        let id = try #require(bench.listening[inbox])
        bench.closeSubscription("a")
        bench.subscribe("a", durable: "d")
        #expect(bench.ackInboxes["a"] != inbox)
        // One that was on its way when the inbox was given up.
        var actions: [StanServerStateMachine.Action] = []
        let ack = StanWire.Ack(subject: "foo", sequence: 1).encoded()
        bench.machine.ackReceived(ack, on: id, now: bench.now, into: &actions)
        #expect(bench.pendingCount("a") == 1)
        bench.ack("a", 1)
        #expect(bench.pendingCount("a") == 0)
    }

    @Test("Unsubscribing deletes the durable: the same name begins at its start position")
    func unsubscribe() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        bench.publish(count: 2)
        #expect(bench.unsubscribe("a") == ["ended"])
        #expect(bench.subscribe("a", durable: "d", start: .first) == ["subscribed", "a:1", "a:2"])
    }

    @Test("A durable cannot be ended by its name, nor while it is offline")
    func offlineUnsubscribe() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        #expect(bench.unsubscribe("a", inbox: "") == ["stan: invalid subscription"])
        bench.closeSubscription("a")
        #expect(bench.unsubscribe("a") == ["stan: invalid subscription"])
        #expect(bench.unsubscribe("a", inbox: "m.a") == ["stan: invalid subscription"])
    }

    @Test("Acks before the connection closes count on resume")
    func acksBeforeClose() {
        let bench = Self.bench()
        bench.subscribe("a", durable: "d")
        bench.publish(count: 3)
        bench.ack("a", 1, 2, 3)
        bench.close()
        bench.connect()
        #expect(bench.subscribe("a", durable: "d") == ["subscribed"])
    }

    @Test("The name of a plain durable may have a colon")
    func colon() {
        #expect(Self.bench().subscribe("a", durable: "d:e") == ["subscribed"])
    }

    @Test("Unacked messages that limits removed while the durable was offline are gone")
    func droppedWhileOffline() {
        let bench = Self.bench { $0.limits.maxMessages = 2 }
        bench.subscribe("a", durable: "d")
        bench.publish(count: 2)
        bench.closeSubscription("a")
        bench.publish(count: 1)
        #expect(bench.subscribe("a", durable: "d") == ["subscribed", "a:2r1", "a:3"])
    }

    private static func bench(_ configure: (inout StanServerOptions) -> Void = { _ in }) -> ServerBench {
        let bench = ServerBench(configure)
        bench.connect()
        return bench
    }
}
