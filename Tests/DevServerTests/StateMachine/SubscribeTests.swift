import NIOCore
import StanCore
import Testing

@testable import DevServer

@Suite("Subscribe and start positions")
struct SubscribeTests {
    @Test("The response comes before the first message")
    func responseFirst() {
        let bench = Self.bench(stored: 2)
        #expect(bench.subscribe("a", start: .first) == ["subscribed", "a:1", "a:2"])
    }

    @Test("Garbage is an invalid request")
    func garbage() {
        #expect(Self.bench().subscribe(raw: ByteBuffer(string: "\u{a}")) == ["stan: invalid subscription request"])
    }

    @Test("Errors are found in the order client ID missing, ack wait, in flight, start position, channel, client unknown")
    func validationOrder() {
        let bench = Self.bench()
        var request = StanWire.SubscriptionRequest(startPosition: 5)
        func answer() -> [String] { bench.subscribe(raw: request.encoded()) }
        #expect(answer() == ["stan: clientID missing"])
        request.clientID = "nobody"
        #expect(answer() == ["stan: invalid ack wait time, should be >= 1s"])
        request.ackWaitInSecs = 1
        #expect(answer() == ["stan: invalid MaxInflight, should be >= 1"])
        request.maxInFlight = 1
        #expect(answer() == ["stan: invalid start position"])
        request.startPosition = 0
        #expect(answer() == ["stan: invalid subject"])
        request.subject = "foo"
        #expect(answer() == ["stan: unknown clientID"])
        request.clientID = "me"
        #expect(answer() == ["subscribed"])
    }

    @Test("Negative ack wait and in-flight limits are refused")
    func negative() {
        let bench = Self.bench()
        #expect(bench.subscribe("a", ackWait: -1) == ["stan: invalid ack wait time, should be >= 1s"])
        #expect(bench.subscribe("a", maxInFlight: -1) == ["stan: invalid MaxInflight, should be >= 1"])
    }

    @Test("A channel with wildcards or without name is invalid", arguments: ["", "a.*", "a.>", "a*", "a..b", "/"])
    func invalidChannel(_ channel: String) {
        #expect(Self.bench().subscribe("a", channel: channel) == ["stan: invalid subject"])
    }

    @Test("New only, last received and first deliver nothing, the last and all")
    func simplePositions() {
        let bench = Self.bench(stored: 3)
        #expect(bench.subscribe("a", start: .newOnly) == ["subscribed"])
        #expect(bench.subscribe("b", start: .lastReceived) == ["subscribed", "b:3"])
        #expect(bench.subscribe("c", start: .first) == ["subscribed", "c:1", "c:2", "c:3"])
        #expect(bench.publish(guid: "g") == ["a:4", "b:4", "c:4", "acked g"])
    }

    @Test(
        "A start sequence below the first means the first, within the channel itself, above the last new only",
        arguments: [
            (0, [3, 4, 5]), (2, [3, 4, 5]), (3, [3, 4, 5]), (4, [4, 5]), (5, [5]), (6, []), (UInt64.max, []),
        ] as [(UInt64, [Int])]
    )
    func sequences(_ sequence: UInt64, _ expected: [Int]) {
        let bench = Self.bench(stored: 5) { $0.limits.maxMessages = 3 }
        #expect(
            bench.subscribe("a", start: .sequenceStart, sequence: sequence) == ["subscribed"] + expected.map { "a:\($0)" }
        )
        #expect(bench.publish(guid: "g") == ["a:6", "acked g"])
    }

    @Test(
        "A time delta of 0 or less means new only, one beyond all ages all, one between the first not older",
        arguments: [
            (0, []), (-1, []), (Int64.min, []), (Int64.max, [1, 2, 3]), (100_000_000_000, [1, 2, 3]),
            (20_000_000_000, [2, 3]), (20_000_000_001, [2, 3]), (19_999_999_999, [3]), (1, []),
        ] as [(Int64, [Int])]
    )
    func timeDeltas(_ ago: Int64, _ expected: [Int]) {
        let bench = Self.bench()
        for _ in 0..<3 {
            bench.publish()
            _ = bench.advance(by: .seconds(10))
        }
        #expect(bench.subscribe("a", start: .timeDeltaStart, ago: ago) == ["subscribed"] + expected.map { "a:\($0)" })
        #expect(bench.publish(guid: "g") == ["a:4", "acked g"])
    }

    @Test(
        "Any position on an empty channel begins at 1",
        arguments: [StanWire.StartPosition.newOnly, .lastReceived, .timeDeltaStart, .sequenceStart, .first]
    )
    func emptyChannel(_ start: StanWire.StartPosition) {
        let bench = Self.bench()
        #expect(bench.subscribe("a", start: start, sequence: 7, ago: 5) == ["subscribed"])
        #expect(bench.publish(guid: "g") == ["a:1", "acked g"])
    }

    @Test(
        "When all messages have expired any position delivers the next new one",
        arguments: [StanWire.StartPosition.newOnly, .lastReceived, .timeDeltaStart, .sequenceStart, .first]
    )
    func allExpired(_ start: StanWire.StartPosition) {
        let bench = Self.bench(stored: 3) { $0.limits.maxAge = .seconds(1) }
        _ = bench.advance(by: .seconds(1))
        #expect(bench.subscribe("a", start: start, sequence: 1, ago: 100_000_000_000) == ["subscribed"])
        #expect(bench.publish(guid: "g") == ["a:4", "acked g"])
    }

    @Test("Delivery jumps over what limits have removed")
    func gap() {
        let bench = Self.bench { $0.limits.maxMessages = 2 }
        bench.subscribe("a", maxInFlight: 1)
        #expect(bench.publish(count: 5) == ["a:1"])
        #expect(bench.ack("a", 1) == ["a:4"])
        #expect(bench.ack("a", 4) == ["a:5"])
    }

    @Test("The largest ack wait and in-flight limit are accepted")
    func largest() {
        let bench = Self.bench(stored: 3)
        #expect(
            bench.subscribe("a", maxInFlight: .max, ackWait: .max, start: .first) == ["subscribed", "a:1", "a:2", "a:3"]
        )
    }

    @Test("Beyond the subscription limit new ones are refused, offline durables counted, and resuming goes on")
    func tooMany() {
        let bench = Self.bench { $0.limits.maxSubscriptions = 2 }
        bench.subscribe("a", durable: "d")
        bench.closeSubscription("a")
        bench.subscribe("b", queue: "q")
        #expect(bench.subscribe("c") == ["too many subscriptions per channel"])
        #expect(bench.subscribe("c", queue: "q") == ["too many subscriptions per channel"])
        #expect(bench.subscribe("c", channel: "bar") == ["subscribed"])
        #expect(bench.subscribe("a", durable: "d") == ["subscribed"])
        bench.closeSubscription("b")
        #expect(bench.subscribe("c") == ["subscribed"])
    }

    @Test("From a backlog exactly the in-flight limit is sent, and each ack brings one more")
    func backlog() {
        let bench = Self.bench(stored: 20)
        #expect(bench.subscribe("a", maxInFlight: 3, start: .first) == ["subscribed", "a:1", "a:2", "a:3"])
        #expect(bench.ack("a", 2) == ["a:4"])
        #expect(bench.pendingCount("a") == 3)
    }

    @Test("Subscriptions with one inbox are independent")
    func sharedInbox() {
        let bench = Self.bench()
        bench.subscribe("a")
        bench.subscribe("b", inbox: "m.a")
        #expect(bench.publish(guid: "g") == ["a:1", "a:1", "acked g"])
    }

    private static func bench(
        stored: Int = 0,
        _ configure: (inout StanServerOptions) -> Void = { _ in }
    ) -> ServerBench {
        let bench = ServerBench(configure)
        bench.connect()
        bench.publish(count: stored)
        return bench
    }
}
