import NIOCore

/// What the server has to look at when a deadline has come.
enum ServerTimer: Sendable, Equatable {
    case ackWait(SubscriptionID)
    case heartbeat(ClientKey)
    case messageAge(ChannelKey)
    case inactivity(ChannelKey)
}

/// The server's deadlines, earliest first (a binary heap).
///
/// An entry is never taken back. The owner of a timer remembers for when it is set; an entry with another deadline is stale
/// and is passed over when its time comes.
struct TimerQueue {
    struct Entry {
        var deadline: NIODeadline
        var timer: ServerTimer
    }

    private var heap: [Entry] = []

    var earliest: NIODeadline? { self.heap.first?.deadline }

    mutating func set(_ timer: ServerTimer, for deadline: NIODeadline) {
        self.heap.append(Entry(deadline: deadline, timer: timer))
        var child = self.heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.heap[child].deadline < self.heap[parent].deadline else { return }
            self.heap.swapAt(child, parent)
            child = parent
        }
    }

    /// - Returns: the earliest entry that is due by `now`.
    mutating func popDue(by now: NIODeadline) -> Entry? {
        guard let first = self.heap.first, first.deadline <= now else { return nil }
        let last = self.heap.removeLast()
        guard !self.heap.isEmpty else { return first }
        self.heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < self.heap.count else { return first }
            if child + 1 < self.heap.count, self.heap[child + 1].deadline < self.heap[child].deadline { child += 1 }
            guard self.heap[child].deadline < self.heap[parent].deadline else { return first }
            self.heap.swapAt(child, parent)
            parent = child
        }
    }
}
