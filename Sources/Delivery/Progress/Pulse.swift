package import NIOCore
import Synchronization

/// Shows whether a thread still comes round, to somebody who asks it now and then.
///
/// A thread answers by beginning another turn of its loop, and by coming back from a system call. One that is inside of a call to the
/// file system cannot answer, and is not to blame: it waits for the disk.
package final class Pulse: Sendable {
    package enum State: Sendable, Equatable {
        /// It has answered, or has not been asked, or does not run.
        case alive
        /// It has not answered since it was asked.
        case silent(since: NIODeadline)
        /// Nor has this one, but it is inside of a call to the file system.
        case waitingForDisk(since: NIODeadline)
    }

    private let isRunning = Atomic<Bool>(false)

    /// When the question was asked that has not been answered, in nanoseconds of the monotonic clock; 0 when there is none.
    private let asked = Atomic<UInt64>(0)

    /// How many calls to the file system are going on, and since when there has been one.
    private let calls = Atomic<Int>(0)
    private let inCallSince = Atomic<UInt64>(0)

    package init() {}

    // MARK: For the one who watches

    /// Asks the thread, which has to be woken after that. A question that has not been answered remains.
    ///
    /// - Returns: whether there is a thread to ask.
    package func ask(now: NIODeadline = .now()) -> Bool {
        guard self.isRunning.load(ordering: .acquiring) else { return false }
        _ = self.asked.compareExchange(
            expected: 0,
            desired: max(1, now.uptimeNanoseconds),
            ordering: .sequentiallyConsistent
        )
        return true
    }

    package var state: State {
        let asked = self.asked.load(ordering: .sequentiallyConsistent)
        guard asked != 0, self.isRunning.load(ordering: .acquiring) else { return .alive }
        if self.calls.load(ordering: .sequentiallyConsistent) > 0 {
            return .waitingForDisk(since: .uptimeNanoseconds(self.inCallSince.load(ordering: .relaxed)))
        }
        return .silent(since: .uptimeNanoseconds(asked))
    }

    // MARK: For the thread

    /// The thread runs from now on, and can be asked.
    package func start() {
        self.asked.store(0, ordering: .sequentiallyConsistent)
        self.isRunning.store(true, ordering: .releasing)
    }

    /// The thread ends: there is nobody to ask any more.
    package func stop() {
        self.isRunning.store(false, ordering: .releasing)
    }

    /// The thread has come round.
    package func beat() {
        // Looked at first: what is only read is not taken away from the others' caches.
        guard self.asked.load(ordering: .sequentiallyConsistent) != 0 else { return }
        self.asked.store(0, ordering: .sequentiallyConsistent)
    }

    /// Does what may have to wait for the file system. Several threads may do so at once.
    func inCall<Result>(_ body: () throws(SystemCallError) -> Result) throws(SystemCallError) -> Result {
        if self.calls.load(ordering: .relaxed) == 0 {
            self.inCallSince.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed)
        }
        self.calls.add(1, ordering: .sequentiallyConsistent)
        defer {
            self.calls.subtract(1, ordering: .sequentiallyConsistent)
            self.beat()
        }
        return try body()
    }
}
