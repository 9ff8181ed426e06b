import NIOCore

/// Decides which failures of a route's deliveries are worth a line in the log: the first, then one a minute for all that came
/// since, and the first success after them. Pure.
struct FailureSummary {
    enum Line: Equatable {
        /// A sink that worked begins to fail.
        case began
        /// It goes on: so many failed attempts since the last line.
        case continues(failures: Int)
        /// It works again, after so many failed attempts in all.
        case recovered(failures: Int)
    }

    static let interval = TimeAmount.minutes(1)

    private var total = 0
    private var sinceLine = 0
    private var lastLine: NIODeadline?

    mutating func failed(now: NIODeadline) -> Line? {
        self.total += 1
        self.sinceLine += 1
        guard let last = self.lastLine else {
            self.lastLine = now
            self.sinceLine = 0
            return .began
        }
        guard now - last >= Self.interval else { return nil }
        return self.continues(now)
    }

    /// To be asked now and then where nobody says that all is well again: what came after the last line, when it is old enough.
    mutating func due(now: NIODeadline) -> Line? {
        guard self.sinceLine > 0, let last = self.lastLine, now - last >= Self.interval else { return nil }
        return self.continues(now)
    }

    private mutating func continues(_ now: NIODeadline) -> Line {
        defer { self.sinceLine = 0 }
        self.lastLine = now
        return .continues(failures: self.sinceLine)
    }

    /// To be told when everything that had failed has been delivered.
    mutating func recovered() -> Line? {
        guard self.lastLine != nil else { return nil }
        defer { self = FailureSummary() }
        return .recovered(failures: self.total)
    }
}
