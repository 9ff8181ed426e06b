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

    /// When something was last written to it.
    var lastWrite = NIODeadline.distantPast

    /// When it was last said in the log that writing here fails; nil while it works.
    var complainedAt: NIODeadline?

    /// Whether the file has been open before.
    var wasOpened = false

    /// In which period the file was begun, where periods have files of their own.
    var period: Int64?

    /// When to try again to give the file another name, after that has failed.
    var rotationHeldUntil: NIODeadline?

    // MARK: What was written and is not confirmed

    var report = GroupReport()
    var unconfirmed = HeldMessages()
    var unconfirmedBytes = 0
    var unconfirmedMessages = 0

    /// When it has to be confirmed, where that is not done at once.
    var confirmationDue: NIODeadline?

    /// Each failure, each opening and each memory of a route begins a segment of the writing: see ``HeldSequences``.
    private var segment: UInt32 = 0
    private var segments: [Int: (receiver: ObjectIdentifier, segment: UInt32)] = [:]

    // MARK: What waits

    private var batches = CircularBuffer<DeliveryBatch>()

    /// How many deliveries of the first batch are done.
    private var done = 0

    init(path: String) {
        self.path = path
    }

    var isFailing: Bool { self.complainedAt != nil }

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

    /// - Parameter source: its number in `unconfirmed`.
    func segment(of source: Int, for receiver: any DeliveryReceiver) -> UInt32 {
        let receiver = ObjectIdentifier(receiver)
        if let known = self.segments[source], known.receiver == receiver { return known.segment }
        self.segment += 1
        self.segments[source] = (receiver, self.segment)
        return self.segment
    }

    func beginSegment() {
        self.segments.removeAll()
    }

    /// What was written is confirmed, or is not there.
    func forgetUnconfirmed() {
        self.unconfirmed.removeAllSequences()
        self.unconfirmedBytes = 0
        self.unconfirmedMessages = 0
        self.confirmationDue = nil
    }
}
