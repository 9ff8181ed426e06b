import Synchronization

/// Counts what happens on some other thread.
final class LockedCount: Sendable {
    private let count = Mutex(0)
    var value: Int { self.count.withLock { $0 } }
    func add() { self.count.withLock { $0 += 1 } }
}
