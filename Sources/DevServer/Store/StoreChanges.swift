import NIOCore

/// What the state machine has done that a store has to know, in order, since it was last told.
struct StoreChanges: Sendable {
    struct Message: Sendable {
        /// The channel's number.
        var channel: UInt64
        /// The first that the channel keeps, now that it has this one.
        var firstSequence: UInt64
        var encoded: ByteBuffer
    }

    var newChannels: [(number: UInt64, name: ByteBuffer)] = []
    var messages: [Message] = []
    /// The records say so too.
    var removedChannels: [UInt64] = []

    /// ``StoreRecord``s in the format of the journal.
    private(set) var records = ByteBuffer()

    /// Whether there is more than acks, which may wait.
    private(set) var isUrgent = false

    var isEmpty: Bool { self.newChannels.isEmpty && self.messages.isEmpty && self.records.readableBytes == 0 }

    mutating func record(_ record: StoreRecord) {
        RecordFormat.append(to: &self.records) { record.write(to: &$0) }
        self.isUrgent = true
    }

    mutating func settled(_ subscription: UInt64, _ sequence: UInt64) {
        RecordFormat.append(to: &self.records) { StoreRecord.settled(subscription, sequence: sequence).write(to: &$0) }
    }

    mutating func clear() {
        self.newChannels.removeAll(keepingCapacity: true)
        self.messages.removeAll(keepingCapacity: true)
        self.removedChannels.removeAll()
        self.records.clear()
        self.isUrgent = false
    }
}
