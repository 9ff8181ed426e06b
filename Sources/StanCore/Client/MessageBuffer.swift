import NIOCore
import Synchronization

/// What has come and has not been read. Bounded: what does not fit is dropped, and the server sends it again.
final class MessageBuffer: Sendable {
    private struct Waiter {
        var id: UInt64
        var maximum: Int
        var continuation: CheckedContinuation<[StanMessage], Never>
    }

    private struct State {
        var messages = CircularBuffer<StanMessage>()
        var waiter: Waiter?
        var isFinished = false
        /// Who was cancelled before it began to wait.
        var cancelled: Set<UInt64> = []
        var lastID: UInt64 = 0

        mutating func take(_ maximum: Int) -> [StanMessage] {
            let count = min(maximum, self.messages.count)
            defer { self.messages.removeFirst(count) }
            return Array(self.messages.prefix(count))
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    func append(_ messages: [StanMessage]) {
        let resume: (() -> Void)? = self.state.withLock { state in
            guard !state.isFinished else { return nil }
            let room = self.capacity - state.messages.count
            state.messages.append(contentsOf: messages.prefix(max(0, room)))
            guard let waiter = state.waiter, !state.messages.isEmpty else { return nil }
            state.waiter = nil
            let taken = state.take(waiter.maximum)
            return { waiter.continuation.resume(returning: taken) }
        }
        resume?()
    }

    func finish() {
        let waiter = self.state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(returning: [])
    }

    /// The next message, as soon as there is one.
    ///
    /// - Returns: nil at the end, and when the task is cancelled.
    func next() async -> StanMessage? {
        let (message, id) = self.state.withLock { state in
            if let message = state.messages.popFirst() { return (message as StanMessage?, UInt64(0)) }
            state.lastID += 1
            return (nil, state.lastID)
        }
        if let message { return message }
        return await self.wait(id, maximum: 1).first
    }

    /// Everything that waits, as soon as something does.
    ///
    /// - Returns: nil at the end, and when the task is cancelled.
    func nextBatch() async -> [StanMessage]? {
        let id = self.state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let batch = await self.wait(id, maximum: .max)
        return batch.isEmpty ? nil : batch
    }

    private func wait(_ id: UInt64, maximum: Int) async -> [StanMessage] {
        // One that is cancelled after it was given something leaves a note that nobody reads.
        defer { self.state.withLock { _ = $0.cancelled.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now: [StanMessage]? = self.state.withLock { state in
                    if state.cancelled.remove(id) != nil { return [] }
                    if !state.messages.isEmpty { return state.take(maximum) }
                    if state.isFinished { return [] }
                    precondition(state.waiter == nil, "the messages of a subscription are read in two places at once")
                    state.waiter = Waiter(id: id, maximum: maximum, continuation: continuation)
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let waiter: Waiter? = self.state.withLock { state in
                guard let waiter = state.waiter, waiter.id == id else {
                    state.cancelled.insert(id)
                    return nil
                }
                state.waiter = nil
                return waiter
            }
            waiter?.continuation.resume(returning: [])
        }
    }
}
