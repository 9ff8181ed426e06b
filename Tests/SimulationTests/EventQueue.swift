/// Things to come, by virtual time; what is due at the same time comes in the order in which it was put in.
struct EventQueue<Event> {
    private var events: [(time: Int64, order: Int, event: Event)] = []
    private var order = 0

    mutating func add(_ event: Event, at time: Int64) {
        self.order += 1
        self.events.append((time, self.order, event))
        var index = self.events.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard self.isBefore(index, parent) else { return }
            self.events.swapAt(index, parent)
            index = parent
        }
    }

    mutating func next() -> (time: Int64, event: Event)? {
        guard let first = self.events.first else { return nil }
        let last = self.events.removeLast()
        if !self.events.isEmpty {
            self.events[0] = last
            var index = 0
            while true {
                var smallest = index
                for child in [2 * index + 1, 2 * index + 2] where child < self.events.count && self.isBefore(child, smallest) {
                    smallest = child
                }
                guard smallest != index else { break }
                self.events.swapAt(index, smallest)
                index = smallest
            }
        }
        return (first.time, first.event)
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (self.events[left].time, self.events[left].order) < (self.events[right].time, self.events[right].order)
    }
}
