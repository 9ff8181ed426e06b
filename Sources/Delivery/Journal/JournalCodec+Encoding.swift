extension JournalCodec {
    /// Appends what every file begins with.
    static func append(_ identity: JournalIdentity, to buffer: inout RecordBuffer) {
        self.appendRecord(.header, to: &buffer) { buffer in
            buffer.append(self.magic)
            buffer.append(varint: self.version)
            for text in [identity.route, identity.cluster, identity.channel, identity.clientID] {
                buffer.append(lengthPrefixed: text)
            }
            for text in [identity.durableName, identity.queue, identity.deadLetter] {
                buffer.append(text == nil ? 0 : 1)
                if let text { buffer.append(lengthPrefixed: text) }
            }
            for sink in identity.sinks { buffer.append(lengthPrefixed: sink) }
        }
    }

    // MARK: Batches

    /// Appends a batch: nothing if it is empty, and several records if it is very large.
    static func append(_ batch: JournalBatch, to buffer: inout RecordBuffer) {
        guard !batch.isEmpty else { return }
        var newest = batch.newest
        var events = batch.events[...]
        var settled = batch.settled[...]
        repeat {
            let someEvents = events.prefix(self.maximumEvents)
            events = events.dropFirst(self.maximumEvents)
            // The events come first.
            let someSettled = events.isEmpty ? settled.prefix(self.maximumSettled) : []
            settled = settled.dropFirst(someSettled.count)
            self.appendRecord(.batch, to: &buffer) { buffer in
                self.append(newest, to: &buffer)
                self.append(events: someEvents, to: &buffer)
                self.append(settled: someSettled, to: &buffer)
            }
            newest = nil
        } while !events.isEmpty || !settled.isEmpty
    }

    private static func append(_ newest: RouteMemory.Newest?, to buffer: inout RecordBuffer) {
        buffer.append(newest == nil ? 0 : 1)
        guard let newest else { return }
        buffer.append(varint: newest.sequence)
        buffer.append(zigzag: newest.timestamp)
    }

    private static func append(events: ArraySlice<JournalBatch.Event>, to buffer: inout RecordBuffer) {
        buffer.append(varint: UInt64(events.count))
        for event in events {
            switch event {
            case .taken(let sequence, let sink):
                buffer.append(0)
                buffer.append(varint: sequence)
                buffer.append(varint: self.code(ofSink: sink))
            case .failed(let sequence, let sink, let failure):
                buffer.append(1)
                buffer.append(varint: sequence)
                self.append(failure, ofSink: sink, to: &buffer)
            }
        }
    }

    /// Each by its distance from the one that would follow the one before. A zero is a run: how many more of it there are follows.
    private static func append(settled: ArraySlice<UInt64>, to buffer: inout RecordBuffer) {
        var expected: UInt64 = 0
        var index = settled.startIndex
        while index < settled.endIndex {
            let distance = Int64(bitPattern: settled[index] &- expected)
            buffer.append(zigzag: distance)
            expected = settled[index] &+ 1
            index += 1
            guard distance == 0 else { continue }
            let more = index
            while index < settled.endIndex, settled[index] == expected {
                expected &+= 1
                index += 1
            }
            buffer.append(varint: UInt64(index - more))
        }
    }

    private static func append(_ failure: RouteMemory.Failure, ofSink sink: Int, to buffer: inout RecordBuffer) {
        buffer.append(varint: self.code(ofSink: sink))
        buffer.append(varint: UInt64(failure.attempts))
        buffer.append(zigzag: failure.firstAttemptAt)
        buffer.append(failure.givenUp == nil ? 0 : 1)
        if let reason = failure.givenUp { buffer.append(lengthPrefixed: self.shortened(reason)) }
    }

    private static func shortened(_ reason: String) -> String {
        guard reason.utf8.count > self.maximumReason else { return reason }
        var end = reason.utf8.index(reason.startIndex, offsetBy: self.maximumReason)
        // Not in the middle of a character.
        while reason.utf8[end] & 0xC0 == 0x80 { end = reason.utf8.index(before: end) }
        return String(reason[..<end])
    }

    /// The lowest bit is for a dead-letter sink, so that the format does not depend on how many sinks a ledger can have.
    private static func code(ofSink sink: Int) -> UInt64 {
        let isDeadLetter = sink >= RouteLedger.maximumSinks
        return UInt64(isDeadLetter ? sink - RouteLedger.maximumSinks : sink) << 1 | (isDeadLetter ? 1 : 0)
    }

    // MARK: Snapshots

    /// Appends all of a memory, as what follows the header.
    static func append(_ memory: RouteMemory, to buffer: inout RecordBuffer) {
        self.append(open: memory.open, to: &buffer)
        self.append(settled: memory.settled, to: &buffer)
        self.appendRecord(.snapshotEnd, to: &buffer) { self.append(memory.newest, to: &$0) }
    }

    private static func append(open: [UInt64: RouteMemory.OpenMessage], to buffer: inout RecordBuffer) {
        self.appendParts(.openMessages, of: open.sorted { $0.key < $1.key }, to: &buffer) { entry, buffer in
            let (sequence, message) = entry
            let own: UInt64 = (1 << UInt64(RouteLedger.maximumSinks)) &- 1
            buffer.append(varint: sequence)
            buffer.append(varint: message.taken & own)
            buffer.append(varint: message.taken >> UInt64(RouteLedger.maximumSinks))
            buffer.append(varint: UInt64(message.failures.count))
            for (sink, failure) in message.failures.sorted(by: { $0.key < $1.key }) {
                self.append(failure, ofSink: sink, to: &buffer)
            }
        }
    }

    private static func append(settled: SequenceSet, to buffer: inout RecordBuffer) {
        self.appendParts(.settledSegments, of: settled.segments.sorted { $0.key < $1.key }, to: &buffer) { entry, buffer in
            let (number, segment) = entry
            buffer.append(varint: number)
            // Most are full, or nearly so: a bit for each word that has anything in it, and for each that has everything.
            var used: UInt64 = 0
            var full: UInt64 = 0
            for index in segment.words.indices {
                if segment.words[index] != 0 { used |= 1 << UInt64(index) }
                if segment.words[index] == .max { full |= 1 << UInt64(index) }
            }
            buffer.append(varint: used)
            buffer.append(varint: full)
            for index in segment.words.indices where (used & ~full) >> UInt64(index) & 1 == 1 {
                withUnsafeBytes(of: segment.words[index].bigEndian) { buffer.append($0) }
            }
        }
    }

    /// Appends elements, as many to a record as makes it neither tiny nor huge.
    private static func appendParts<Element>(
        _ kind: Kind,
        of elements: [Element],
        to buffer: inout RecordBuffer,
        _ append: (Element, inout RecordBuffer) -> Void
    ) {
        var index = 0
        while index < elements.count {
            self.appendRecord(kind, to: &buffer) { buffer in
                let start = buffer.count
                while index < elements.count, buffer.count - start < self.snapshotPartBytes {
                    append(elements[index], &buffer)
                    index += 1
                }
            }
        }
    }
}
