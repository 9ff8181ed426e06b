import Synchronization

/// How often something has happened.
final class Recorder: Sendable {
    private let state = Mutex(0)

    var count: Int { self.state.withLock { $0 } }

    func note() { self.state.withLock { $0 += 1 } }
}
