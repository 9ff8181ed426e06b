import HeapModule
package import NIOCore

/// A route that goes on with other sinks, or with another way of trying.
extension RouteLedger {
    /// How many deliveries are in hand at one of these sinks; in no hurry, for it looks at every message.
    ///
    /// - Parameter sinks: numbers of the route's own sinks; the dead-letter sink is asked for by `deadLetter`.
    package func inDelivery(at sinks: [Int], deadLetter: Bool) -> Int {
        var mask: UInt64 = deadLetter ? ~0 << UInt64(Self.maximumSinks) : 0
        for sink in sinks { mask |= 1 << UInt64(sink) }
        var count = 0
        self.entries.forEach { _, entry in count += (entry.inDelivery & mask).nonzeroBitCount }
        return count
    }

    /// Goes on with another configuration, whose order is the same, for the messages that are held and for those to come.
    ///
    /// What a sink has taken it need not take again, sinks being known by their names; a sink that is new gets all that is held; what
    /// only a sink lacks that is no more is done. Attempts go on counting. What is in hand somewhere counts as not having been tried:
    /// that must be nowhere but at sinks that have been closed, and will not report any more.
    ///
    /// - Parameters:
    ///   - old: how the sinks were numbered.
    ///   - new: how they are from now on.
    ///   - replaced: the sinks that are others than before under the same name. What waits to be tried again there is tried at once.
    /// - Returns: the messages that are done now, and whether each is to be acked: `acknowledge` or `settledWithoutSession`.
    package mutating func reconfigure(
        _ configuration: Configuration,
        from old: JournalIdentity,
        to new: JournalIdentity,
        replaced: Set<String>,
        now: NIODeadline
    ) -> [(sequence: UInt64, Settlement)] {
        var memory = self.memory.renumbered(from: old, to: new)
        let begun = self.begun
        let dues = self.dues(from: old, to: new, replaced: replaced)
        self.configuration = configuration
        // All that it says is in the memory, which a journal has to be given anew.
        self.journal = JournalBatch()
        self.failures.removeAll()
        self.ready.removeAll()
        self.retries = Heap()
        self.inDelivery = 0
        // First all of them: one that is done lets the next of its line begin.
        let all = UInt64.max >> UInt64(UInt64.bitWidth - configuration.sinks)
        let held = self.heldSequences
        for sequence in held {
            var missing = all
            if let open = memory.open.removeValue(forKey: sequence) { self.recall(open, of: sequence, missing: &missing) }
            _ = self.entries.update(sequence) { entry in
                entry.missing = missing
                entry.inDelivery = 0
            }
        }
        self.remembered = memory.open
        var done: [(sequence: UInt64, Settlement)] = []
        for sequence in held {
            guard let (missing, epoch) = self.entries.update(sequence, { ($0.missing, $0.epoch) }) else { continue }
            if missing == 0 {
                if begun.contains(sequence) {
                    self.leaveLine(sequence, now: now)
                } else {
                    self.withdraw(sequence)
                }
                done.append((sequence, self.settle(sequence, epoch: epoch, now: now)))
            } else if begun.contains(sequence) {
                self.queue(sequence, missing: missing, dues)
            }
        }
        return done
    }

    /// It is done before its turn: an earlier process had begun with it.
    private mutating func withdraw(_ sequence: UInt64) {
        guard let key = self.entries.update(sequence, { $0.key }) ?? nil else { return }
        self.order?.withdraw(sequence, key: key)
    }

    private var heldSequences: [UInt64] {
        var sequences: [UInt64] = []
        sequences.reserveCapacity(self.entries.count)
        self.entries.forEach { sequence, _ in sequences.append(sequence) }
        return sequences.sorted()
    }

    /// The messages that are under way, and do not stand in line.
    private var begun: Set<UInt64> {
        var begun = Set(self.ready.lazy.map(\.sequence)).union(self.retries.unordered.lazy.map(\.place.sequence))
        self.entries.forEach { sequence, entry in
            if entry.inDelivery != 0 { begun.insert(sequence) }
        }
        return begun
    }

    /// When what waits to be tried again is, by where it goes from now on.
    private func dues(from old: JournalIdentity, to new: JournalIdentity, replaced: Set<String>) -> [Place: NIODeadline] {
        let numbers = RouteMemory.numbers(from: old, to: new)
        var dues: [Place: NIODeadline] = [:]
        for retry in self.retries.unordered {
            guard let number = numbers[retry.place.sink] else { continue }
            let name = number < Self.maximumSinks ? new.sinks[number] : new.deadLetter ?? ""
            if !replaced.contains(name) { dues[Place(sequence: retry.place.sequence, sink: number)] = retry.due }
        }
        return dues
    }

    private mutating func queue(_ sequence: UInt64, missing: UInt64, _ dues: [Place: NIODeadline]) {
        var missing = missing
        while missing != 0 {
            let place = Place(sequence: sequence, sink: missing.trailingZeroBitCount)
            if let due = dues[place] {
                self.retries.insert(Retry(due: due, place: place))
            } else {
                self.ready.append(place)
            }
            missing &= missing - 1
        }
    }
}
