import NIOCore
import Testing

@testable import stan_bridged

@Suite("Rate")
struct RateMeterTests {
    private static func at(_ seconds: Double) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000_000) + .nanoseconds(Int64(seconds * 1e9))
    }

    @Test("a steady stream has its own rate, from the second second on")
    func steady() {
        var meter = RateMeter()
        for tenth in 0..<250 {
            let time = Double(tenth) / 10
            meter.count(5, now: Self.at(time))
            if time >= 1 { #expect(meter.perSecond(now: Self.at(time)) == 50, "after \(time) s") }
        }
    }

    @Test("in its first second, what came is its rate")
    func beginning() {
        var meter = RateMeter()
        #expect(meter.perSecond(now: Self.at(0)) == 0)
        meter.count(7, now: Self.at(0.2))
        meter.count(3, now: Self.at(0.9))
        #expect(meter.perSecond(now: Self.at(0.95)) == 10)
    }

    @Test("what has ended is forgotten within the window, second by second")
    func ending() {
        var meter = RateMeter()
        for second in 0..<20 { meter.count(100, now: Self.at(Double(second) + 0.5)) }
        #expect(meter.perSecond(now: Self.at(20)) == 100)
        #expect(meter.perSecond(now: Self.at(25)) == 50)
        #expect(meter.perSecond(now: Self.at(29.9)) == 10)
        #expect(meter.perSecond(now: Self.at(30)) == 0)
        #expect(meter.perSecond(now: Self.at(100_000)) == 0)
    }

    @Test("after a pause of any length, only what came after it counts", arguments: Array(9...34) + [1000])
    func pause(seconds: Int) {
        var meter = RateMeter()
        meter.count(1000, now: Self.at(0))
        let later = Double(seconds)
        meter.count(20, now: Self.at(later))
        #expect(meter.perSecond(now: Self.at(later + 1)) == (seconds < 10 ? 102 : 2))
    }
}
