/// Turns the messages that wait for a file into the bytes of one group, leaving out those that the file holds.
struct GroupEncoder: ~Copyable {
    enum Ending {
        /// Nothing waits any more.
        case drained
        /// The group is large enough.
        case groupIsFull
        /// The next message would make the file larger than it may become.
        case fileIsFull
    }

    /// How many bytes a group may have before it is written, give or take one message.
    let limit: Int

    private var encoder: RecordEncoder
    private var buffer = RecordBuffer(capacity: 64 << 10)

    /// How many messages of the group the file held already.
    private(set) var copies = 0

    /// How many messages the group has.
    private(set) var messages = 0

    init(format: RecordFormat, limit: Int) {
        self.encoder = RecordEncoder(format: format)
        self.limit = limit
    }

    var bytes: UnsafeRawBufferPointer { self.buffer.bytes }

    /// Encodes what waits for a file. What becomes of it is collected in the lane's report.
    ///
    /// - Parameter room: how many bytes the file may still get; it gets one message in any case when it is empty.
    mutating func encode(_ lane: FileLane, into file: OutputFile, room: Int64) -> Ending {
        self.buffer.removeAll(keepingAtMost: self.limit * 2)
        self.copies = 0
        self.messages = 0
        var ending = Ending.drained
        // Out of the lane for as long as it takes: nobody has to be asked then who else has them.
        var report = GroupReport()
        var unconfirmed = HeldMessages()
        swap(&report, &lane.report)
        swap(&unconfirmed, &lane.unconfirmed)
        // Most often a whole batch fits: the closure leaves in its middle only where it does not.
        lane.take { batch, range in
            report.select(batch, count: range.count)
            var place = Place(.init(channel: batch.context.channel), batch, lane, file.held, &unconfirmed)
            for index in range {
                let delivery = batch.deliveries[index]
                if let deadLetter = delivery.deadLetter {
                    place = Place(.init(deadLetter, of: batch.context), batch, lane, file.held, &unconfirmed)
                }
                guard self.buffer.count < self.limit else {
                    ending = .groupIsFull
                    return index - range.lowerBound
                }
                let fits = self.encode(delivery, of: batch.context, at: place, &report, &unconfirmed) { start, end in
                    Int64(end) <= room || (start == 0 && file.length == 0)
                }
                guard fits else {
                    ending = .fileIsFull
                    return index - range.lowerBound
                }
            }
            return range.count
        }
        swap(&report, &lane.report)
        swap(&unconfirmed, &lane.unconfirmed)
        return ending
    }

    /// - Returns: false, and nothing done, when the record does not fit.
    @inline(__always)
    private mutating func encode(
        _ delivery: Delivery,
        of context: RouteContext,
        at place: Place,
        _ report: inout GroupReport,
        _ unconfirmed: inout HeldMessages,
        fits: (Int, Int) -> Bool
    ) -> Bool {
        let (sequence, timestamp) = (delivery.envelope.sequence, delivery.envelope.timestamp)
        if place.held.contains(sequence, timestamp) || unconfirmed.contains(sequence, timestamp, of: place.index) {
            report.addWritten(sequence)
            self.copies += 1
            return true
        }
        let start = self.buffer.count
        do {
            try self.encoder.encode(delivery.envelope, of: context, deadLetter: delivery.deadLetter, into: &self.buffer)
        } catch {
            report.add(.rejected(reason: error.reason), of: sequence)
            return true
        }
        guard fits(start, self.buffer.count) else {
            self.buffer.truncate(to: start)
            return false
        }
        unconfirmed.insert(sequence, timestamp, of: place.index, segment: place.segment)
        report.addWritten(sequence)
        self.messages += 1
        return true
    }

    /// Where the messages of a source are looked up.
    private struct Place {
        /// What the file holds of it.
        let held: HeldSequences

        /// Its number among the unconfirmed.
        let index: Int

        let segment: UInt32

        init(
            _ source: HeldMessages.Source,
            _ batch: DeliveryBatch,
            _ lane: FileLane,
            _ held: HeldMessages,
            _ unconfirmed: inout HeldMessages
        ) {
            self.held = held.sequences(of: source)
            self.index = unconfirmed.index(of: source)
            self.segment = lane.segment(of: self.index, for: batch.receiver)
        }
    }
}

extension HeldMessages.Source {
    init(channel: String) {
        self.init(channel: channel, deadLetter: nil)
    }

    init(_ deadLetter: DeadLetter, of context: RouteContext) {
        self.init(
            channel: context.channel,
            deadLetter: HeldMessages.DeadLetterOrigin(route: context.route, sink: context.sinkName(deadLetter.sink))
        )
    }
}
