import NIOCore

/// The sequences that have been delivered everywhere, for as long as the server may send them once more.
///
/// An ack can be lost without anybody being told; then the server sends the message again after the ack wait, and it must be
/// acked again rather than delivered again. One bit a sequence, in segments that are forgotten together some time after
/// they were last of use; the clock of forgetting stands still while there is no session, in which nothing can be sent.
struct SettledSequences {
    /// A bound for the memory, whatever the rate and the ack wait: 64 Mi sequences that follow each other, about 10 MiB.
    private static let maximumSegments = 65_536

    private struct Segment {
        var bits = SequenceSet.Segment()
        var usedAt: NIODeadline
    }

    /// How long a sequence is remembered after it was settled or seen again.
    private let memory: TimeAmount

    private var segments: [UInt64: Segment] = [:]

    /// The segment in which a sequence was settled last, kept out of the dictionary: the next one is in it too, as a rule.
    private var current = Segment(usedAt: .uptimeNanoseconds(0))
    private var currentNumber: UInt64?

    /// The segments in the order in which they are looked at for forgetting; the current one is among them.
    private var order: CircularBuffer<UInt64> = []

    /// - Parameter sequences: what is remembered from the beginning.
    init(memory: TimeAmount, holding sequences: SequenceSet = SequenceSet(), now: NIODeadline = .now()) {
        self.memory = memory
        for (number, bits) in sequences.segments {
            self.segments[number] = Segment(bits: bits, usedAt: now)
        }
        self.order = CircularBuffer(sequences.segments.keys.sorted())
    }

    /// All that is remembered.
    var sequences: SequenceSet {
        var sequences = SequenceSet()
        for (number, segment) in self.segments { sequences.insert(segment.bits, number: number) }
        if let number = self.currentNumber { sequences.insert(self.current.bits, number: number) }
        return sequences
    }

    mutating func insert(_ sequence: UInt64, now: NIODeadline) {
        let (number, word, bit) = SequenceSet.place(of: sequence)
        if self.currentNumber != number { self.makeCurrent(number, now: now) }
        self.current.bits.words[word] |= bit
        self.current.usedAt = now
    }

    func contains(_ sequence: UInt64) -> Bool {
        let (number, word, bit) = SequenceSet.place(of: sequence)
        if number == self.currentNumber { return self.current.bits.words[word] & bit != 0 }
        guard let segment = self.segments[number] else { return false }
        return segment.bits.words[word] & bit != 0
    }

    private mutating func makeCurrent(_ number: UInt64, now: NIODeadline) {
        self.putCurrentAway()
        if let known = self.segments.removeValue(forKey: number) {
            self.current = known
        } else {
            self.current = Segment(usedAt: now)
            self.order.append(number)
        }
        self.currentNumber = number
        if self.order.count > Self.maximumSegments, let oldest = self.order.popFirst() { self.segments[oldest] = nil }
    }

    private mutating func putCurrentAway() {
        if let number = self.currentNumber { self.segments[number] = self.current }
        self.currentNumber = nil
    }

    /// A remembered sequence has come again, so it may come once more.
    mutating func touch(_ sequence: UInt64, now: NIODeadline) {
        let number = SequenceSet.place(of: sequence).segment
        if number == self.currentNumber {
            self.current.usedAt = now
        } else {
            self.segments[number]?.usedAt = now
        }
    }

    mutating func forget(now: NIODeadline) {
        self.putCurrentAway()
        // Each is looked at once; the ones that are still of use go to the back.
        for _ in 0..<self.order.count {
            guard let number = self.order.popFirst(), let segment = self.segments[number] else { continue }
            if segment.usedAt + self.memory < now {
                self.segments[number] = nil
            } else {
                self.order.append(number)
            }
        }
    }

    /// The time of a session begins: what came before it does not count.
    mutating func sessionResumed(now: NIODeadline) {
        self.putCurrentAway()
        for number in self.order { self.segments[number]?.usedAt = now }
    }
}
