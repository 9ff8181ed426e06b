import NIOCore

/// Periods of one length, counted from the epoch: pure. Days begin at midnight, UTC.
struct Periods {
    /// In nanoseconds.
    private let length: Int64

    init(_ length: TimeAmount) {
        self.length = max(length.nanoseconds, 1)
    }

    /// Which period a time lies in.
    ///
    /// - Parameter time: nanoseconds since the Unix epoch.
    func index(of time: Int64) -> Int64 {
        time >= 0 ? time / self.length : (time + 1) / self.length - 1
    }

    /// How long the period of a time still lasts.
    func end(of time: Int64) -> TimeAmount {
        let rest = time % self.length
        return .nanoseconds(self.length - (rest < 0 ? rest + self.length : rest))
    }
}
