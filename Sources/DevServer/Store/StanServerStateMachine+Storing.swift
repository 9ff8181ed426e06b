extension StanServerStateMachine {
    /// Hands over what has changed, and begins files anew that are mostly dead.
    mutating func store(in store: FileStore) throws(StoreError) {
        guard let changes = self.changes, !changes.isEmpty else { return }
        try store.write(changes)
        if let channel = changes.messages.last?.channel, store.isDueForCompaction(channel), let log = self.log(channel) {
            try store.compact(channel, log)
        }
        // In the same buffers again, once nobody else holds on to them.
        self.changes = nil
        self.changes = consume changes
        self.changes?.clear()
        if store.journalIsMostlyDead { try store.beginJournal(self.snapshot()) }
    }

    /// The log of a channel by its number.
    func log(_ number: UInt64) -> MessageLog? {
        self.channels.ids.lazy.map { self.channels[$0] }.first { $0.number == number }?.log
    }
}
