import Synchronization

/// What has come and has not been read. Bounded: what does not fit is dropped, and the server sends it again.
final class MessageBuffer: Sendable {
    private struct State {
        var messages: [StanMessage] = []
        var waiter: (id: UInt64, continuation: CheckedContinuation<[StanMessage]?, Never>)?
        var isFinished = false
        /// Who was cancelled before it began to wait.
        var cancelled: Set<UInt64> = []
        var lastID: UInt64 = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    func append(_ messages: [StanMessage]) {
        let resume: (CheckedContinuation<[StanMessage]?, Never>, [StanMessage])? = self.state.withLock { state in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter.continuation, messages)
            }
            let room = self.capacity - state.messages.count
            state.messages.append(contentsOf: messages.prefix(max(0, room)))
            return nil
        }
        resume?.0.resume(returning: resume?.1)
    }

    func finish() {
        let waiter = self.state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(returning: nil)
    }

    /// Everything that waits, as soon as something does.
    ///
    /// - Returns: nil at the end, and when the task is cancelled.
    func next() async -> [StanMessage]? {
        let id = self.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now: [StanMessage]?? = self.state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .some(nil) }
                    if !state.messages.isEmpty {
                        defer { state.messages = [] }
                        return .some(state.messages)
                    }
                    if state.isFinished { return .some(nil) }
                    precondition(state.waiter == nil, "the messages of a subscription are read in two places at once")
                    state.waiter = (id, continuation)
                    return nil
                }
                if case .some(let result) = now { continuation.resume(returning: result) }
            }
        } onCancel: {
            let waiter: CheckedContinuation<[StanMessage]?, Never>? = self.state.withLock { state in
                guard let waiter = state.waiter, waiter.id == id else {
                    if state.lastID == id { state.cancelled.insert(id) }
                    return nil
                }
                state.waiter = nil
                return waiter.continuation
            }
            waiter?.resume(returning: nil)
        }
    }
}
