import NIOCore

/// How many a second there were of something over the last seconds. Pure.
struct RateMeter: Sendable {
    /// Over how many seconds it is, at the most.
    static let window: Int64 = 10

    /// A place for each whole second of the window, and for the one that is not over yet.
    private var counts = InlineArray<11, UInt32>(repeating: 0)
    private static let places: Int64 = 11

    /// The second that is counted in, since the start of the system; nil: nothing has been counted yet.
    private var second: Int64?

    /// The second in which the first was counted: what has only begun is not held to be slow.
    private var firstSecond: Int64 = 0

    mutating func count(_ count: Int, now: NIODeadline) {
        let second = Self.second(now)
        if self.second == nil {
            self.second = second
            self.firstSecond = second
        }
        self.move(to: second)
        let place = Int(second % Self.places)
        self.counts[place] = self.counts[place].addingReportingOverflow(UInt32(clamping: count)).partialValue
    }

    /// The mean of the last whole seconds.
    func perSecond(now: NIODeadline) -> Double {
        guard let counted = self.second else { return 0 }
        let second = Self.second(now)
        // The second that is not over yet is left out, unless there is no other.
        guard second > self.firstSecond else { return Double(self.counts[Int(counted % Self.places)]) }
        let first = max(second - Self.window, self.firstSecond)
        var sum: UInt64 = 0
        for index in first..<second where index <= counted && index > counted - Self.places {
            sum += UInt64(self.counts[Int(index % Self.places)])
        }
        return Double(sum) / Double(second - first)
    }

    /// Empties the places of the seconds in which nothing was counted.
    private mutating func move(to second: Int64) {
        guard let last = self.second, second > last else { return }
        for index in max(last + 1, second - Self.places + 1)...second { self.counts[Int(index % Self.places)] = 0 }
        self.second = second
    }

    private static func second(_ now: NIODeadline) -> Int64 { Int64(clamping: now.uptimeNanoseconds) / 1_000_000_000 }
}
