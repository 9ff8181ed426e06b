import NIOCore

/// What belongs to one path: the file while it is open, and the messages that wait to be written to it, in order.
final class FileLane {
    let path: String

    /// The file, while it is open.
    var file: OutputFile?

    /// What the file held for sure when it had to be closed after a failure.
    var confirmed: OutputFile.Confirmed?

    /// A number that grows with each use, to find the file that was not used for longest.
    var lastUse: UInt64 = 0

    /// Whether the last attempt to write here failed: said in the log once, not with every message.
    var isFailing = false

    private var batches = CircularBuffer<DeliveryBatch>()

    /// How many deliveries of the first batch are done.
    private var done = 0

    init(path: String) {
        self.path = path
    }

    var hasWork: Bool {
        !self.batches.isEmpty
    }

    func append(_ batch: DeliveryBatch) {
        guard !batch.deliveries.isEmpty else { return }
        self.batches.append(batch)
    }

    /// Gives out the deliveries that wait, batch by batch.
    ///
    /// - Parameter body: gets the batch and the deliveries of it to do, and returns how many it did; fewer means that it wants no more.
    func take(_ body: (DeliveryBatch, Range<Int>) -> Int) {
        while let batch = self.batches.first {
            let range = self.done..<batch.deliveries.count
            let count = body(batch, range)
            guard count == range.count else {
                self.done += count
                return
            }
            self.batches.removeFirst()
            self.done = 0
        }
    }
}
