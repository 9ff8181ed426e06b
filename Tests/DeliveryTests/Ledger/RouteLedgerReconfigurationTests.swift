import NIOCore
import Testing

@testable import Delivery

@Suite("Route ledger: another configuration")
struct RouteLedgerReconfigurationTests {
    private static let proxy = RouteLedger.maximumSinks

    private static func identity(_ sinks: [String], deadLetter: String? = nil) -> JournalIdentity {
        JournalIdentity(
            route: "r",
            cluster: "c",
            channel: "ch",
            clientID: "i",
            durableName: "d",
            queue: nil,
            sinks: sinks,
            deadLetter: deadLetter
        )
    }

    private static func configuration(
        _ identity: JournalIdentity,
        ordering: RouteLedger.Ordering = .unordered
    ) -> RouteLedger.Configuration {
        var configuration = RouteLedger.Configuration(
            sinks: identity.sinks.count,
            retry: .exact,
            capacity: 100,
            settledMemory: .minutes(1)
        )
        configuration.hasDeadLetter = identity.deadLetter != nil
        configuration.ordering = ordering
        return configuration
    }

    private static func ledger(
        _ identity: JournalIdentity,
        ordering: RouteLedger.Ordering = .unordered,
        memory: RouteMemory = RouteMemory()
    ) -> RouteLedger {
        var ledger = RouteLedger(
            configuration: Self.configuration(identity, ordering: ordering),
            seed: 1,
            memory: memory,
            now: .zero
        )
        _ = ledger.sessionResumed(isNew: true, now: .zero)
        return ledger
    }

    /// Where what can be handed over goes.
    private static func taken(_ ledger: inout RouteLedger, now: NIODeadline = .zero) -> [RouteLedger.Place] {
        var places: [RouteLedger.Place] = []
        while let (sink, delivery) = ledger.takeNext(now: now) {
            places.append(RouteLedger.Place(sequence: delivery.envelope.sequence, sink: sink))
        }
        return places
    }

    @Test("what only a sink lacks that is no more is done, and acked")
    func removed() {
        let (old, new) = (Self.identity(["a", "b"]), Self.identity(["a"]))
        var ledger = Self.ledger(old)
        for sequence in 1...2 as ClosedRange<UInt64> { _ = ledger.received(.message(sequence), now: .zero) }
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .waitForOthers)
        _ = ledger.failed(1, sink: 1, .retry(reason: "down", after: nil), now: .zero)
        _ = ledger.failed(2, sink: 0, .retry(reason: "busy", after: nil), now: .zero)
        _ = ledger.failed(2, sink: 1, .retry(reason: "down", after: nil), now: .zero)
        let done = ledger.reconfigure(Self.configuration(new), from: old, to: new, replaced: [], now: .zero)
        #expect(done.map(\.sequence) == [1])
        #expect(done.first?.1 == .acknowledge)
        #expect((ledger.held, ledger.failing, ledger.retrying) == (1, 1, 1))
        #expect(ledger.received(.message(1, redelivered: true), now: .zero) == .acknowledgeAgain)
        #expect(Self.taken(&ledger).isEmpty)
        #expect(ledger.takeNext(now: .at(1))?.delivery.attempt == 2)
        #expect(ledger.delivered(2, sink: 0, now: .at(1)) == .acknowledge)
    }

    @Test("a new sink gets what is held, and nothing else gets it again")
    func added() {
        let (old, new) = (Self.identity(["a", "b"]), Self.identity(["new", "b", "a"]))
        var ledger = Self.ledger(old)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        _ = ledger.failed(1, sink: 1, .retry(reason: "busy", after: nil), now: .zero)
        #expect(ledger.reconfigure(Self.configuration(new), from: old, to: new, replaced: [], now: .zero).isEmpty)
        #expect(Self.taken(&ledger) == [RouteLedger.Place(sequence: 1, sink: 0)])
        #expect(Self.taken(&ledger, now: .at(1)) == [RouteLedger.Place(sequence: 1, sink: 1)])
        #expect(ledger.delivered(1, sink: 1, now: .at(1)) == .waitForOthers)
        #expect(ledger.delivered(1, sink: 0, now: .at(1)) == .acknowledge)
    }

    @Test(
        "what a sink had in hand that was closed is handed over again, its attempts going on; what it was to be tried with, at once"
    )
    func replaced() {
        let identity = Self.identity(["a"])
        var ledger = Self.ledger(identity)
        for sequence in 1...2 as ClosedRange<UInt64> { _ = ledger.received(.message(sequence), now: .zero) }
        _ = ledger.failed(1, sink: 0, .retry(reason: "busy", after: nil), now: .zero)
        #expect(ledger.inDelivery(at: [0], deadLetter: false) == 1)
        let none = ledger.reconfigure(Self.configuration(identity), from: identity, to: identity, replaced: ["a"], now: .zero)
        #expect(none.isEmpty)
        #expect((ledger.inDelivery, ledger.held) == (0, 2))
        #expect(ledger.takeNext(now: .zero)?.delivery.attempt == 2)
        #expect(ledger.takeNext(now: .zero)?.delivery.attempt == 1)
        #expect(ledger.delivered(1, sink: 0, now: .zero) == .acknowledge)
    }

    @Test("a message that was given up goes to the dead-letter sink there is now, or is the sink's again where there is none")
    func deadLetters() {
        let old = Self.identity(["a"], deadLetter: "dead")
        for new in [Self.identity(["a"], deadLetter: "grave"), Self.identity(["a"])] {
            var ledger = Self.ledger(old)
            _ = ledger.received(.message(1), now: .zero)
            #expect(ledger.failed(1, sink: 0, .rejected(reason: "no"), now: .zero) == .deadLetter)
            #expect(Self.taken(&ledger) == [RouteLedger.Place(sequence: 1, sink: Self.proxy)])
            _ = ledger.failed(1, sink: Self.proxy, .retry(reason: "full", after: nil), now: .zero)
            #expect(ledger.reconfigure(Self.configuration(new), from: old, to: new, replaced: [], now: .zero).isEmpty)
            let sink = new.deadLetter == nil ? 0 : Self.proxy
            #expect(Self.taken(&ledger) == [RouteLedger.Place(sequence: 1, sink: sink)])
            #expect(ledger.delivered(1, sink: sink, now: .zero) == .acknowledge)
        }
    }

    @Test("in an ordered route what stands in line goes on standing there")
    func ordered() {
        let (old, new) = (Self.identity(["a", "b"]), Self.identity(["b", "c"]))
        var ledger = Self.ledger(old, ordering: .ordered)
        for sequence in 1...3 as ClosedRange<UInt64> { #expect(ledger.received(.message(sequence), now: .zero) == .hold) }
        #expect(Self.taken(&ledger).count == 2)
        _ = ledger.delivered(1, sink: 1, now: .zero)
        _ = ledger.failed(1, sink: 0, .retry(reason: "busy", after: nil), now: .zero)
        let configuration = Self.configuration(new, ordering: .ordered)
        #expect(ledger.reconfigure(configuration, from: old, to: new, replaced: [], now: .zero).isEmpty)
        for sequence in 1...3 as ClosedRange<UInt64> {
            let places = Self.taken(&ledger)
            #expect(places == (sequence == 1 ? [1] : [0, 1]).map { RouteLedger.Place(sequence: sequence, sink: $0) })
            for place in places { _ = ledger.delivered(sequence, sink: place.sink, now: .zero) }
        }
        #expect(ledger.held == 0)
    }

    @Test("in an ordered route, what an earlier process had begun can be done before its turn, and its line goes on")
    func doneInLine() {
        let (old, new) = (Self.identity(["a", "b"]), Self.identity(["a"]))
        var memory = RouteMemory()
        memory.newest = RouteMemory.Newest(sequence: 3, timestamp: 3)
        memory.open[2] = RouteMemory.OpenMessage()
        memory.open[2]?.taken = 1
        var ledger = Self.ledger(old, ordering: .ordered, memory: memory)
        for sequence in 1...3 as ClosedRange<UInt64> { #expect(ledger.received(.message(sequence), now: .zero) == .hold) }
        let configuration = Self.configuration(new, ordering: .ordered)
        let done = ledger.reconfigure(configuration, from: old, to: new, replaced: [], now: .zero)
        #expect(done.map(\.sequence) == [2])
        for sequence in [1, 3] as [UInt64] {
            #expect(Self.taken(&ledger) == [RouteLedger.Place(sequence: sequence, sink: 0)])
            #expect(ledger.delivered(sequence, sink: 0, now: .zero) == .acknowledge)
        }
        #expect(ledger.held == 0)
    }

    @Test("what came in an earlier session is not acked in this one because a sink is gone")
    func earlierSession() {
        let (old, new) = (Self.identity(["a", "b"]), Self.identity(["a"]))
        var ledger = Self.ledger(old)
        _ = ledger.received(.message(1), now: .zero)
        _ = ledger.delivered(1, sink: 0, now: .zero)
        ledger.sessionLost()
        _ = ledger.sessionResumed(isNew: true, now: .zero)
        let done = ledger.reconfigure(Self.configuration(new), from: old, to: new, replaced: [], now: .zero)
        #expect(done.first?.1 == .settledWithoutSession)
        #expect(ledger.received(.message(1, redelivered: true), now: .zero) == .acknowledgeAgain)
    }
}
