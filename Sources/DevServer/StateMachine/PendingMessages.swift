import NIOCore

/// The messages a subscription has been sent and has not acked, and when each is to be sent again.
///
/// Look-up, insertion at the end and removal take constant time however many messages there are and in whatever order they
/// are acked: the entries lie in reused slots, a hash table leads to them by sequence, and a list through them keeps the
/// order of their due times.
struct PendingMessages {
    struct Entry {
        var sequence: UInt64
        var due: NIODeadline
        /// How often the message has been sent again.
        var redeliveries: UInt32
        fileprivate var previous: Int32
        fileprivate var next: Int32
    }

    private static let none: Int32 = -1

    private var entries: ContiguousArray<Entry> = []
    /// Slots, by the hash of the sequence; a power of two of them, at most half in use.
    private var table: ContiguousArray<Int32> = []
    private var shift: UInt64 = 64
    private var firstFree: Int32 = Self.none
    private var head: Int32 = Self.none
    private var tail: Int32 = Self.none

    private(set) var count = 0

    var isEmpty: Bool { self.count == 0 }

    var earliestDue: NIODeadline? {
        self.head == Self.none ? nil : self.entries[Int(self.head)].due
    }

    /// All entries in the order of their sequences.
    var bySequence: [Entry] {
        self.all.sorted { $0.sequence < $1.sequence }
    }

    /// All entries in the order of their due times.
    private var all: [Entry] {
        var result: [Entry] = []
        result.reserveCapacity(self.count)
        var slot = self.head
        while slot != Self.none {
            result.append(self.entries[Int(slot)])
            slot = self.entries[Int(slot)].next
        }
        return result
    }

    /// The entries due by `limit`, by due time and then by sequence.
    func due(by limit: NIODeadline) -> [Entry] {
        var result: [Entry] = []
        var slot = self.head
        while slot != Self.none, self.entries[Int(slot)].due <= limit {
            result.append(self.entries[Int(slot)])
            slot = self.entries[Int(slot)].next
        }
        return result.sorted { ($0.due, $0.sequence) < ($1.due, $1.sequence) }
    }

    /// Adds a message at the end. A due time before that of the last entry is moved up to it: that keeps the order without a
    /// search, and differs by no more than the server's timers are exact.
    mutating func append(_ sequence: UInt64, due: NIODeadline, redeliveries: UInt32 = 0) {
        let slot = self.makeSlot(sequence, due: due, redeliveries: redeliveries)
        if self.tail != Self.none { self.entries[Int(slot)].due = max(due, self.entries[Int(self.tail)].due) }
        self.link(slot, after: self.tail)
    }

    /// Adds messages that are all due at one time, which may lie before that of others.
    mutating func insert(_ messages: [(sequence: UInt64, redeliveries: UInt32)], due: NIODeadline) {
        var position = Self.none
        var following = self.head
        while following != Self.none, self.entries[Int(following)].due <= due {
            position = following
            following = self.entries[Int(following)].next
        }
        for message in messages {
            let slot = self.makeSlot(message.sequence, due: due, redeliveries: message.redeliveries)
            self.link(slot, after: position)
            position = slot
        }
    }

    @discardableResult
    mutating func remove(_ sequence: UInt64) -> Entry? {
        guard var bucket = self.bucket(holding: sequence) else { return nil }
        let slot = self.table[bucket]
        // Close the gap, so that a search never has to step over a deleted entry.
        let mask = self.table.count - 1
        var probe = bucket
        while true {
            probe = (probe + 1) & mask
            let candidate = self.table[probe]
            if candidate == Self.none { break }
            let home = self.home(of: self.entries[Int(candidate)].sequence)
            if (probe - home) & mask >= (probe - bucket) & mask {
                self.table[bucket] = candidate
                bucket = probe
            }
        }
        self.table[bucket] = Self.none

        let entry = self.entries[Int(slot)]
        if entry.previous == Self.none { self.head = entry.next } else { self.entries[Int(entry.previous)].next = entry.next }
        if entry.next == Self.none { self.tail = entry.previous } else { self.entries[Int(entry.next)].previous = entry.previous }
        self.entries[Int(slot)].next = self.firstFree
        self.firstFree = slot
        self.count -= 1
        return entry
    }

    private mutating func link(_ slot: Int32, after position: Int32) {
        let following = position == Self.none ? self.head : self.entries[Int(position)].next
        self.entries[Int(slot)].previous = position
        self.entries[Int(slot)].next = following
        if position == Self.none { self.head = slot } else { self.entries[Int(position)].next = slot }
        if following == Self.none { self.tail = slot } else { self.entries[Int(following)].previous = slot }
    }

    private mutating func makeSlot(_ sequence: UInt64, due: NIODeadline, redeliveries: UInt32) -> Int32 {
        if (self.count + 1) * 2 > self.table.count { self.growTable() }
        let entry = Entry(sequence: sequence, due: due, redeliveries: redeliveries, previous: Self.none, next: Self.none)
        let slot: Int32
        if self.firstFree == Self.none {
            slot = Int32(self.entries.count)
            self.entries.append(entry)
        } else {
            slot = self.firstFree
            self.firstFree = self.entries[Int(slot)].next
            self.entries[Int(slot)] = entry
        }
        self.place(slot, sequence: sequence)
        self.count += 1
        return slot
    }

    private mutating func growTable() {
        let size = max(16, self.table.count * 2)
        self.table = ContiguousArray(repeating: Self.none, count: size)
        self.shift = UInt64(64 - size.trailingZeroBitCount)
        var slot = self.head
        while slot != Self.none {
            self.place(slot, sequence: self.entries[Int(slot)].sequence)
            slot = self.entries[Int(slot)].next
        }
    }

    private mutating func place(_ slot: Int32, sequence: UInt64) {
        var bucket = self.home(of: sequence)
        while self.table[bucket] != Self.none { bucket = (bucket + 1) & (self.table.count - 1) }
        self.table[bucket] = slot
    }

    private func bucket(holding sequence: UInt64) -> Int? {
        guard self.count > 0 else { return nil }
        var bucket = self.home(of: sequence)
        while true {
            let slot = self.table[bucket]
            if slot == Self.none { return nil }
            if self.entries[Int(slot)].sequence == sequence { return bucket }
            bucket = (bucket + 1) & (self.table.count - 1)
        }
    }

    /// Multiplicative hashing: sequences are nearly dense, or come in strides when a queue group shares them.
    private func home(of sequence: UInt64) -> Int {
        Int((sequence &* 0x9e37_79b9_7f4a_7c15) &>> self.shift)
    }
}
