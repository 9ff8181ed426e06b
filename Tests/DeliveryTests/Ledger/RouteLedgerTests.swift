import NIOCore
import Testing

@testable import Delivery

/// The ledger's decisions one by one; the simulation has them all at once.
@Suite("Route ledger")
struct RouteLedgerTests {
    private static let memory = TimeAmount.seconds(60)

    private static func ledger(
        sinks: Int = 1,
        capacity: Int = 100,
        retry: RetrySchedule = .exact,
        hasSession: Bool = true,
        seed: UInt64 = 1
    ) -> RouteLedger {
        var ledger = RouteLedger(
            configuration: .init(sinks: sinks, retry: retry, capacity: capacity, settledMemory: Self.memory),
            seed: seed
        )
        if hasSession { #expect(ledger.sessionResumed(isNew: true, now: .zero).isEmpty) }
        return ledger
    }

    // MARK: Times

    @Test("each attempt has its own beginning, and every one the time at which the server stored the message")
    func attempts() {
        var ledger = Self.ledger(sinks: 2)
        _ = ledger.received(.message(7, timestamp: 42), now: .zero)
        _ = ledger.failed(7, sink: 0, .again, now: .at(1))
        #expect(ledger.lastAttempt == .init(startedAt: .zero, storedAt: 42))
        #expect(ledger.takeNext(now: .at(2.5))?.sink == 0)
        // The other sink has had it in hand all the time.
        _ = ledger.delivered(7, sink: 1, now: .at(3))
        #expect(ledger.lastAttempt == .init(startedAt: .zero, storedAt: 42))
        _ = ledger.failed(7, sink: 0, .again, now: .at(4))
        #expect(ledger.lastAttempt == .init(startedAt: .at(2.5), storedAt: 42))
        #expect(ledger.takeNext(now: .at(6))?.sink == 0)
        #expect(ledger.delivered(7, sink: 0, now: .at(7)) == .acknowledge)
        #expect(ledger.lastAttempt == .init(startedAt: .at(6), storedAt: 42))
        // A result that is given twice is of no attempt.
        #expect(ledger.delivered(7, sink: 0, now: .at(8)) == .ignoreResult)
        #expect(ledger.lastAttempt == .init(startedAt: .at(6), storedAt: 42))
    }

    // MARK: Copies

    @Test("a first message is delivered, and its copies are not while it is in delivery")
    func copyInDelivery() {
        var ledger = Self.ledger()
        #expect(ledger.received(.message(1), now: .zero) == .deliver)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(1)) == .ignoreCopy)
        #expect(ledger.held == 1)
        #expect(ledger.inDelivery == 1)
        #expect(ledger.oldestReceivedAt == .zero)
    }

    @Test("a message that is new to this ledger is delivered though the server calls it redelivered")
    func redeliveredButUnknown() {
        var ledger = Self.ledger()
        #expect(ledger.received(.message(5, redelivered: true), now: .zero) == .deliver)
        #expect(ledger.received(.message(3, redelivered: true), now: .zero) == .deliver)
    }

    @Test("a copy of a message that waits for its retry is not delivered")
    func copyInRetry() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.failed(1, sink: 0, .again, now: .zero) == .retry(at: .at(1)))
        #expect(ledger.retrying == 1)
        #expect(ledger.inDelivery == 0)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(0.5)) == .ignoreCopy)
        #expect(ledger.retrying == 1)
        #expect(ledger.takeNext(now: .at(0.999)) == nil)
        let due = ledger.takeNext(now: .at(1))
        #expect(due?.sink == 0)
        #expect(due?.delivery.envelope.sequence == 1)
        #expect(due?.delivery.envelope.body == ByteBuffer(string: "1"))
        #expect(due?.delivery.attempt == 2)
        #expect(ledger.takeNext(now: .at(1)) == nil)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(2)) == .ignoreCopy)
    }

    @Test("a copy of a settled message is acked again, and again")
    func copyOfSettled() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .acknowledge)
        #expect(ledger.held == 0)
        #expect(ledger.oldestReceivedAt == nil)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(30)) == .acknowledgeAgain)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(60)) == .acknowledgeAgain)
        #expect(ledger.inDelivery == 0)
    }

    @Test(
        "it knows what it holds and what it has delivered, and nothing else: not even what an earlier process wrote down too far ahead"
    )
    func knows() {
        var memory = RouteMemory()
        memory.newest = RouteMemory.Newest(sequence: 5, timestamp: 0)
        for sequence: UInt64 in [4, 9] { memory.settled.insert(sequence) }
        var ledger = RouteLedger(
            configuration: .init(sinks: 1, retry: .exact, capacity: 100, settledMemory: Self.memory),
            seed: 1,
            memory: memory
        )
        #expect((1...9).filter { ledger.knows($0) } == [4])
        _ = ledger.sessionResumed(isNew: true, now: .zero)
        #expect(ledger.received(.message(6), now: .zero) == .deliver)
        #expect(ledger.received(.message(7), now: .zero) == .deliver)
        #expect(ledger.delivered(6, sink: 0, now: .zero) == .acknowledge)
        #expect((1...9).filter { ledger.knows($0) } == [4, 6, 7])
    }

    // MARK: Several sinks

    @Test("the ack comes after the last of several sinks", arguments: [2, 3, 32])
    func lastSink(sinks: Int) {
        var ledger = Self.ledger(sinks: sinks)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.inDelivery == sinks)
        for sink in (1..<sinks).reversed() { #expect(ledger.delivered(1, sink: sink, now: .zero) == .waitForOthers) }
        #expect(ledger.inDelivery == 1)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .acknowledge)
        #expect(ledger.inDelivery == 0)
    }

    @Test("a retry goes to the sink that failed, and to no other")
    func retryOfOneSink() {
        var ledger = Self.ledger(sinks: 3)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.failed(1, sink: 1, .again, now: .zero)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .waitForOthers)
        #expect(ledger.delivered(1, sink: 2, now: .zero) == .waitForOthers)
        let due = ledger.takeNext(now: .at(1))
        #expect(due?.sink == 1)
        #expect(ledger.takeNext(now: .at(1_000)) == nil)
        #expect(ledger.delivered(1, sink: 1, now: .at(1)) == .acknowledge)
    }

    @Test("attempts are counted for each sink by itself")
    func attemptsBySink() {
        var ledger = Self.ledger(sinks: 2)
        _ = ledger.received(.message(1), now: .zero)
        var now = NIODeadline.zero
        for attempt in UInt32(2)...5 {
            guard case .retry(let due) = ledger.failed(1, sink: 0, .again, now: now) else { return #expect(Bool(false)) }
            now = due
            #expect(ledger.takeNext(now: now)?.delivery.attempt == attempt)
        }
        #expect(ledger.failed(1, sink: 1, .again, now: now) == .retry(at: now + .seconds(1)))
        #expect(ledger.takeNext(now: now + .seconds(1))?.delivery.attempt == 2)
    }

    @Test("a delivery counts as failing from its first failure until it succeeds, also while it is tried again")
    func failing() {
        var ledger = Self.ledger(sinks: 2)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.failing == 0)
        _ = ledger.failed(1, sink: 0, .again, now: .zero)
        #expect(ledger.failing == 1)
        _ = ledger.takeNext(now: .at(1))
        #expect((ledger.retrying, ledger.failing) == (0, 1))
        _ = ledger.delivered(1, sink: 1, now: .at(1))
        #expect(ledger.failing == 1)
        _ = ledger.delivered(1, sink: 0, now: .at(1))
        #expect(ledger.failing == 0)
    }

    // MARK: Results that cannot be

    @Test("results given twice, for messages not held, or while a retry waits, are ignored")
    func duplicateResults() {
        var ledger = Self.ledger(sinks: 2)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .ignoreResult)
        #expect(ledger.failed(1, sink: 0, .again, now: .zero) == .ignoreResult)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .waitForOthers)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .ignoreResult)
        #expect(ledger.failed(1, sink: 0, .again, now: .zero) == .ignoreResult)
        #expect(ledger.failed(1, sink: 1, .again, now: .zero) == .retry(at: .at(1)))
        #expect(ledger.failed(1, sink: 1, .again, now: .zero) == .ignoreResult)
        #expect(ledger.delivered(1, sink: 1, now: .zero) == .ignoreResult)
        #expect(ledger.inDelivery == 0)
        #expect(ledger.retrying == 1)
        #expect(ledger.held == 1)
        _ = ledger.takeNext(now: .at(1))
        #expect(ledger.delivered(1, sink: 1, now: .at(1)) == .acknowledge)
        #expect(ledger.delivered(1, sink: 1, now: .at(1)) == .ignoreResult)
    }

    // MARK: Retries

    @Test("pauses double up to the longest one")
    func growth() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        var now = NIODeadline.zero
        for pause in [1, 2, 4, 8, 10, 10, 10] as [Int64] {
            #expect(ledger.failed(1, sink: 0, .again, now: now) == .retry(at: now + .seconds(pause)))
            now = now + .seconds(pause)
            #expect(ledger.nextDue == now)
            #expect(ledger.takeNext(now: now) != nil)
        }
    }

    @Test(
        "a Retry-After is honoured when it is longer than the pause, and up to the longest pause",
        arguments: [(0, 1), (1, 1), (5, 5), (10, 10), (86_400, 10)] as [(Int64, Int64)]
    )
    func retryAfter(asked: Int64, given: Int64) {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        let failure = DeliveryFailure.retry(reason: "busy", after: .seconds(asked))
        #expect(ledger.failed(1, sink: 0, failure, now: .zero) == .retry(at: .at(Double(given))))
    }

    @Test("what is rejected waits for the longest pause at once, and is tried again all the same")
    func rejected() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.failed(1, sink: 0, .rejected(reason: "no"), now: .zero) == .retry(at: .at(10)))
        #expect(ledger.takeNext(now: .at(10))?.delivery.attempt == 2)
        #expect(ledger.delivered(1, sink: 0, now: .at(10)) == .acknowledge)
    }

    @Test("retries come in the order in which they are due")
    func order() {
        var ledger = Self.ledger()
        for sequence in UInt64(1)...5 { _ = ledger.received(.message(sequence), now: .zero) }
        for (sequence, seconds) in [(3, 0.0), (1, 2.0), (5, 1.0), (2, 1.0), (4, 0.5)] as [(UInt64, Double)] {
            _ = ledger.failed(sequence, sink: 0, .again, now: .at(seconds))
        }
        var order: [UInt64] = []
        while let (_, delivery) = ledger.takeNext(now: .at(100)) { order.append(delivery.envelope.sequence) }
        #expect(order == [3, 4, 2, 5, 1])
    }

    // MARK: Sessions

    @Test("what is settled while the connection is away is acked when the same session goes on, once")
    func sameSession() {
        var ledger = Self.ledger()
        for sequence in UInt64(1)...3 { _ = ledger.received(.message(sequence), now: .zero) }
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .acknowledge)
        ledger.sessionLost()
        #expect(ledger.delivered(2, sink: 0, now: .zero) == .settledWithoutSession)
        #expect(ledger.delivered(3, sink: 0, now: .zero) == .settledWithoutSession)
        #expect(ledger.sessionResumed(isNew: false, now: .at(1)) == [2, 3])
        ledger.sessionLost()
        #expect(ledger.sessionResumed(isNew: false, now: .at(1)).isEmpty)
    }

    @Test("a new session gets no acks of the old one; what it sends again is acked from memory")
    func newSession() {
        var ledger = Self.ledger()
        for sequence in UInt64(1)...2 { _ = ledger.received(.message(sequence), now: .zero) }
        ledger.sessionLost()
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .settledWithoutSession)
        #expect(ledger.sessionResumed(isNew: true, now: .at(1)).isEmpty)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(1)) == .acknowledgeAgain)
        #expect(ledger.received(.message(2, redelivered: true), now: .at(1)) == .ignoreCopy)
        ledger.sessionLost()
        #expect(ledger.sessionResumed(isNew: false, now: .at(2)).isEmpty)
    }

    @Test("before the first session, nothing is acked")
    func withoutSession() {
        var ledger = Self.ledger(hasSession: false)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .settledWithoutSession)
    }

    // MARK: Forgetting

    @Test("a settled message is forgotten after its time, and then delivered again if it comes")
    func forgetting() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .at(5))
        ledger.forget(now: .at(65))
        #expect(ledger.received(.message(1, redelivered: true), now: .at(65)) == .acknowledgeAgain)
        // Seen again, it is remembered as long once more.
        ledger.forget(now: .at(125))
        #expect(ledger.received(.message(1, redelivered: true), now: .at(125)) == .acknowledgeAgain)
        ledger.forget(now: .at(185.1))
        #expect(ledger.received(.message(1, redelivered: true), now: .at(186)) == .deliver)
    }

    @Test("without a session nothing is forgotten, and the time of a new one counts from its beginning")
    func forgettingWithoutSession() {
        var ledger = Self.ledger()
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        ledger.sessionLost()
        ledger.forget(now: .at(100_000))
        _ = ledger.sessionResumed(isNew: true, now: .at(100_000))
        ledger.forget(now: .at(100_060))
        #expect(ledger.received(.message(1, redelivered: true), now: .at(100_060)) == .acknowledgeAgain)
    }

    // MARK: Capacity

    @Test("beyond its capacity a message is refused, copies are still known, and room is used again")
    func capacity() {
        var ledger = Self.ledger(capacity: 2)
        #expect(ledger.received(.message(1), now: .zero) == .deliver)
        #expect(ledger.received(.message(2), now: .zero) == .deliver)
        #expect(ledger.received(.message(3), now: .zero) == .refuse)
        #expect(ledger.received(.message(1), now: .zero) == .ignoreCopy)
        #expect(ledger.held == 2)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        #expect(ledger.received(.message(1), now: .zero) == .acknowledgeAgain)
        #expect(ledger.received(.message(3, redelivered: true), now: .at(1)) == .deliver)
        #expect(ledger.received(.message(4), now: .at(1)) == .refuse)
    }

    // MARK: A channel that begins anew

    @Test("a known sequence with a later timestamp than the newest says that the channel has begun anew")
    func channelRestarted() {
        var ledger = Self.ledger()
        for sequence in UInt64(1)...5 { _ = ledger.received(.message(sequence, timestamp: 100), now: .zero) }
        #expect(ledger.received(.message(5, timestamp: 100), now: .zero) == .ignoreCopy)
        #expect(ledger.received(.message(2, timestamp: 99), now: .zero) == .ignoreCopy)
        #expect(ledger.received(.message(1, timestamp: 101), now: .zero) == .channelRestarted)
        // It is the route that begins anew; this ledger stays what it was.
        #expect(ledger.held == 5)
        #expect(ledger.received(.message(6, timestamp: 102), now: .zero) == .deliver)
    }
}

extension DeliveryFailure {
    fileprivate static var again: DeliveryFailure { .retry(reason: "busy", after: nil) }
}
