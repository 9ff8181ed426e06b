import NIOCore
import Testing

@testable import Delivery

@Suite("Route ledger: dead letters")
struct RouteLedgerDeadLetterTests {
    private static let proxy = RouteLedger.maximumSinks

    private static func ledger(sinks: Int = 1, maxAttempts: UInt32 = 3, memory: RouteMemory = RouteMemory()) -> RouteLedger {
        var configuration = RouteLedger.Configuration(sinks: sinks, retry: .exact, capacity: 100, settledMemory: .minutes(1))
        configuration.hasDeadLetter = true
        configuration.maxAttempts = maxAttempts
        configuration.isJournaled = true
        configuration.clockOffset = 5_000_000_000
        var ledger = RouteLedger(configuration: configuration, seed: 1, memory: memory, now: .zero)
        _ = ledger.sessionResumed(isNew: true, now: .zero)
        return ledger
    }

    /// Fails attempt after attempt until something else than a retry comes of it.
    private static func failUntilGivenUp(_ ledger: inout RouteLedger, sink: Int = 0) -> (attempts: Int, now: NIODeadline) {
        var now = NIODeadline.zero
        for attempt in 1...100 {
            guard case .retry(let due) = ledger.failed(1, sink: sink, .retry(reason: "busy \(attempt)", after: nil), now: now)
            else {
                return (attempt, now)
            }
            now = due
            #expect(ledger.takeNext(now: now)?.delivery.attempt == UInt32(attempt + 1))
        }
        return (100, now)
    }

    @Test("after its last attempt a message goes to the dead-letter sink with the reason, and is acked when that has it")
    func lastAttempt() throws {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        let (attempts, now) = Self.failUntilGivenUp(&ledger)
        #expect(attempts == 3)
        #expect(ledger.hasReady)
        let next = ledger.takeNext(now: now)
        let (sink, delivery) = try #require(next)
        #expect(sink == Self.proxy)
        #expect(delivery.attempt == 1)
        let start = Int64(NIODeadline.zero.uptimeNanoseconds) + 5_000_000_000
        #expect(delivery.deadLetter == DeadLetter(sink: 0, reason: "busy 3", attempts: 3, firstAttemptAt: start))
        #expect(ledger.held == 1)
        #expect(ledger.received(.message(1, redelivered: true), now: now) == .ignoreCopy)
        #expect(ledger.delivered(1, sink: Self.proxy, now: now) == .acknowledge)
        #expect((ledger.held, ledger.failing, ledger.inDelivery) == (0, 0, 0))
    }

    @Test("what is rejected goes there at once")
    func rejected() {
        var ledger = Self.ledger(maxAttempts: 0)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.failed(1, sink: 0, .rejected(reason: "no"), now: .zero) == .deadLetter)
        #expect(ledger.takeNext(now: .zero)?.delivery.deadLetter?.reason == "no")
    }

    @Test("without a last attempt it is tried for ever, and what was not tried in earnest does not count")
    func forEver() {
        var ledger = Self.ledger(maxAttempts: 0)
        _ = ledger.received(.message(1), now: .zero)
        #expect(Self.failUntilGivenUp(&ledger).attempts == 100)
        var other = Self.ledger(maxAttempts: 1)
        _ = other.received(.message(1), now: .zero)
        for _ in 0..<10 {
            guard case .retry(let due) = other.failed(1, sink: 0, .unavailable(reason: "down", after: nil), now: .zero) else {
                Issue.record("it is given up")
                return
            }
            #expect(other.takeNext(now: due)?.delivery.attempt == 1)
        }
    }

    @Test("a dead-letter sink that fails is tried for ever")
    func failingDeadLetterSink() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        var now = Self.failUntilGivenUp(&ledger).now
        for attempt in UInt32(1)...20 {
            let next = ledger.takeNext(now: now)
            #expect(next?.sink == Self.proxy)
            #expect(next?.delivery.attempt == attempt)
            #expect(next?.delivery.deadLetter?.attempts == 3)
            guard case .retry(let due) = ledger.failed(1, sink: Self.proxy, .rejected(reason: "full"), now: now) else {
                Issue.record("it is given up")
                return
            }
            now = due
        }
    }

    @Test("each sink that is given up has a dead letter of its own; the others go on")
    func severalSinks() {
        var ledger = Self.ledger(sinks: 3)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.failed(1, sink: 0, .rejected(reason: "a"), now: .zero) == .deadLetter)
        #expect(ledger.failed(1, sink: 2, .rejected(reason: "c"), now: .zero) == .deadLetter)
        #expect(ledger.takeNext(now: .zero)?.delivery.deadLetter?.sink == 0)
        #expect(ledger.takeNext(now: .zero)?.delivery.deadLetter?.sink == 2)
        #expect(ledger.takeNext(now: .zero) == nil)
        #expect(ledger.delivered(1, sink: Self.proxy + 2, now: .zero) == .waitForOthers)
        #expect(ledger.delivered(1, sink: 1, now: .zero) == .waitForOthers)
        #expect(ledger.delivered(1, sink: Self.proxy, now: .zero) == .acknowledge)
    }

    // MARK: Across a crash

    /// What the journal has of what happened.
    private static func memory(of ledger: inout RouteLedger) -> RouteMemory {
        var memory = RouteMemory()
        if let batch = ledger.takeJournal() { memory.apply(batch) }
        #expect(memory.open == ledger.memory.open)
        return memory
    }

    @Test("after a crash only the sinks that miss it get a message, and its attempts go on counting")
    func fanOut() {
        var ledger = Self.ledger(sinks: 3, maxAttempts: 5)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 1, now: .zero)
        _ = ledger.failed(1, sink: 2, .retry(reason: "busy", after: nil), now: .zero)
        var next = Self.ledger(sinks: 3, maxAttempts: 5, memory: Self.memory(of: &ledger))
        #expect(next.received(.message(1, redelivered: true), now: .zero) == .hold)
        let places = [next.takeNext(now: .zero), next.takeNext(now: .zero)]
        #expect(places.map { $0?.sink } == [0, 2])
        #expect(places.map { $0?.delivery.attempt } == [1, 2])
        #expect(next.takeNext(now: .zero) == nil)
        #expect(next.delivered(1, sink: 0, now: .zero) == .waitForOthers)
        #expect(next.delivered(1, sink: 2, now: .zero) == .acknowledge)
    }

    @Test("what was delivered everywhere is acked after a crash, and not delivered")
    func settled() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        var next = Self.ledger(memory: Self.memory(of: &ledger))
        #expect(next.received(.message(1, redelivered: true), now: .zero) == .acknowledgeAgain)
        #expect(next.received(.message(2), now: .zero) == .deliver)
    }

    @Test("what was given up before a crash goes to the dead-letter sink after it, for the same reason")
    func givenUp() {
        var ledger = Self.ledger(sinks: 2)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.failed(1, sink: 0, .rejected(reason: "no"), now: .zero)
        var next = Self.ledger(sinks: 2, memory: Self.memory(of: &ledger))
        #expect(next.received(.message(1, redelivered: true), now: .zero) == .hold)
        let places = [next.takeNext(now: .zero), next.takeNext(now: .zero)]
        #expect(places.map { $0?.sink } == [1, Self.proxy])
        #expect(places[1]?.delivery.deadLetter?.reason == "no")
        #expect(next.takeNext(now: .zero) == nil)
    }

    @Test("a channel that the server began anew while the daemon was away is not taken for the old one")
    func channelRestarted() {
        var ledger = Self.ledger()
        for sequence in UInt64(1)...5 {
            _ = ledger.received(.message(sequence), now: .zero)
            _ = ledger.delivered(sequence, sink: 0, now: .zero)
        }
        var next = Self.ledger(memory: Self.memory(of: &ledger))
        #expect(next.received(.message(1, timestamp: 1_000), now: .zero) == .channelRestarted)
    }

    @Test("what never came again is forgotten after its time, and the memory has all that is left")
    func forgetting() {
        var ledger = Self.ledger(sinks: 2)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        var next = Self.ledger(sinks: 2, memory: Self.memory(of: &ledger))
        #expect(next.memory.open.count == 1)
        next.forget(now: .at(60))
        #expect(next.memory.open.count == 1)
        next.forget(now: .at(61))
        #expect(next.memory.open.isEmpty)
    }
}
