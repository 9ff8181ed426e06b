import NIOCore

/// Messages that are not simply handed to every sink as they come: they stand in line, or an earlier process has begun with them.
extension RouteLedger {
    /// A message that is not held has come.
    mutating func saw(_ envelope: Envelope, now: NIODeadline) {
        guard self.order != nil else { return }
        self.order?.saw(envelope, now: now)
        self.fillGap(envelope.sequence, now: now)
    }

    private mutating func fillGap(_ sequence: UInt64, now: NIODeadline) {
        for released in self.order?.fill(sequence) ?? [] { self.start(released, now: now) }
    }

    mutating func hold(_ entry: inout Entry, now: NIODeadline) -> Reception {
        let sequence = entry.envelope.sequence
        entry.inDelivery = 0
        self.order?.saw(entry.envelope, now: now)
        // When it stands in line: then it is the first that may begin.
        defer { self.fillGap(sequence, now: now) }
        if let open = self.remembered.removeValue(forKey: sequence) {
            self.recall(open, of: sequence, missing: &entry.missing)
            guard entry.missing != 0 else {
                // The last thing that the earlier process did not write down is that all was done.
                self.settled.insert(sequence, now: now)
                if self.configuration.isJournaled { self.journal.settled.append(sequence) }
                return .acknowledgeAgain
            }
        }
        self.entries.insert(entry, for: sequence)
        guard let key = entry.key, self.order != nil else {
            self.start(sequence, now: now)
            return .hold
        }
        if let next = self.order?.add(sequence, key: key) { self.start(next, now: now) }
        return .hold
    }

    mutating func recall(_ open: RouteMemory.OpenMessage, of sequence: UInt64, missing: inout UInt64) {
        missing &= ~open.taken
        for (sink, failure) in open.failures {
            var failure = failure
            let bit = UInt64(1) << UInt64(sink % Self.maximumSinks)
            guard missing & bit != 0 || sink >= Self.maximumSinks else { continue }
            // Without a dead-letter sink any more, the message is the sink's own again.
            if !self.configuration.hasDeadLetter {
                guard sink < Self.maximumSinks else { continue }
                failure.givenUp = nil
            }
            self.failures[Place(sequence: sequence, sink: sink)] = failure
            if failure.givenUp != nil { missing = missing & ~bit | bit << UInt64(Self.maximumSinks) }
        }
    }

    /// The message goes to every sink that does not have it.
    private mutating func start(_ sequence: UInt64, now: NIODeadline) {
        let missing = self.entries.update(sequence) { entry -> UInt64 in
            entry.startedAt = now
            return entry.missing
        }
        guard var missing else { return }
        while missing != 0 {
            self.ready.append(Place(sequence: sequence, sink: missing.trailingZeroBitCount))
            missing &= missing - 1
        }
    }

    /// A message has ended; the next of its line begins.
    mutating func leaveLine(_ sequence: UInt64, now: NIODeadline) {
        guard self.order != nil, let key = self.entries.update(sequence, { $0.key }) ?? nil else { return }
        if let next = self.order?.finished(key: key) { self.start(next, now: now) }
    }

    mutating func passGaps(now: NIODeadline) {
        for sequence in self.order?.passGaps(now: now) ?? [] { self.start(sequence, now: now) }
    }
}
