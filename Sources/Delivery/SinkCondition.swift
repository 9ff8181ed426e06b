import Synchronization

/// How a sink stands, for status and metrics.
package struct SinkCondition: Sendable, Equatable {
    /// Whether the sink is taken to be down and is left alone for a while.
    package var isBreakerOpen = false

    package init() {}
}

/// Where a sink's own thread writes it down for others to see.
final class SinkConditionBox: Sendable {
    private let state = Mutex(SinkCondition())

    var value: SinkCondition { self.state.withLock { $0 } }

    func setBreakerOpen(_ isOpen: Bool) {
        self.state.withLock { $0.isBreakerOpen = isOpen }
    }
}
