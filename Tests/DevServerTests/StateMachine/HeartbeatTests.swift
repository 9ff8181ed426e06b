import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Heartbeats and pings")
struct HeartbeatTests {
    private static let replaced = "client has been replaced or is no longer registered"

    @Test("The first heartbeat comes one interval after connect, then one each interval")
    func rhythm() {
        let bench = ServerBench()
        bench.connect()
        _ = bench.advance(by: .seconds(100))
        #expect(bench.heartbeats == ["30 hb.me", "60 hb.me", "90 hb.me"])
    }

    @Test("A gone client is removed at failure number fail count + 1, one interval each")
    func gone() {
        let bench = Self.bench()
        bench.connect()
        bench.hearts["hb.me"] = .gone
        _ = bench.advance(by: .milliseconds(2999))
        #expect(bench.ping("unknown") == [Self.replaced])
        #expect(bench.machine.clients.count == 1)
        _ = bench.advance(by: .milliseconds(1))
        #expect(bench.machine.clients.count == 0)
    }

    @Test("A silent client is removed after interval and timeout for each failure")
    func silent() {
        let bench = Self.bench()
        bench.connect()
        bench.hearts["hb.me"] = .silent
        _ = bench.advance(by: .milliseconds(4499))
        #expect(bench.machine.clients.count == 1)
        _ = bench.advance(by: .milliseconds(1))
        #expect(bench.machine.clients.count == 0)
    }

    @Test("One answer clears the failures")
    func recovery() {
        let bench = Self.bench()
        bench.connect()
        for _ in 0..<5 {
            bench.hearts["hb.me"] = .gone
            _ = bench.advance(by: .seconds(2))
            bench.hearts["hb.me"] = .beats
            _ = bench.advance(by: .seconds(1))
        }
        #expect(bench.ping() == ["pong"])
    }

    @Test("After removal pings and publishes fail, durables are offline, other subscriptions are gone")
    func afterRemoval() {
        let bench = Self.bench()
        bench.connect()
        bench.connect("other")
        bench.subscribe("plain")
        bench.subscribe("durable", durable: "d")
        bench.hearts["hb.me"] = .gone
        _ = bench.advance(by: .seconds(3))
        #expect(bench.ping() == [Self.replaced])
        #expect(bench.publish(guid: "g") == ["acked g: stan: invalid publish request"])
        #expect(bench.publish(client: "other", guid: "h") == ["acked h"])
        #expect(bench.listening.isEmpty)
        bench.connect()
        #expect(bench.subscribe("again", durable: "d", start: .newOnly) == ["subscribed", "again:1"])
    }

    @Test("A ping without content or of garbage gets no answer", arguments: ["", "\u{ff}", "\u{a}\u{5}x"])
    func uselessPings(_ text: String) {
        let bench = ServerBench()
        bench.connect()
        #expect(bench.ping(raw: ByteBuffer(string: text)) == [])
    }

    @Test("A ping with an unknown connection ID gets the error, with a valid one no bytes")
    func pings() {
        let bench = ServerBench()
        bench.connect()
        #expect(bench.ping("x") == [Self.replaced])
        #expect(bench.ping() == ["pong"])
        #expect(bench.lastPayload.readableBytes == 0)
    }

    @Test("A ping while heartbeats fail brings a heartbeat at once, and redelivery at the next timer")
    func pingWhileFailing() {
        let bench = ServerBench {
            $0.heartbeats.interval = .milliseconds(1900)
        }
        bench.connect()
        bench.subscribe("a", ackWait: 2)
        bench.publish()
        bench.hearts["hb.me"] = .gone
        #expect(bench.timeline(for: .seconds(5)) == [])
        bench.hearts["hb.me"] = .beats
        let before = bench.heartbeats.count
        bench.ping()
        #expect(bench.heartbeats.count == before + 1)
        #expect(bench.timeline(for: .seconds(2)) == ["1000 a:1r1"])
    }

    @Test("A plain subscription gets new messages and no redelivery while heartbeats fail")
    func plainWhileFailing() {
        let bench = ServerBench { $0.heartbeats.interval = .milliseconds(500) }
        bench.connect()
        bench.connect("other")
        bench.subscribe("a", ackWait: 1)
        bench.hearts["hb.me"] = .gone
        _ = bench.advance(by: .seconds(1))
        #expect(bench.publish(client: "other", guid: "g") == ["a:1", "acked g"])
        #expect(bench.advance(by: .seconds(3)) == [])
    }

    @Test("The only member of a queue group gets redeliveries while heartbeats fail")
    func soleMemberWhileFailing() {
        let bench = ServerBench { $0.heartbeats.interval = .milliseconds(500) }
        bench.connect()
        bench.subscribe("a", queue: "q", ackWait: 1)
        bench.hearts["hb.me"] = .gone
        _ = bench.advance(by: .seconds(1))
        #expect(bench.publish(guid: "g") == ["a:1", "acked g"])
        #expect(bench.timeline(for: .milliseconds(2500)) == ["1000 a:1r1", "2000 a:1r2"])
    }

    @Test("A queue group sends new and expired messages to members whose heartbeats do not fail")
    func groupWhileFailing() {
        let bench = ServerBench { $0.heartbeats.interval = .milliseconds(500) }
        bench.connect("one")
        bench.connect("two")
        bench.subscribe("a", client: "one", queue: "q", ackWait: 1)
        bench.subscribe("b", client: "two", queue: "q", ackWait: 1)
        #expect(bench.publish(client: "one", guid: "g") == ["a:1", "acked g"])
        bench.hearts["hb.one"] = .gone
        #expect(bench.timeline(for: .milliseconds(1100)) == ["1000 b:1r1"])
        let new = (0..<3).flatMap { _ in bench.publish(client: "two", guid: "g") }
        #expect(new == ["b:2", "acked g", "b:3", "acked g", "b:4", "acked g"])
    }

    private static func bench() -> ServerBench {
        ServerBench {
            $0.heartbeats.interval = .seconds(1)
            $0.heartbeats.timeout = .milliseconds(500)
            $0.heartbeats.maxFailures = 2
        }
    }
}
