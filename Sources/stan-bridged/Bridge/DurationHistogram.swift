/// How often something took how long, in fixed buckets. Pure.
///
/// Everything lies in the value itself: to note a time allocates nothing, and takes a few nanoseconds.
struct DurationHistogram: Sendable {
    /// The buckets' upper bounds in seconds, each including what took just as long. Beyond the last there is one more.
    static var bounds: [Double] { Self.limits.dropLast().map { Double($0) / 1e9 } }

    /// The same in nanoseconds, 1 ms to an hour, and what nothing is beyond.
    private static let limits: [Int64] = [
        1_000_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
        2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000, 60_000_000_000, 600_000_000_000, 3_600_000_000_000, .max,
    ]

    /// The lowest bucket of what has so many binary digits. It is that one or the next: no two bounds have as many.
    private static let firstBuckets: [UInt8] = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14, 14,
        14, 14, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    ]

    private var buckets = InlineArray<17, UInt64>(repeating: 0)

    /// In nanoseconds. Not an integer: a day's messages, each a day late, would be too much for one.
    private var total: Double = 0

    /// - Parameter nanoseconds: what is below 0, as when two clocks disagree, counts as 0.
    mutating func note(nanoseconds: Int64) {
        let time = max(0, nanoseconds)
        let first = Int(Self.firstBuckets[Int64.bitWidth - time.leadingZeroBitCount])
        self.buckets[first + (time > Self.limits[first] ? 1 : 0)] &+= 1
        self.total += Double(time)
    }

    /// How many took no longer than each of ``bounds``, and last how many there are in all.
    var cumulative: [UInt64] {
        var sum: UInt64 = 0
        return self.buckets.indices.map { index in
            sum &+= self.buckets[index]
            return sum
        }
    }

    /// All times together, in seconds.
    var seconds: Double { self.total / 1e9 }
}
