import NIOCore

/// The subscriptions of a connection. They outlive the sockets: after a reconnect all are sent again, with their old numbers.
struct SubscriptionTable {
    final class Entry {
        let subject: String
        let queue: String?
        let subscriber: any NATSSubscriber

        /// Whether the subscriber is owed a `readCompleted` for the read that is being handled.
        var isTouched = false

        init(subject: String, queue: String?, subscriber: any NATSSubscriber) {
            self.subject = subject
            self.queue = queue
            self.subscriber = subscriber
        }
    }

    private var entries: [NATSSubscriptionID: Entry] = [:]
    private var lastNumber: UInt64 = 0

    /// Messages come in runs for one subscription: remembering the last one found saves a hash for most of them.
    private var recent: (id: NATSSubscriptionID, entry: Entry)?

    mutating func add(_ entry: Entry) -> NATSSubscriptionID {
        self.lastNumber += 1
        let id = NATSSubscriptionID(self.lastNumber)
        self.entries[id] = entry
        return id
    }

    mutating func remove(_ id: NATSSubscriptionID) -> Bool {
        if self.recent?.id == id { self.recent = nil }
        return self.entries.removeValue(forKey: id) != nil
    }

    mutating func removeAll() {
        self.entries.removeAll()
        self.recent = nil
    }

    mutating func find(_ id: NATSSubscriptionID) -> Entry? {
        if let recent = self.recent, recent.id == id { return recent.entry }
        guard let entry = self.entries[id] else { return nil }
        self.recent = (id, entry)
        return entry
    }

    /// The SUB lines of all subscriptions, oldest first.
    func writeAll(to buffer: inout ByteBuffer) {
        for (id, entry) in self.entries.sorted(by: { $0.key < $1.key }) {
            Self.writeSubscribe(entry, id, to: &buffer)
        }
    }

    static func writeSubscribe(_ entry: Entry, _ id: NATSSubscriptionID, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("SUB ")
        buffer.writeString(entry.subject)
        if let queue = entry.queue {
            buffer.writeStaticString(" ")
            buffer.writeString(queue)
        }
        buffer.writeString(" \(id.number)\r\n")
    }
}
