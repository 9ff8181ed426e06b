/// Values by sequence: a ring for the sequences of a channel, which come one after the other, and a hash for the stragglers.
///
/// A sequence's place is its last bits; one whose place is taken goes to the next free one. So the usual run of sequences fills
/// neighbouring places without a collision, and a message that is stuck for a day, far below the others, costs a few steps.
struct SequenceTable<Value> {
    private var slots: [Slot?]
    private var mask: UInt64

    private(set) var count = 0

    private struct Slot {
        var sequence: UInt64
        var value: Value
    }

    init(minimumCapacity: Int = 64) {
        var capacity = 64
        while capacity < minimumCapacity * 2 { capacity *= 2 }
        self.slots = Array(repeating: nil, count: capacity)
        self.mask = UInt64(capacity - 1)
    }

    func contains(_ sequence: UInt64) -> Bool {
        self.find(sequence) != nil
    }

    /// - Precondition: the table does not contain the sequence.
    mutating func insert(_ value: Value, for sequence: UInt64) {
        if (self.count + 1) * 2 > self.slots.count { self.grow() }
        self.place(Slot(sequence: sequence, value: value))
        self.count += 1
    }

    /// Changes the value in place.
    ///
    /// - Returns: what the closure returns, or nil when the table does not contain the sequence.
    mutating func update<Result>(_ sequence: UInt64, _ body: (inout Value) -> Result) -> Result? {
        guard let index = self.find(sequence) else { return nil }
        // Force unwrap: `find` returns only places that are taken.
        return body(&self.slots[index]!.value)
    }

    func value(for sequence: UInt64) -> Value? {
        self.find(sequence).flatMap { self.slots[$0]?.value }
    }

    mutating func remove(_ sequence: UInt64) {
        guard var hole = self.find(sequence) else { return }
        self.slots[hole] = nil
        self.count -= 1
        // Those behind that had to give way move up, so that no search ends too early at the hole.
        var index = self.next(hole)
        while let slot = self.slots[index] {
            let home = self.home(slot.sequence)
            if self.distance(from: home, to: index) >= self.distance(from: hole, to: index) {
                self.slots.swapAt(hole, index)
                hole = index
            }
            index = self.next(index)
        }
    }

    func forEach(_ body: (UInt64, Value) -> Void) {
        for case let slot? in self.slots { body(slot.sequence, slot.value) }
    }

    private func find(_ sequence: UInt64) -> Int? {
        var index = self.home(sequence)
        while let found = self.slots[index]?.sequence {
            if found == sequence { return index }
            index = self.next(index)
        }
        return nil
    }

    private mutating func place(_ slot: Slot) {
        var index = self.home(slot.sequence)
        while self.slots[index] != nil { index = self.next(index) }
        self.slots[index] = slot
    }

    private mutating func grow() {
        let old = self.slots
        self.slots = Array(repeating: nil, count: old.count * 2)
        self.mask = UInt64(self.slots.count - 1)
        for case let slot? in old { self.place(slot) }
    }

    private func home(_ sequence: UInt64) -> Int { Int(truncatingIfNeeded: sequence & self.mask) }

    private func next(_ index: Int) -> Int { (index + 1) & Int(truncatingIfNeeded: self.mask) }

    private func distance(from: Int, to: Int) -> Int { (to - from) & Int(truncatingIfNeeded: self.mask) }
}
