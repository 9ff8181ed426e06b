import Delivery
import Synchronization

/// Waits until a sink has spoken of every message.
final class ReplayReceiver: DeliveryReceiver {
    private struct State {
        var remaining: Int
        var failures: [UInt64: String] = [:]
    }

    private let state: Mutex<State>
    private let onEnd: @Sendable ([UInt64: String]) -> Void

    /// - Parameter onEnd: called once, with why the messages failed that did, by their sequences.
    init(count: Int, onEnd: @escaping @Sendable ([UInt64: String]) -> Void) {
        self.state = Mutex(State(remaining: count))
        self.onEnd = onEnd
    }

    func finished(_ report: DeliveryReport) {
        let failures = self.state.withLock { state -> [UInt64: String]? in
            state.remaining -= report.delivered.count + report.failed.count
            for failed in report.failed { state.failures[failed.sequence] = failed.failure.reason }
            return state.remaining == 0 ? state.failures : nil
        }
        if let failures { self.onEnd(failures) }
    }
}
