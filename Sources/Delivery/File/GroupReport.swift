/// The results of one group, collected while it is encoded and told when its fate is known: one report a route.
struct GroupReport {
    private struct Key: Hashable {
        let receiver: ObjectIdentifier
        let sink: Int
    }

    private struct Entry {
        let receiver: any DeliveryReceiver
        var report: DeliveryReport
    }

    private var entries: [Entry] = []
    private var indices: [Key: Int] = [:]

    /// Where the results of the batch that is encoded at the moment go.
    private var current = 0
    private var currentKey: Key?

    /// The number of messages that were written.
    private(set) var written = 0

    var isEmpty: Bool {
        self.entries.isEmpty
    }

    /// The results that are added from here on are those of this batch.
    ///
    /// - Parameter count: how many there may be.
    mutating func select(_ batch: DeliveryBatch, count: Int) {
        let key = Key(receiver: ObjectIdentifier(batch.receiver), sink: batch.sink)
        if key != self.currentKey {
            self.currentKey = key
            if let index = self.indices[key] {
                self.current = index
            } else {
                self.current = self.entries.count
                self.indices[key] = self.current
                self.entries.append(Entry(receiver: batch.receiver, report: DeliveryReport(sink: batch.sink)))
                self.entries[self.current].report.delivered.reserveCapacity(count)
            }
        }
    }

    @inline(__always)
    mutating func addWritten(_ sequence: UInt64) {
        self.entries[self.current].report.delivered.append(sequence)
        self.written += 1
    }

    mutating func add(_ failure: DeliveryFailure, of sequence: UInt64) {
        self.entries[self.current].report.failed.append(DeliveryReport.Failed(sequence: sequence, failure: failure))
    }

    /// What was written is there for good.
    mutating func tellDelivered() {
        self.tell()
    }

    /// What was written is not there: all of it has to be tried again.
    mutating func tellFailed(_ reason: String) {
        let failure = DeliveryFailure.retry(reason: reason, after: nil)
        for index in self.entries.indices {
            let sequences = self.entries[index].report.delivered
            self.entries[index].report.delivered = []
            self.entries[index].report.failed.append(
                contentsOf: sequences.map { DeliveryReport.Failed(sequence: $0, failure: failure) }
            )
        }
        self.tell()
    }

    private mutating func tell() {
        let entries = self.entries
        self = GroupReport()
        for entry in entries {
            entry.receiver.finished(entry.report)
        }
    }
}
