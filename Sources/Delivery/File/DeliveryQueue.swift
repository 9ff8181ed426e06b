import Synchronization

/// What waits for a sink's one thread, and whether that thread has to be woken.
///
/// Waking a thread costs far more than appending to an array: it happens once when the thread has run out of work, however much
/// arrives while it works.
final class DeliveryQueue: Sendable {
    enum Next {
        /// What arrived since the last time: nothing, where the taker still had work of its own.
        case batches([DeliveryBatch])

        /// There is nothing. Whoever appends next is told to wake the taker.
        case sleep

        /// The queue was closed; what waited in it is gone.
        case stop
    }

    private struct State {
        var waiting: [DeliveryBatch] = []
        var isAwake = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// - Returns: whether the taker sleeps and must be woken by the caller.
    func append(_ batch: DeliveryBatch) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.waiting.append(batch)
            guard !state.isAwake else { return false }
            state.isAwake = true
            return true
        }
    }

    /// Takes everything that waits.
    ///
    /// - Parameter hasWork: whether the caller would go on even if nothing had arrived.
    func take(hasWork: Bool) -> Next {
        self.state.withLock { state in
            if state.isClosed { return .stop }
            if state.waiting.isEmpty, !hasWork {
                state.isAwake = false
                return .sleep
            }
            state.isAwake = true
            var batches: [DeliveryBatch] = []
            swap(&batches, &state.waiting)
            return .batches(batches)
        }
    }

    /// Whether somebody wants the thread to stop as soon as it can.
    var isClosed: Bool {
        self.state.withLock { $0.isClosed }
    }

    func close() {
        // Freed outside of the lock: there may be many.
        _ = self.state.withLock { state in
            state.isClosed = true
            var batches: [DeliveryBatch] = []
            swap(&batches, &state.waiting)
            return batches
        }
    }
}
