import Delivery
import NIOCore

/// What a seed decides before anything happens: the route, its sinks, and how bad the weather is.
struct Scenario {
    static let second: Int64 = 1_000_000_000

    /// Until when things go wrong. Afterwards everything must come to its end.
    static let faultsEnd = 120 * Self.second

    /// How many seconds a client may believe in a session that is over.
    static let noticedAfter: Int64 = 15

    enum Ordering: CaseIterable {
        case unordered, ordered, keyed
    }

    let sinks: Int
    let messages: Int
    let maxInFlight: Int
    let ackWait: Int64
    /// Sometimes less than the server may send: what does not fit is refused.
    let capacity: Int
    let ordering: Ordering
    let hasDeadLetter: Bool
    let maxAttempts: UInt32
    let isJournaled: Bool
    let skipsSome: Bool
    let gate: SinkGate.Configuration

    /// Messages that a sink will never take, by sequence: the sink, and whether it says so.
    let poison: [UInt64: (sink: Int, isRejected: Bool)]

    init(using random: inout SplitMix64) {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        self.sinks = Int.random(in: 1...3, using: &random)
        self.messages = Int.random(in: 1...40, using: &random)
        self.maxInFlight = Int.random(in: 1...20, using: &random)
        self.capacity = chance(30) ? (self.maxInFlight + 1) / 2 : self.maxInFlight * 2
        self.ackWait = Int64.random(in: 1...10, using: &random) * Self.second
        self.ordering = chance(50) ? .unordered : chance(50) ? .ordered : .keyed
        self.hasDeadLetter = chance(40)
        self.maxAttempts = self.hasDeadLetter && chance(70) ? UInt32.random(in: 1...4, using: &random) : 0
        self.isJournaled = chance(60)
        self.skipsSome = chance(30)
        self.gate = SinkGate.Configuration(
            concurrency: Int.random(in: 1...12, using: &random),
            breaker: chance(50)
                ? .init(
                    failures: Int.random(in: 1...5, using: &random),
                    openFor: .seconds(Int64.random(in: 1...20, using: &random))
                ) : nil,
            rateLimit: chance(15) ? .init(perSecond: 20, burst: Int.random(in: 1...5, using: &random)) : nil
        )
        var poison: [UInt64: (sink: Int, isRejected: Bool)] = [:]
        if self.hasDeadLetter {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let sequence = UInt64.random(in: 1...UInt64(self.messages), using: &random)
                poison[sequence] = (Int.random(in: 0..<self.sinks, using: &random), self.maxAttempts == 0 || chance(50))
            }
        }
        self.poison = poison
    }

    /// How many messages may be held at the most.
    var bound: Int { self.ordering == .unordered ? self.capacity : self.capacity + self.maxInFlight }

    /// How a message's body looks: its generation, its key, and whether it is wanted.
    static func body(of message: SimulatedServer.Message) -> ByteBuffer {
        ByteBuffer(bytes: [UInt8(truncatingIfNeeded: message.id.generation), message.key, message.isWanted ? 1 : 0])
    }

    func makeLedger(seed: UInt64, memory: RouteMemory, now: NIODeadline) -> RouteLedger {
        var retry = RetrySchedule()
        retry.initial = .milliseconds(100)
        retry.maximum = .seconds(20)
        var configuration = RouteLedger.Configuration(
            sinks: self.sinks,
            retry: retry,
            capacity: self.capacity,
            settledMemory: .nanoseconds(self.ackWait * 2 + Self.noticedAfter * Self.second)
        )
        configuration.maxAttempts = self.maxAttempts
        configuration.hasDeadLetter = self.hasDeadLetter
        configuration.gapWait = .nanoseconds(self.ackWait + (5 + Self.noticedAfter) * Self.second)
        configuration.isJournaled = self.isJournaled
        switch self.ordering {
        case .unordered: configuration.ordering = .unordered
        case .ordered: configuration.ordering = .ordered
        case .keyed:
            configuration.ordering = .keyed { RouteKey(text: [$0.getInteger(at: $0.readerIndex + 1, as: UInt8.self) ?? 0]) }
        }
        if self.skipsSome { configuration.isWanted = { $0.getInteger(at: $0.readerIndex + 2, as: UInt8.self) == 1 } }
        return RouteLedger(configuration: configuration, seed: seed, memory: memory, now: now)
    }
}
