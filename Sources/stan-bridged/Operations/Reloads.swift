/// What came of loading the configuration again.
struct Reloads: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        case made
        /// Why the old configuration goes on: an error a line, as `check` prints them.
        case refused([String])
    }

    /// How often it was, and the daemon runs with it, or nothing was different.
    var made: UInt64 = 0

    /// How often it could not be used.
    var refused: UInt64 = 0

    /// The last one; nil while there was none.
    var last: Verdict?

    /// When that was: nanoseconds since the Unix epoch.
    var lastAt: Int64?

    mutating func note(_ verdict: Verdict, at time: Int64) {
        switch verdict {
        case .made: self.made += 1
        case .refused: self.refused += 1
        }
        self.last = verdict
        self.lastAt = time
    }
}
