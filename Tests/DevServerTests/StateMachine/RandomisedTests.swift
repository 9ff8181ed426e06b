import NIOCore
import StanCore
import Testing

@testable import DevServer

/// Many clients and subscriptions doing whatever comes to mind, and what has to hold at every step all the same.
@Suite("Randomised")
struct RandomisedTests {
    @Test("Limits hold, plain subscriptions see everything in order, and nothing is left over", arguments: 1...6)
    func invariants(_ seed: Int) {
        var world = RandomWorld(seed: UInt64(seed))
        for _ in 0..<2000 { world.step() }
        world.finish()
    }
}

private struct RandomWorld {
    private struct Live {
        var client: String
        var channel: String
        var maxInFlight: Int
        /// Unacked, as the client counts.
        var held: Set<UInt64> = []
        /// The last first copy.
        var last: UInt64
        var isDurable: Bool
        var inGroup: Bool
        /// How many of the messages that were written down have been looked at.
        var seen = 0
    }

    private let bench = ServerBench {
        $0.heartbeats.interval = .seconds(5)
        $0.heartbeats.timeout = .seconds(1)
        $0.heartbeats.maxFailures = 1
        $0.limits.maxSubscriptions = 20
    }
    private var generator: TestGenerator
    private var published: [String: UInt64] = ["one": 0, "two": 0]
    private var live: [String: Live] = [:]
    private var clients: Set<String> = []
    private var names = 0

    init(seed: UInt64) {
        self.generator = TestGenerator(seed: seed)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self.generator) < percent }

    mutating func step() {
        let channel = ["one", "two"].randomElement(using: &self.generator) ?? "one"
        let client = ["a", "b", "c"].randomElement(using: &self.generator) ?? "a"
        switch Int.random(in: 0..<100, using: &self.generator) {
        case 0..<45:
            let output = self.bench.publish(channel, client: client, guid: "g")
            if output.last == "acked g" { self.published[channel, default: 0] += 1 }
            #expect((output.last == "acked g") == self.clients.contains(client))
        case 45..<75:
            self.ackSomething()
        case 75..<80:
            if self.bench.connect(client) == ["connected"] {
                self.forget { $0.client == client }
                self.clients.insert(client)
            }
        case 80..<87:
            self.subscribe(client, channel)
        case 87..<91:
            guard let (name, live) = self.live.sorted(by: { $0.key < $1.key }).randomElement(using: &self.generator) else {
                return
            }
            let answer =
                self.chance(50)
                ? self.bench.unsubscribe(name, client: live.client, channel: live.channel)
                : self.bench.closeSubscription(name, client: live.client, channel: live.channel)
            #expect(answer.last == "ended")
            self.forget(answeredOnly: name)
        case 91..<93:
            let output = self.bench.close(client)
            #expect(output.last == (self.clients.contains(client) ? "closed" : "stan: unknown clientID"))
            self.forget { $0.client == client }
            self.clients.remove(client)
        case 93..<94:
            self.bench.hearts["hb.\(client)"] = self.chance(50) ? .gone : .beats
        default:
            let amount = Int64.random(in: 1...900, using: &self.generator)
            _ = self.bench.advance(by: .milliseconds(amount))
            self.noticeEvictions()
        }
        self.look()
    }

    private mutating func subscribe(_ client: String, _ channel: String) {
        self.names += 1
        let name = "s\(self.names)"
        let kind = Int.random(in: 0..<4, using: &self.generator)
        let maxInFlight = Int32.random(in: 1...8, using: &self.generator)
        let output = self.bench.subscribe(
            name,
            client: client,
            channel: channel,
            queue: kind >= 2 ? "q" : "",
            durable: kind == 1 || kind == 3 ? "d" : "",
            maxInFlight: maxInFlight,
            ackWait: Int32.random(in: 1...3, using: &self.generator),
            start: .first
        )
        if !self.clients.contains(client) { #expect(output == ["stan: unknown clientID"]) }
        guard output.first == "subscribed" else { return }
        self.live[name] = Live(
            client: client,
            channel: channel,
            maxInFlight: Int(maxInFlight),
            last: 0,
            isDurable: kind == 1 || kind == 3,
            inGroup: kind >= 2
        )
    }

    private mutating func ackSomething() {
        let candidates = self.live.filter { !$0.value.held.isEmpty }.sorted { $0.key < $1.key }
        guard let (name, live) = candidates.randomElement(using: &self.generator) else { return }
        guard let sequence = live.held.sorted().randomElement(using: &self.generator) else { return }
        self.live[name]?.held.remove(sequence)
        self.bench.ack(name, sequence, channel: live.channel)
    }

    /// Looks at what came since the last time.
    private mutating func look() {
        for name in self.live.keys.sorted() {
            guard var live = self.live[name] else { continue }
            let messages = self.bench.messages[name] ?? []
            for message in messages[live.seen...] {
                #expect(message.subject == live.channel)
                if !message.redelivered {
                    #expect(message.sequence > live.last)
                    // From the first message on and without a gap, unless others share the work.
                    if !live.inGroup, !live.isDurable { #expect(message.sequence == live.last + 1) }
                    live.last = message.sequence
                    if !live.inGroup { #expect(live.held.count < live.maxInFlight, "\(name) has more in flight than allowed") }
                }
                live.held.insert(message.sequence)
            }
            live.seen = messages.count
            self.live[name] = live
            // What the server counts beyond the limit can only have come by redelivery.
            if !live.inGroup, !live.isDurable {
                #expect((self.bench.pendingCount(name) ?? 0) <= live.maxInFlight)
                #expect(self.bench.pendingCount(name) == live.held.count)
            }
        }
        #expect(self.bench.listening.count == self.live.count, "ack inboxes and subscriptions")
    }

    private mutating func noticeEvictions() {
        let known = Set(self.clients.filter { self.bench.machine.clientsByID[$0] != nil })
        let gone = self.clients.subtracting(known)
        self.forget { gone.contains($0.client) }
        self.clients = known
    }

    private mutating func forget(_ isGone: (Live) -> Bool) {
        self.live = self.live.filter { !isGone($0.value) }
    }

    private mutating func forget(answeredOnly name: String) {
        self.live[name] = nil
    }

    /// Everybody acks everything: then plain subscriptions must have seen all, and nothing may be pending.
    mutating func finish() {
        for client in self.clients { self.bench.hearts["hb.\(client)"] = .beats }
        for _ in 0..<10_000 {
            let before = self.live.values.map(\.held.count).reduce(0, +)
            for (name, live) in self.live.sorted(by: { $0.key < $1.key }) {
                for sequence in live.held.sorted() { self.bench.ack(name, sequence, channel: live.channel) }
                self.live[name]?.held = []
            }
            self.look()
            if before == 0, self.live.values.allSatisfy(\.held.isEmpty) {
                // Redistributed and expired messages may still be on their way.
                let output = self.bench.advance(by: .seconds(4))
                self.noticeEvictions()
                self.look()
                if output.isEmpty { break }
            }
        }
        for (name, live) in self.live {
            #expect(self.bench.pendingCount(name) == 0)
            if !live.inGroup, !live.isDurable { #expect(live.last == self.published[live.channel], "\(name) has seen all") }
        }
        for client in ["a", "b", "c"] { self.bench.close(client) }
        #expect(self.bench.listening.isEmpty)
        #expect(self.bench.machine.clients.count == 0)
        #expect(self.bench.machine.subscriptionsByAckInbox.isEmpty)
        // What remains is offline durables and the shadows of durable groups, and the counts agree.
        let counted = self.bench.machine.channels.ids.map { self.bench.machine.channels[$0].subscriptionCount }.reduce(0, +)
        #expect(self.bench.machine.subscriptions.count == counted)
    }
}
