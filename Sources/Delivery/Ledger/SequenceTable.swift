/// Values by sequence: a ring for the sequences of a channel, which come one after the other, and a dictionary for stragglers.
///
/// A sequence's place in the ring is its last bits. When its place is taken, by a message that is stuck far behind the others
/// as a rule, that one goes to the dictionary. So everything takes the same few steps, however many are held and however far
/// apart they are. (Probing for a free place instead would make a removal look at the whole run of neighbours.)
struct SequenceTable<Value> {
    private struct Slot {
        var sequence: UInt64
        var value: Value
    }

    private var ring: [Slot?]
    private var mask: UInt64
    private var stragglers: [UInt64: Value] = [:]

    private(set) var count = 0

    private static var minimumSize: Int { 64 }

    /// The ring grows as it fills, up to here; what is beyond goes to the dictionary.
    private static var maximumSize: Int { 1 << 20 }

    init() {
        self.ring = Array(repeating: nil, count: Self.minimumSize)
        self.mask = UInt64(Self.minimumSize - 1)
    }

    func contains(_ sequence: UInt64) -> Bool {
        if self.ring[self.place(sequence)]?.sequence == sequence { return true }
        return !self.stragglers.isEmpty && self.stragglers[sequence] != nil
    }

    /// - Precondition: the table does not contain the sequence.
    mutating func insert(_ value: Value, for sequence: UInt64) {
        self.count += 1
        if self.count * 2 > self.ring.count, self.ring.count < Self.maximumSize { self.grow() }
        self.put(Slot(sequence: sequence, value: value))
    }

    /// Changes the value in place.
    ///
    /// - Returns: what the closure returns, or nil when the table does not contain the sequence.
    mutating func update<Result>(_ sequence: UInt64, _ body: (inout Value) -> Result) -> Result? {
        let place = self.place(sequence)
        if self.ring[place]?.sequence == sequence {
            // Force unwrap: the place was just seen to be taken, and going through it changes the value without a copy.
            return body(&self.ring[place]!.value)
        }
        guard !self.stragglers.isEmpty, let index = self.stragglers.index(forKey: sequence) else { return nil }
        return body(&self.stragglers.values[index])
    }

    mutating func remove(_ sequence: UInt64) {
        let place = self.place(sequence)
        if self.ring[place]?.sequence == sequence {
            self.ring[place] = nil
            self.count -= 1
        } else if !self.stragglers.isEmpty, self.stragglers.removeValue(forKey: sequence) != nil {
            self.count -= 1
        }
    }

    func forEach(_ body: (UInt64, Value) -> Void) {
        for case let slot? in self.ring { body(slot.sequence, slot.value) }
        for (sequence, value) in self.stragglers { body(sequence, value) }
    }

    /// The newer one gets the place: it is the one that is on its way.
    private mutating func put(_ slot: Slot) {
        let place = self.place(slot.sequence)
        guard let occupant = self.ring[place] else {
            self.ring[place] = slot
            return
        }
        let (newer, older) = occupant.sequence > slot.sequence ? (occupant, slot) : (slot, occupant)
        self.ring[place] = newer
        self.stragglers[older.sequence] = older.value
    }

    private mutating func grow() {
        let slots = self.ring
        let stragglers = self.stragglers
        self.ring = Array(repeating: nil, count: slots.count * 2)
        self.mask = UInt64(self.ring.count - 1)
        self.stragglers = [:]
        for case let slot? in slots { self.put(slot) }
        for (sequence, value) in stragglers { self.put(Slot(sequence: sequence, value: value)) }
    }

    private func place(_ sequence: UInt64) -> Int { Int(truncatingIfNeeded: sequence & self.mask) }
}
