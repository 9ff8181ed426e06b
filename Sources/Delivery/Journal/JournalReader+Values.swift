extension JournalReader {
    /// - Returns: nil when the header is of another version of the format: nothing else is known about the file then.
    mutating func identity() throws(Malformed) -> (version: UInt64, identity: JournalIdentity?) {
        try self.expect(JournalCodec.magic)
        let version = try self.varint()
        guard version == JournalCodec.version else { return (version, nil) }
        let (route, cluster, channel, clientID) = (try self.text(), try self.text(), try self.text(), try self.text())
        let durableName = try self.flag() ? try self.text() : nil
        let queue = try self.flag() ? try self.text() : nil
        let deadLetter = try self.flag() ? try self.text() : nil
        var sinks: [String] = []
        while !self.isAtEnd {
            guard sinks.count < RouteLedger.maximumSinks else { throw Malformed() }
            sinks.append(try self.text())
        }
        let identity = JournalIdentity(
            route: route,
            cluster: cluster,
            channel: channel,
            clientID: clientID,
            durableName: durableName,
            queue: queue,
            sinks: sinks,
            deadLetter: deadLetter
        )
        return (version, identity)
    }

    mutating func newest() throws(Malformed) -> RouteMemory.Newest? {
        guard try self.flag() else { return nil }
        return RouteMemory.Newest(sequence: try self.varint(), timestamp: try self.zigzag())
    }

    mutating func batch() throws(Malformed) -> JournalBatch {
        var batch = JournalBatch()
        batch.newest = try self.newest()
        for _ in 0..<(try self.count(upTo: JournalCodec.maximumEvents)) { batch.events.append(try self.event()) }
        var expected: UInt64 = 0
        while !self.isAtEnd {
            let distance = try self.zigzag()
            let first = expected &+ UInt64(bitPattern: distance)
            let room = JournalCodec.maximumSettled - batch.settled.count
            guard room > 0 else { throw Malformed() }
            let more = distance == 0 ? try self.count(upTo: room - 1) : 0
            for offset in 0...UInt64(more) { batch.settled.append(first &+ offset) }
            expected = first &+ UInt64(more) &+ 1
        }
        return batch
    }

    private mutating func event() throws(Malformed) -> JournalBatch.Event {
        let hasFailed = try self.flag()
        let sequence = try self.varint()
        guard hasFailed else { return .taken(sequence, sink: try self.sink()) }
        let (sink, failure) = try self.failure()
        return .failed(sequence, sink: sink, failure)
    }

    private mutating func failure() throws(Malformed) -> (sink: Int, failure: RouteMemory.Failure) {
        let sink = try self.sink()
        guard let attempts = UInt32(exactly: try self.varint()) else { throw Malformed() }
        let firstAttemptAt = try self.zigzag()
        let givenUp = try self.flag() ? try self.text() : nil
        return (sink, RouteMemory.Failure(attempts: attempts, firstAttemptAt: firstAttemptAt, givenUp: givenUp))
    }

    private mutating func sink() throws(Malformed) -> Int {
        let code = try self.count(upTo: RouteLedger.maximumSinks * 2 - 1)
        return code >> 1 + (code & 1) * RouteLedger.maximumSinks
    }

    // MARK: Snapshots

    /// Reads one message that is not everywhere yet.
    mutating func openMessage() throws(Malformed) -> (sequence: UInt64, message: RouteMemory.OpenMessage) {
        let sequence = try self.varint()
        var message = RouteMemory.OpenMessage()
        let (own, deadLetters) = (try self.varint(), try self.varint())
        guard max(own, deadLetters) >> UInt64(RouteLedger.maximumSinks) == 0 else { throw Malformed() }
        message.taken = own | deadLetters << UInt64(RouteLedger.maximumSinks)
        for _ in 0..<(try self.count(upTo: RouteLedger.maximumSinks * 2)) {
            let (sink, failure) = try self.failure()
            guard message.failures.updateValue(failure, forKey: sink) == nil else { throw Malformed() }
        }
        return (sequence, message)
    }

    mutating func settledSegment() throws(Malformed) -> (number: UInt64, segment: SequenceSet.Segment) {
        let number = try self.varint()
        guard number <= UInt64.max / SequenceSet.Segment.size else { throw Malformed() }
        var segment = SequenceSet.Segment()
        let (used, full) = (try self.varint(), try self.varint())
        guard used != 0, used >> UInt64(segment.words.count) == 0, full & ~used == 0 else { throw Malformed() }
        for index in segment.words.indices where used >> UInt64(index) & 1 == 1 {
            segment.words[index] = full >> UInt64(index) & 1 == 1 ? .max : try self.word()
        }
        return (number, segment)
    }
}
