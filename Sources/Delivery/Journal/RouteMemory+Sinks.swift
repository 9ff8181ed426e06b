extension RouteMemory {
    /// The same memory for a route whose sinks have changed: they are found by name.
    ///
    /// What a sink took that the route no longer has is forgotten; a sink that is new has taken nothing. How a dead-letter sink
    /// failed is forgotten where it is another one now; without one, nothing is given up, and is tried again.
    func renumbered(from old: JournalIdentity, to new: JournalIdentity) -> RouteMemory {
        let numbers = Self.numbers(from: old, to: new)
        var memory = self
        memory.open = self.open.compactMapValues { message in
            var renumbered = OpenMessage()
            for (number, newNumber) in numbers where message.taken >> UInt64(number) & 1 == 1 {
                renumbered.taken |= 1 << UInt64(newNumber)
            }
            for (number, failure) in message.failures {
                guard let newNumber = numbers[number] else { continue }
                renumbered.failures[newNumber] = failure
                if new.deadLetter == nil { renumbered.failures[newNumber]?.givenUp = nil }
            }
            return renumbered.taken == 0 && renumbered.failures.isEmpty ? nil : renumbered
        }
        return memory
    }

    /// The new number of each sink that there still is, by its old one.
    static func numbers(from old: JournalIdentity, to new: JournalIdentity) -> [Int: Int] {
        let maximum = RouteLedger.maximumSinks
        var numbers: [Int: Int] = [:]
        for (number, name) in old.sinks.enumerated() {
            guard let newNumber = new.sinks.firstIndex(of: name) else { continue }
            numbers[number] = newNumber
            if let deadLetter = old.deadLetter, deadLetter == new.deadLetter { numbers[number + maximum] = newNumber + maximum }
        }
        return numbers
    }
}
