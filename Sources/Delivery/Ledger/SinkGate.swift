package import NIOCore

/// Decides when a sink may begin another delivery: how many at once, how many a second, and none while it is known to be down.
///
/// Pure. A circuit breaker opens after some failures in a row; then, after a pause, one delivery at a time is let through to see
/// whether the sink works again. What waits meanwhile has not been tried, and what fails while the breaker is open has not been tried
/// in earnest, with one exception: a probe that the sink was reached with. Else a message that a sink fails at, alone in an
/// ordered route, would be the only probe there is, for ever.
package struct SinkGate: Sendable {
    package struct Configuration: Sendable, Equatable {
        /// How many deliveries may be under way at once, at least 1.
        package var concurrency: Int

        /// nil: no breaker.
        package var breaker: Breaker?

        /// nil: no limit.
        package var rateLimit: RateLimit?

        package init(concurrency: Int, breaker: Breaker? = nil, rateLimit: RateLimit? = nil) {
            self.concurrency = concurrency
            self.breaker = breaker
            self.rateLimit = rateLimit
        }
    }

    package struct Breaker: Sendable, Equatable {
        /// How many failures in a row open it, at least 1. 5.
        package var failures: Int

        /// How long nothing is tried then, before a single delivery is. 30 s.
        package var openFor: TimeAmount

        package init(failures: Int = 5, openFor: TimeAmount = .seconds(30)) {
            self.failures = failures
            self.openFor = openFor
        }
    }

    package struct RateLimit: Sendable, Equatable {
        /// How many deliveries may begin in a second on average, above 0.
        package var perSecond: Double

        /// How many may begin at once after a quiet time, at least 1.
        package var burst: Int

        package init(perSecond: Double, burst: Int) {
            self.perSecond = perSecond
            self.burst = burst
        }
    }

    package enum Permission: Sendable, Equatable {
        /// Begin one, which `ended` is told of.
        case begin(Ticket)
        /// Ask again then.
        case wait(until: NIODeadline)
        /// Ask again when one that is under way has ended.
        case waitForEnd
    }

    /// Which delivery has ended.
    package enum Ticket: Sendable, Equatable {
        case usual
        /// The one that finds out whether the sink works again.
        case probe
    }

    /// How a delivery ended, as far as it says something of the sink.
    package enum End: Sendable, Equatable {
        /// The sink works, whether or not it took the message.
        case works
        /// The sink failed at it.
        case fails
        /// The sink could not be reached at all; that says nothing of the message.
        case unreachable
        /// It has asked for a pause. That is no failure, and no sign that it works.
        case asksForPause(TimeAmount)
        /// It has said that it takes nothing any more, ever.
        case isGone
        /// Nothing is known, as when the delivery was given up here.
        case unknown
    }

    /// What has changed, for the log.
    package enum Change: Sendable, Equatable {
        case opened
        case closed
        case paused
    }

    private enum State {
        case closed(failures: Int)
        case open(until: NIODeadline)
        case probing
        /// For good: nothing begins any more.
        case paused
    }

    /// The longest pause that a sink can ask for: an answer from outside must not stop a route for a day.
    package static let longestPause = TimeAmount.minutes(5)

    private let configuration: Configuration
    private var state = State.closed(failures: 0)
    private var tokens: Double
    private var tokensAt: NIODeadline
    private var pausedUntil: NIODeadline?

    /// How many are under way.
    package private(set) var running = 0

    package init(_ configuration: Configuration, now: NIODeadline) {
        self.configuration = configuration
        self.tokens = Double(configuration.rateLimit?.burst ?? 0)
        self.tokensAt = now
    }

    /// Whether the sink is taken to be down.
    package var isOpen: Bool {
        switch self.state {
        case .closed, .paused: false
        case .open, .probing: true
        }
    }

    /// Whether the sink has said that it takes nothing any more.
    package var isPaused: Bool {
        if case .paused = self.state { true } else { false }
    }

    /// Asks to begin one delivery. What is allowed counts as under way.
    package mutating func mayBegin(now: NIODeadline) -> Permission {
        guard self.running < self.configuration.concurrency else { return .waitForEnd }
        if let pausedUntil = self.pausedUntil {
            if now < pausedUntil { return .wait(until: pausedUntil) }
            self.pausedUntil = nil
        }
        var ticket = Ticket.usual
        switch self.state {
        case .closed: break
        case .open(let until):
            if now < until { return .wait(until: until) }
            ticket = .probe
        case .probing, .paused:
            return .waitForEnd
        }
        if let tokenAt = self.takeToken(now: now) { return .wait(until: tokenAt) }
        if ticket == .probe { self.state = .probing }
        self.running += 1
        return .begin(ticket)
    }

    /// - Returns: nil when there was a token, else when there will be one.
    private mutating func takeToken(now: NIODeadline) -> NIODeadline? {
        guard let limit = self.configuration.rateLimit else { return nil }
        let seconds = Double((now - self.tokensAt).nanoseconds) / 1e9
        self.tokens = min(Double(limit.burst), self.tokens + max(0, seconds) * limit.perSecond)
        self.tokensAt = now
        // What is missing to a whole one may be lost in the last digits.
        guard self.tokens < 1 - 1e-6 else {
            self.tokens = max(0, self.tokens - 1)
            return nil
        }
        return now + .nanoseconds(Int64(((1 - self.tokens) / limit.perSecond * 1e9).rounded(.up)))
    }

    /// A delivery has ended.
    ///
    /// - Returns: whether a failure counts as an attempt of the message, and what has changed.
    package mutating func ended(_ ticket: Ticket, _ end: End, now: NIODeadline) -> (countsAsAttempt: Bool, change: Change?) {
        self.running -= 1
        if self.isPaused { return (false, nil) }
        let wasOpen = self.isOpen
        switch end {
        case .isGone:
            self.state = .paused
            return (false, .paused)
        case .works:
            self.state = .closed(failures: 0)
        case .fails, .unreachable:
            self.failed(ticket, now: now)
        case .asksForPause(let pause):
            self.pausedUntil = max(self.pausedUntil ?? now, now + min(pause, Self.longestPause))
            if ticket == .probe { self.open(now: now) }
        case .unknown:
            if ticket == .probe { self.open(now: now) }
        }
        let countsAsAttempt = !wasOpen || ticket == .probe && end != .unreachable && end != .unknown
        guard wasOpen != self.isOpen else { return (countsAsAttempt, nil) }
        return (countsAsAttempt, wasOpen ? .closed : .opened)
    }

    private mutating func failed(_ ticket: Ticket, now: NIODeadline) {
        switch self.state {
        case .closed(let failures):
            self.state = .closed(failures: failures + 1)
            guard let breaker = self.configuration.breaker, failures + 1 >= breaker.failures else { return }
            self.open(now: now)
        case .paused:
            break
        case .open, .probing:
            // Others that were under way when it opened say nothing new.
            if ticket == .probe { self.open(now: now) }
        }
    }

    private mutating func open(now: NIODeadline) {
        guard let breaker = self.configuration.breaker else { return }
        self.state = .open(until: now + breaker.openFor)
    }
}
