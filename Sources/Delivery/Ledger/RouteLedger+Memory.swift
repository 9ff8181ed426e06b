import NIOCore

/// What outlives the process.
extension RouteLedger {
    /// Takes out what has changed since the last time, for the journal.
    package mutating func takeJournal() -> JournalBatch? {
        guard !self.journal.isEmpty else { return nil }
        var batch = self.journal
        self.journal = JournalBatch()
        if self.newest != self.journaledNewest {
            batch.newest = self.newest
            self.journaledNewest = self.newest
        }
        return batch
    }

    /// All that the next process has to know, as of now; what `takeJournal` would give is in it.
    package var memory: RouteMemory {
        var memory = RouteMemory()
        if self.newest.sequence > 0 { memory.newest = self.newest }
        memory.settled = self.settled.sequences
        memory.open = self.remembered
        let all = UInt64.max >> UInt64(UInt64.bitWidth - self.configuration.sinks)
        self.entries.forEach { sequence, entry in
            // The sink's own bit is off too when the dead-letter sink stands in for it.
            let proxied = entry.missing >> UInt64(Self.maximumSinks)
            let taken = all & ~entry.missing & ~proxied
            if taken != 0 { memory.open[sequence, default: .init()].taken = taken }
        }
        for (place, failure) in self.failures where failure.attempts > 0 {
            memory.open[place.sequence, default: .init()].failures[place.sink] = failure
        }
        return memory
    }
}
