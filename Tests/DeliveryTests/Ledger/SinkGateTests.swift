import NIOCore
import Testing

@testable import Delivery

@Suite("Sink gate")
struct SinkGateTests {
    private static func gate(
        concurrency: Int = 100,
        breaker: SinkGate.Breaker? = nil,
        rateLimit: SinkGate.RateLimit? = nil
    ) -> SinkGate {
        SinkGate(.init(concurrency: concurrency, breaker: breaker, rateLimit: rateLimit), now: .zero)
    }

    private static let breaker = SinkGate.Breaker(failures: 3, openFor: .seconds(30))

    /// A gate whose breaker has just opened, at zero.
    private static func openGate() -> SinkGate {
        var gate = Self.gate(breaker: Self.breaker)
        for _ in 0..<3 {
            #expect(gate.mayBegin(now: .zero) == .begin(.usual))
            _ = gate.ended(.usual, .fails, now: .zero)
        }
        #expect(gate.isOpen)
        return gate
    }

    // MARK: Concurrency

    @Test("no more than so many are under way at once")
    func concurrency() {
        var gate = Self.gate(concurrency: 2)
        #expect(gate.mayBegin(now: .zero) == .begin(.usual))
        #expect(gate.mayBegin(now: .zero) == .begin(.usual))
        #expect(gate.mayBegin(now: .at(1_000)) == .waitForEnd)
        _ = gate.ended(.usual, .works, now: .at(1_000))
        #expect(gate.mayBegin(now: .at(1_000)) == .begin(.usual))
        #expect(gate.running == 2)
    }

    // MARK: Breaker

    @Test("failures in a row open the breaker; each of them counts as an attempt, and the last says that it opened")
    func opening() {
        var gate = Self.gate(breaker: Self.breaker)
        for failure in 1...3 {
            #expect(gate.mayBegin(now: .zero) == .begin(.usual))
            let (counts, change) = gate.ended(.usual, failure == 2 ? .unreachable : .fails, now: .zero)
            #expect(counts)
            #expect(change == (failure == 3 ? .opened : nil))
        }
        #expect(gate.mayBegin(now: .zero) == .wait(until: .at(30)))
        #expect(gate.mayBegin(now: .at(29.9)) == .wait(until: .at(30)))
    }

    @Test("a sink that is gone is never tried again, whatever still ends; none of it counts as an attempt")
    func gone() {
        var gate = Self.gate(breaker: Self.breaker)
        for _ in 0..<3 { #expect(gate.mayBegin(now: .zero) == .begin(.usual)) }
        let (counts, change) = gate.ended(.usual, .isGone, now: .zero)
        #expect(!counts)
        #expect(change == .paused)
        #expect(gate.isPaused)
        for end in [.works, .isGone] as [SinkGate.End] {
            let (counts, change) = gate.ended(.usual, end, now: .zero)
            #expect(!counts)
            #expect(change == nil)
        }
        #expect(gate.running == 0)
        #expect(gate.isPaused && !gate.isOpen)
        #expect(gate.mayBegin(now: .at(1_000_000)) == .waitForEnd)
    }

    @Test("a success in between starts the count anew")
    func success() {
        var gate = Self.gate(breaker: Self.breaker)
        for end in [.fails, .fails, .works, .fails, .fails] as [SinkGate.End] {
            #expect(gate.mayBegin(now: .zero) == .begin(.usual))
            _ = gate.ended(.usual, end, now: .zero)
        }
        #expect(!gate.isOpen)
    }

    @Test("after the pause one probe is let through, and no other beside it")
    func probe() {
        var gate = Self.openGate()
        #expect(gate.mayBegin(now: .at(30)) == .begin(.probe))
        #expect(gate.mayBegin(now: .at(31)) == .waitForEnd)
        #expect(gate.mayBegin(now: .at(1_000)) == .waitForEnd)
        #expect(gate.ended(.probe, .works, now: .at(1_000)).change == .closed)
        #expect(gate.mayBegin(now: .at(1_000)) == .begin(.usual))
        #expect(gate.mayBegin(now: .at(1_000)) == .begin(.usual))
    }

    @Test(
        "a probe that fails begins another pause; it counts as an attempt when the sink was reached",
        arguments: [(.fails, true), (.unreachable, false), (.unknown, false)] as [(SinkGate.End, Bool)]
    )
    func failedProbe(end: SinkGate.End, counts: Bool) {
        var gate = Self.openGate()
        #expect(gate.mayBegin(now: .at(30)) == .begin(.probe))
        let (countsAsAttempt, change) = gate.ended(.probe, end, now: .at(35))
        #expect(countsAsAttempt == counts)
        #expect(change == nil)
        #expect(gate.mayBegin(now: .at(64)) == .wait(until: .at(65)))
        #expect(gate.mayBegin(now: .at(65)) == .begin(.probe))
    }

    @Test("what was under way when it opened and fails afterwards counts as nothing, and does not prolong the pause")
    func underWay() {
        var gate = Self.gate(breaker: Self.breaker)
        for _ in 0..<5 { #expect(gate.mayBegin(now: .zero) == .begin(.usual)) }
        for _ in 0..<3 { _ = gate.ended(.usual, .fails, now: .zero) }
        let (counts, change) = gate.ended(.usual, .fails, now: .at(10))
        #expect(!counts)
        #expect(change == nil)
        #expect(gate.mayBegin(now: .at(30)) == .begin(.probe))
        _ = gate.ended(.usual, .fails, now: .at(31))
        #expect(gate.mayBegin(now: .at(31)) == .waitForEnd)
        #expect(gate.ended(.probe, .works, now: .at(32)).change == .closed)
    }

    @Test("a day of outage costs one probe for each pause")
    func day() {
        var gate = Self.openGate()
        var now = NIODeadline.zero
        var probes = 0
        while now < .at(86_400) {
            switch gate.mayBegin(now: now) {
            case .begin(let ticket):
                #expect(ticket == .probe)
                probes += 1
                _ = gate.ended(ticket, .unreachable, now: now)
            case .wait(let until):
                now = until
            case .waitForEnd:
                Issue.record("nothing is under way")
                return
            }
        }
        #expect(probes == 86_400 / 30 - 1)
    }

    @Test("without a breaker it is always tried")
    func withoutBreaker() {
        var gate = Self.gate()
        for _ in 0..<100 {
            #expect(gate.mayBegin(now: .zero) == .begin(.usual))
            #expect(gate.ended(.usual, .fails, now: .zero).countsAsAttempt)
        }
    }

    // MARK: Rate

    @Test("a burst at first, then so many a second", arguments: [0.5, 1, 3, 7, 1_000])
    func rate(perSecond: Double) {
        var gate = Self.gate(concurrency: .max, rateLimit: .init(perSecond: perSecond, burst: 5))
        var now = NIODeadline.zero
        var begun = 0
        while now < .at(20 / perSecond) {
            switch gate.mayBegin(now: now) {
            case .begin: begun += 1
            case .wait(let until):
                #expect(until > now)
                now = until
            case .waitForEnd: Issue.record("there is room")
            }
        }
        // 20 of them over the time, but for rounding at its end, beside the burst.
        #expect((24...25).contains(begun))
    }

    @Test("a quiet time makes room for a burst, and for no more")
    func burst() {
        var gate = Self.gate(concurrency: .max, rateLimit: .init(perSecond: 1, burst: 3))
        func begun(at now: NIODeadline) -> Int {
            var count = 0
            while case .begin = gate.mayBegin(now: now) { count += 1 }
            return count
        }
        #expect(begun(at: .zero) == 3)
        #expect(begun(at: .at(2)) == 2)
        #expect(begun(at: .at(1_000)) == 3)
    }

    // MARK: Pause

    @Test("a sink that asks for a pause gets it, up to five minutes", arguments: [(10, 10), (86_400, 300)] as [(Int64, Double)])
    func pause(asked: Int64, given: Double) {
        var gate = Self.gate(breaker: Self.breaker)
        #expect(gate.mayBegin(now: .zero) == .begin(.usual))
        #expect(gate.ended(.usual, .asksForPause(.seconds(asked)), now: .zero).countsAsAttempt)
        #expect(!gate.isOpen)
        #expect(gate.mayBegin(now: .at(given - 1)) == .wait(until: .at(given)))
        #expect(gate.mayBegin(now: .at(given)) == .begin(.usual))
    }
}
