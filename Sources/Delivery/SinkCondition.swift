import Synchronization

/// How a sink stands, for status and metrics.
package struct SinkCondition: Sendable, Equatable {
    /// Whether the sink is taken to be down and is left alone for a while.
    package var isBreakerOpen = false

    /// Whether the sink has said that it takes nothing any more, so that nothing is sent until the configuration is loaded again.
    package var isPaused = false

    package init() {}
}

/// Where a sink's own thread writes it down for others to see.
final class SinkConditionBox: Sendable {
    private let state = Mutex(SinkCondition())

    var value: SinkCondition { self.state.withLock { $0 } }

    func set(isBreakerOpen: Bool, isPaused: Bool) {
        self.state.withLock { state in
            state.isBreakerOpen = isBreakerOpen
            state.isPaused = isPaused
        }
    }
}
