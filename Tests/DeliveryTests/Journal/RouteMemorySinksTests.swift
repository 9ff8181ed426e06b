import Testing

@testable import Delivery

@Suite("Sinks of a journal's memory")
struct RouteMemorySinksTests {
    private let failure = RouteMemory.Failure(attempts: 3, firstAttemptAt: 17)
    private let givenUp = RouteMemory.Failure(attempts: 9, firstAttemptAt: 17, givenUp: "404 Not Found")

    private func memory(_ events: [JournalBatch.Event], settled: [UInt64] = []) -> RouteMemory {
        var batch = JournalBatch()
        batch.newest = RouteMemory.Newest(sequence: 100, timestamp: 5)
        batch.events = events
        batch.settled = settled
        return [batch].reduce(into: RouteMemory()) { $0.apply($1) }
    }

    @Test("Sinks that changed places are found by name")
    func reordered() {
        let before = self.memory([.taken(1, sink: 0), .failed(1, sink: 2, self.failure), .taken(2, sink: 1)], settled: [3])
        let after = before.renumbered(
            from: identity(sinks: ["a", "b", "c"]),
            to: identity(sinks: ["c", "a", "b"])
        )
        #expect(after == self.memory([.taken(1, sink: 1), .failed(1, sink: 0, self.failure), .taken(2, sink: 2)], settled: [3]))
    }

    @Test("What a sink took that is gone is forgotten; a new one has taken nothing")
    func removed() {
        let before = self.memory([.taken(1, sink: 0), .taken(1, sink: 1), .taken(2, sink: 0), .failed(3, sink: 0, self.failure)])
        let after = before.renumbered(from: identity(sinks: ["a", "b"]), to: identity(sinks: ["new", "b"]))
        #expect(after == self.memory([.taken(1, sink: 1)]))
    }

    @Test("Without a dead-letter sink, nothing is given up")
    func withoutDeadLetter() {
        let before = self.memory([.failed(1, sink: 0, self.givenUp), .failed(2, sink: 0, self.failure)])
        let after = before.renumbered(from: identity(sinks: ["a"]), to: identity(sinks: ["a"], deadLetter: nil))
        var tried = self.givenUp
        tried.givenUp = nil
        #expect(after == self.memory([.failed(1, sink: 0, tried), .failed(2, sink: 0, self.failure)]))
    }

    @Test(
        "What the dead-letter sink took for a sink is done with; what it failed to take is another dead-letter sink's from the beginning"
    )
    func deadLetter() {
        let dead = RouteLedger.maximumSinks
        let before = self.memory([
            .taken(1, sink: 1), .failed(1, sink: 0, self.givenUp), .failed(1, sink: dead, self.failure),
            .failed(2, sink: 0, self.givenUp), .taken(2, sink: dead),
        ])
        let old = identity(sinks: ["a", "b"], deadLetter: "dead")
        #expect(
            before.renumbered(from: old, to: identity(sinks: ["b", "a"], deadLetter: "dead"))
                == self.memory([
                    .taken(1, sink: 0), .failed(1, sink: 1, self.givenUp), .failed(1, sink: dead + 1, self.failure),
                    .failed(2, sink: 1, self.givenUp), .taken(2, sink: dead + 1),
                ])
        )
        #expect(
            before.renumbered(from: old, to: identity(sinks: ["a", "b"], deadLetter: "grave"))
                == self.memory([.taken(1, sink: 1), .failed(1, sink: 0, self.givenUp), .taken(2, sink: 0)])
        )
    }
}
