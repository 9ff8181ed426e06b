package import NIOCore

/// A thread that can be asked whether it still comes round.
package struct ThreadProbe: Sendable {
    /// What the thread is, for people, e.g. `HTTP thread`.
    package let name: String

    private let pulse: Pulse
    private let wake: @Sendable () -> Void

    /// - Parameter wake: has the thread begin another turn, at once or when it is done with this one. Is called on any thread, and
    ///   must not block.
    package init(name: String, pulse: Pulse, wake: @escaping @Sendable () -> Void) {
        self.name = name
        self.pulse = pulse
        self.wake = wake
    }

    /// Asks the thread. The answer is seen in ``state``, soon as a rule.
    package func ask(now: NIODeadline = .now()) {
        if self.pulse.ask(now: now) { self.wake() }
    }

    package var state: Pulse.State { self.pulse.state }
}
