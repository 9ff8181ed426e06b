import NIOCore
import Testing

@testable import Delivery

@Suite("Route ledger: order, conditions and sessions")
struct RouteLedgerOrderTests {
    private static let gapWait = TimeAmount.seconds(40)

    private static func ledger(
        _ ordering: RouteLedger.Ordering,
        sinks: Int = 1,
        capacity: Int = 100,
        isWanted: (@Sendable (ByteBuffer) -> Bool)? = nil
    ) -> RouteLedger {
        var configuration = RouteLedger.Configuration(sinks: sinks, retry: .exact, capacity: capacity, settledMemory: .minutes(1))
        configuration.ordering = ordering
        configuration.gapWait = Self.gapWait
        configuration.isWanted = isWanted
        var ledger = RouteLedger(configuration: configuration, seed: 1, now: .zero)
        _ = ledger.sessionResumed(isNew: true, now: .zero)
        return ledger
    }

    /// All that can be handed over now.
    private static func next(_ ledger: inout RouteLedger, now: NIODeadline = .zero) -> [UInt64] {
        var sequences: [UInt64] = []
        while let (_, delivery) = ledger.takeNext(now: now) { sequences.append(delivery.envelope.sequence) }
        return sequences
    }

    @Test("an ordered route delivers one message at a time, to all of its sinks")
    func ordered() {
        var ledger = Self.ledger(.ordered, sinks: 2)
        for sequence in UInt64(1)...3 { #expect(ledger.received(.message(sequence), now: .zero) == .hold) }
        #expect(Self.next(&ledger) == [1, 1])
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .waitForOthers)
        #expect(Self.next(&ledger) == [])
        #expect(ledger.delivered(1, sink: 1, now: .zero) == .acknowledge)
        #expect(Self.next(&ledger) == [2, 2])
    }

    @Test("a message that fails stops an ordered route until it has been delivered")
    func stopped() {
        var ledger = Self.ledger(.ordered)
        for sequence in UInt64(1)...2 { _ = ledger.received(.message(sequence), now: .zero) }
        #expect(Self.next(&ledger) == [1])
        guard case .retry(let due) = ledger.failed(1, sink: 0, .retry(reason: "busy", after: nil), now: .zero) else {
            Issue.record("it is not tried again")
            return
        }
        #expect(Self.next(&ledger) == [])
        #expect(Self.next(&ledger, now: due) == [1])
        _ = ledger.delivered(1, sink: 0, now: due)
        #expect(Self.next(&ledger, now: due) == [2])
    }

    @Test("with a key, those with another key do not wait")
    func keyed() {
        var ledger = Self.ledger(.keyed { RouteKey(text: Array($0.readableBytesView.prefix(1))) })
        for (sequence, key) in [(1, "a"), (2, "b"), (3, "a"), (4, "b"), (5, "c")] as [(UInt64, String)] {
            _ = ledger.received(.message(sequence, body: key + "\(sequence)"), now: .zero)
        }
        #expect(Self.next(&ledger) == [1, 2, 5])
        _ = ledger.delivered(2, sink: 0, now: .zero)
        #expect(Self.next(&ledger) == [4])
        _ = ledger.delivered(1, sink: 0, now: .zero)
        #expect(Self.next(&ledger) == [3])
    }

    @Test("behind a message that was lost while the connection was away, an ordered route waits for it")
    func gap() {
        var ledger = Self.ledger(.ordered)
        _ = ledger.received(.message(1), now: .zero)
        #expect(Self.next(&ledger) == [1])
        _ = ledger.delivered(1, sink: 0, now: .zero)
        ledger.sessionLost()
        _ = ledger.sessionResumed(isNew: false, now: .at(1))
        _ = ledger.received(.message(4), now: .at(1))
        #expect(Self.next(&ledger, now: .at(2)) == [])
        #expect(ledger.nextDue == .at(1) + Self.gapWait)
        _ = ledger.received(.message(3, redelivered: true), now: .at(3))
        #expect(Self.next(&ledger, now: .at(3)) == [])
        _ = ledger.received(.message(2, redelivered: true), now: .at(4))
        #expect(Self.next(&ledger, now: .at(4)) == [2])
        _ = ledger.delivered(2, sink: 0, now: .at(4))
        #expect(Self.next(&ledger, now: .at(4)) == [3])
    }

    @Test("it does not wait for ever: what the server no longer has does not come")
    func gapOver() {
        var ledger = Self.ledger(.ordered)
        ledger.sessionLost()
        _ = ledger.sessionResumed(isNew: false, now: .at(1))
        _ = ledger.received(.message(4), now: .at(1))
        #expect(Self.next(&ledger, now: .at(40)) == [])
        #expect(Self.next(&ledger, now: .at(41)) == [4])
    }

    @Test("without a reason to believe that something was lost, a sequence that is left out is not waited for")
    func leftOut() {
        var ledger = Self.ledger(.ordered)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.received(.message(7), now: .zero)
        #expect(Self.next(&ledger) == [1])
        _ = ledger.delivered(1, sink: 0, now: .zero)
        #expect(Self.next(&ledger) == [7])
    }

    @Test("what was refused for lack of room is waited for")
    func refused() {
        var ledger = Self.ledger(.ordered, capacity: 1)
        _ = ledger.received(.message(1), now: .zero)
        #expect(ledger.received(.message(2), now: .zero) == .refuse)
        #expect(Self.next(&ledger) == [1])
        _ = ledger.delivered(1, sink: 0, now: .zero)
        _ = ledger.received(.message(3), now: .zero)
        #expect(Self.next(&ledger) == [])
        #expect(Self.next(&ledger, now: .zero + Self.gapWait) == [3])
    }

    @Test("what was lost before a message that was refused is waited for too")
    func lostBeforeRefused() {
        var ledger = Self.ledger(.ordered, capacity: 1)
        _ = ledger.received(.message(1), now: .zero)
        #expect(Self.next(&ledger) == [1])
        ledger.sessionLost()
        _ = ledger.sessionResumed(isNew: false, now: .at(1))
        #expect(ledger.received(.message(3), now: .at(1)) == .refuse)
        #expect(ledger.delivered(1, sink: 0, now: .at(1)) == .acknowledge)
        _ = ledger.received(.message(3, redelivered: true), now: .at(2))
        #expect(Self.next(&ledger, now: .at(2)) == [])
        _ = ledger.received(.message(2, redelivered: true), now: .at(3))
        #expect(Self.next(&ledger, now: .at(3)) == [2])
    }

    @Test("what a route does not want is acked, each time it comes")
    func condition() {
        var ledger = Self.ledger(.unordered, isWanted: { $0.getString(at: $0.readerIndex, length: 3) == "yes" })
        #expect(ledger.received(.message(1, body: "no "), now: .zero) == .skip)
        #expect(ledger.received(.message(1, body: "no ", redelivered: true), now: .zero) == .skip)
        #expect(ledger.received(.message(2, body: "yes"), now: .zero) == .deliver)
        #expect(ledger.held == 1)
    }

    // MARK: Sessions

    @Test("what came in one session is not acked in another before it has come there too")
    func epochs() {
        var ledger = Self.ledger(.unordered)
        for sequence in UInt64(1)...2 { _ = ledger.received(.message(sequence), now: .zero) }
        ledger.sessionLost()
        _ = ledger.sessionResumed(isNew: true, now: .at(1))
        #expect(ledger.delivered(1, sink: 0, now: .at(1)) == .settledWithoutSession)
        #expect(ledger.received(.message(2, redelivered: true), now: .at(1)) == .ignoreCopy)
        #expect(ledger.delivered(2, sink: 0, now: .at(1)) == .acknowledge)
        #expect(ledger.received(.message(1, redelivered: true), now: .at(1)) == .acknowledgeAgain)
        ledger.sessionLost()
        #expect(ledger.sessionResumed(isNew: false, now: .at(2)).isEmpty)
    }

    @Test("a channel begun anew is noticed though what came of it first was above all that was known")
    func restartedAbove() {
        var ledger = Self.ledger(.unordered)
        _ = ledger.received(.message(1, timestamp: 10), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        ledger.sessionLost()
        _ = ledger.sessionResumed(isNew: true, now: .at(1))
        _ = ledger.received(.message(5, timestamp: 100), now: .at(1))
        #expect(ledger.received(.message(1, timestamp: 90), now: .at(1)) == .channelRestarted)
    }
}
