import Synchronization

/// Where the route's event loop leaves records for the journal's thread.
///
/// They are encoded at once: bytes are less than what they are made of, and can be counted. Waking a thread costs far more than
/// that, so it happens only when the thread has run out of work.
final class JournalQueue: Sendable {
    enum Addition {
        case done
        /// The thread sleeps and must be woken.
        case wake
        /// So much waits that it was dropped: nothing is taken until there is a replacement.
        case overflow
    }

    private struct State: ~Copyable {
        var records = RecordBuffer()

        /// What comes before the records, and makes all before it needless.
        var replacement: RouteMemory?

        var isAwake = false

        /// Whether records were lost, so that no others must follow.
        var isLosing = false

        var wantsSnapshot = false
        var isFailing = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// How many bytes may wait.
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    var wantsSnapshot: Bool { self.state.withLock { $0.wantsSnapshot } }

    /// Whether records were lost, and no replacement has come since.
    var isLosing: Bool { self.state.withLock { $0.isLosing } }

    /// Whether the thread's last attempt to write has failed.
    var isFailing: Bool { self.state.withLock { $0.isFailing } }

    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    // MARK: The route's side

    func add(_ batch: JournalBatch) -> Addition {
        self.state.withLock { state in
            guard !state.isClosed, !state.isLosing else { return .done }
            JournalCodec.append(batch, to: &state.records)
            if state.records.count > self.limit {
                state.records = RecordBuffer()
                state.isLosing = true
                return .overflow
            }
            return Self.wake(&state) ? .wake : .done
        }
    }

    /// - Returns: whether the thread sleeps and must be woken.
    func replace(with memory: RouteMemory) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.records.removeAll(keepingAtMost: self.limit)
            state.replacement = memory
            state.isLosing = false
            state.wantsSnapshot = false
            return Self.wake(&state)
        }
    }

    // MARK: The thread's side

    /// Takes what waits.
    ///
    /// - Parameter records: is left alone as long as there is something in it, but for a replacement.
    func take(into records: inout RecordBuffer) -> RouteMemory? {
        self.state.withLock { state in
            if state.replacement != nil { records.removeAll(keepingAtMost: 64 << 10) }
            if records.count == 0 { swap(&state.records, &records) }
            return state.replacement.take()
        }
    }

    /// - Returns: whether nothing waits. Whoever adds something next is told to wake the thread.
    func sleep() -> Bool {
        self.state.withLock { state in
            guard state.records.count == 0, state.replacement == nil else { return false }
            state.isAwake = false
            return true
        }
    }

    /// - Returns: whether the thread sleeps, and is awake from now on.
    func wake() -> Bool {
        self.state.withLock { Self.wake(&$0) }
    }

    /// Says that the file lacks records. A replacement that waits makes up for it.
    func lose() {
        self.state.withLock { state in
            guard state.replacement == nil else { return }
            state.records = RecordBuffer()
            state.isLosing = true
        }
    }

    func setFailing(_ isFailing: Bool) {
        self.state.withLock { $0.isFailing = isFailing }
    }

    func requestSnapshot() {
        self.state.withLock { state in
            if state.replacement == nil { state.wantsSnapshot = true }
        }
    }

    func close() {
        self.state.withLock { state in
            state.isClosed = true
            state.wantsSnapshot = false
            state.records = RecordBuffer()
            state.replacement = nil
        }
    }

    private static func wake(_ state: inout State) -> Bool {
        guard !state.isAwake else { return false }
        state.isAwake = true
        return true
    }
}
