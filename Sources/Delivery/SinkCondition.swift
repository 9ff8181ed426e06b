import Synchronization

/// How a sink stands, for status and metrics.
package struct SinkCondition: Sendable, Equatable {
    /// Whether the sink is taken to be down and is left alone for a while.
    package var isBreakerOpen = false

    /// Whether the sink has said that it takes nothing any more, so that nothing is sent until the configuration is loaded again.
    package var isPaused = false

    /// What a sink that writes to files has put on disk; nil for others.
    package var files: Files?

    package struct Files: Sendable, Equatable {
        /// Bytes of messages.
        package var bytes: Int

        /// How often that was done, each time for all messages that waited: in the formats `raw` and `length_delimited` with two
        /// syncs (`fdatasync`), in `json` with one.
        package var syncs: Int

        /// Messages that a file held already, and that were not written again.
        package var copies: Int

        /// Files open at the moment.
        package var open: Int

        package init(bytes: Int, syncs: Int, copies: Int, open: Int) {
            self.bytes = bytes
            self.syncs = syncs
            self.copies = copies
            self.open = open
        }
    }

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
