import Testing

@testable import stan_bridged

@Suite("Histogram of durations")
struct DurationHistogramTests {
    @Test("each bucket has what took as long as its bound or less, and the last one all")
    func bounds() {
        for (index, bound) in DurationHistogram.bounds.enumerated() {
            var histogram = DurationHistogram()
            histogram.note(nanoseconds: Int64(bound * 1e9))
            histogram.note(nanoseconds: Int64(bound * 1e9) + 1)
            let counts = histogram.cumulative
            #expect(counts.count == DurationHistogram.bounds.count + 1)
            #expect(counts[..<index].allSatisfy { $0 == 0 })
            #expect(counts[index] == 1)
            #expect(counts[(index + 1)...].allSatisfy { $0 == 2 })
        }
    }

    @Test("any time is in the first bucket whose bound is not below it")
    func anyTime() {
        let powers = (0..<63).flatMap { power in [-1, 0, 1].map { (Int64(1) << Int64(power)) + Int64($0) } }
        for time in powers + [.max] + (0..<1000).map({ Int64($0 * $0) * 7_919_000 }) {
            var histogram = DurationHistogram()
            histogram.note(nanoseconds: time)
            let bucket = DurationHistogram.bounds.firstIndex { Double(time) <= $0 * 1e9 } ?? DurationHistogram.bounds.count
            #expect(histogram.cumulative.firstIndex(of: 1) == bucket, "\(time)")
        }
    }

    @Test("times are summed in seconds, and one before its beginning counts as none at all")
    func sum() {
        var histogram = DurationHistogram()
        histogram.note(nanoseconds: 1_500_000_000)
        histogram.note(nanoseconds: 500_000)
        histogram.note(nanoseconds: -7_000_000_000)
        histogram.note(nanoseconds: .min)
        #expect(abs(histogram.seconds - 1.5005) < 1e-9)
        #expect(histogram.cumulative.first == 3)
        #expect(histogram.cumulative.last == 4)
    }

    @Test("the longest time there is, many times, is no trouble")
    func longest() {
        var histogram = DurationHistogram()
        for _ in 0..<10 { histogram.note(nanoseconds: .max) }
        #expect(histogram.cumulative.last == 10)
        #expect(histogram.cumulative.dropLast().allSatisfy { $0 == 0 })
        #expect(histogram.seconds > 9e10)
    }

    @Test("bounds rise, as Prometheus wants them")
    func rising() {
        #expect(DurationHistogram.bounds == DurationHistogram.bounds.sorted())
        #expect(DurationHistogram.bounds.first == 0.001)
        #expect(DurationHistogram.bounds.last == 3600)
    }
}
