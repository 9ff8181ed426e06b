import NIOCore
import Testing

@testable import Delivery

@Suite("Retry schedule")
struct RetryScheduleTests {
    @Test("jitter stays within its bounds and the maximum, and uses all of what is between them", arguments: [0.1, 0.2, 0.5, 1])
    func jitter(_ jitter: Double) {
        var schedule = RetrySchedule()
        schedule.jitter = jitter
        var generator = SplitMix64(seed: 7)
        for attempt in UInt32(1)...12 {
            let exact = min(pow2(attempt - 1), 300)
            let delays = (0..<2_000).map { _ in
                Double(schedule.delay(after: attempt, using: &generator).nanoseconds) / 1e9
            }
            let (least, most) = (exact * (1 - jitter), min(exact * (1 + jitter), 300))
            #expect(delays.allSatisfy { $0 >= least - 1e-6 && $0 <= most + 1e-6 })
            // At the longest pause too: what waits for it must not come back at once.
            #expect((delays.min() ?? 0) < least + (most - least) * 0.05)
            #expect((delays.max() ?? 0) > most - (most - least) * 0.05)
            #expect(Set(delays).count > 1_900)
        }
    }

    @Test("the same seed gives the same pauses, another one others")
    func seeds() {
        func delays(_ seed: UInt64) -> [TimeAmount] {
            var generator = SplitMix64(seed: seed)
            return (UInt32(1)...20).map { RetrySchedule().delay(after: $0, using: &generator) }
        }
        #expect(delays(1) == delays(1))
        #expect(delays(1) != delays(2))
    }

    @Test("a multiplier of 1 keeps the pause", arguments: [1, 2, 3, 1_000, .max] as [UInt32])
    func constant(attempt: UInt32) {
        var schedule = RetrySchedule()
        (schedule.multiplier, schedule.jitter) = (1, 0)
        var generator = SplitMix64(seed: 1)
        #expect(schedule.delay(after: attempt, using: &generator) == .seconds(1))
    }

    @Test("extreme settings neither overflow nor hang", arguments: [1, 2, 1_000, .max] as [UInt32])
    func extremes(attempt: UInt32) {
        var schedule = RetrySchedule()
        schedule.initial = .nanoseconds(1)
        schedule.maximum = .hours(24 * 365)
        (schedule.multiplier, schedule.jitter) = (1_000, 1)
        var generator = SplitMix64(seed: 1)
        for _ in 0..<100 {
            let delay = schedule.delay(after: attempt, using: &generator)
            #expect(delay >= .zero && delay <= schedule.maximum)
            #expect(schedule.slowest(using: &generator) <= schedule.maximum)
        }
    }

    @Test("a first pause beyond the longest is the longest")
    func initialBeyondMaximum() {
        var schedule = RetrySchedule()
        (schedule.initial, schedule.maximum, schedule.jitter) = (.seconds(60), .seconds(5), 0)
        var generator = SplitMix64(seed: 1)
        #expect(schedule.delay(after: 1, using: &generator) == .seconds(5))
    }

    private func pow2(_ exponent: UInt32) -> Double { Double(UInt64(1) << UInt64(exponent)) }
}
