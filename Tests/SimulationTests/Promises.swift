import Delivery

/// What has been promised, held against everything that happens. Knows the whole world, and outlives every simulated crash.
struct Promises {
    struct Broken: Error {
        let message: String
    }

    /// A message and a sink; above ``RouteLedger/maximumSinks``, the dead-letter sink on a sink's behalf.
    struct Place: Hashable, CustomStringConvertible {
        var message: MessageID
        var sink: Int

        var description: String { "\(self.message) to \(self.sink)" }
    }

    private let scenario: Scenario
    private var messages: [MessageID: SimulatedServer.Message] = [:]

    /// What each sink has taken, ever: a crash does not undo it.
    private var taken: Set<Place> = []

    /// What sinks have in hand in this process.
    private var inHand: Set<Place> = []

    /// What sinks have taken and the process knows of, by itself or from the journal: it must not be delivered again.
    private var known: Set<Place> = []

    /// What of it a crash at this moment would make it forget.
    private var unwritten: Set<Place> = []

    /// How many attempts failed that the process knows of.
    private var attempts: [Place: UInt32] = [:]

    init(_ scenario: Scenario) {
        self.scenario = scenario
    }

    private static func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        guard condition else { throw Broken(message: message()) }
    }

    mutating func sent(_ message: SimulatedServer.Message) {
        self.messages[message.id] = message
    }

    // MARK: Deliveries

    /// - Parameter isStored: whether the server still has the channel that the message is of.
    mutating func delivering(
        _ message: MessageID,
        sink: Int,
        attempt: UInt32,
        deadLetter: DeadLetter?,
        isStored: Bool
    ) throws {
        let place = Place(message: message, sink: sink)
        let owner = Place(message: message, sink: sink % RouteLedger.maximumSinks)
        try Self.check(self.inHand.insert(place).inserted, "\(place) is delivered beside itself")
        try Self.check(!self.known.contains(place), "\(place) is delivered again, which is known to be taken")
        try Self.check(self.messages[message]?.isWanted != false || !self.scenario.skipsSome, "\(place) is not wanted")
        let known = self.attempts[place, default: 0]
        try Self.check(attempt == known + 1, "\(place) is attempt \(attempt) after \(known) that failed")
        try Self.check((deadLetter != nil) == (sink >= RouteLedger.maximumSinks), "\(place) has the wrong dead letter")
        if let deadLetter {
            try Self.check(deadLetter.sink == owner.sink, "\(place) is a dead letter of \(deadLetter.sink)")
            let made = self.attempts[owner, default: 0]
            try Self.check(deadLetter.attempts == made, "\(place) is given up after \(deadLetter.attempts) of \(made) attempts")
            try Self.check(!deadLetter.reason.isEmpty, "\(place) is given up without a reason")
        } else if self.scenario.maxAttempts > 0 {
            try Self.check(attempt <= self.scenario.maxAttempts, "\(place) is tried the \(attempt)th time")
        }
        // What a server has lost cannot be waited for.
        if isStored { try self.checkOrder(of: message) }
    }

    /// In an ordered route everything before a message, of the same key, is done with when it begins.
    private func checkOrder(of message: MessageID) throws {
        guard self.scenario.ordering != .unordered, let key = self.messages[message]?.key else { return }
        for sequence in 1..<message.sequence {
            let other = MessageID(generation: message.generation, sequence: sequence)
            guard let earlier = self.messages[other], earlier.isWanted || !self.scenario.skipsSome else { continue }
            guard self.scenario.ordering == .ordered || earlier.key == key else { continue }
            try Self.check(self.isDone(other), "\(message) begins before \(other) is done with")
        }
    }

    /// - Returns: whether the sink had it in hand.
    mutating func ended(_ message: MessageID, sink: Int, isTaken: Bool, countsAsAttempt: Bool) -> Bool {
        let place = Place(message: message, sink: sink)
        guard self.inHand.remove(place) != nil else { return false }
        if isTaken {
            self.taken.insert(place)
            self.known.insert(place)
            self.unwritten.insert(place)
        } else if countsAsAttempt {
            self.attempts[place, default: 0] += 1
        }
        return true
    }

    func isDone(_ message: MessageID) -> Bool {
        (0..<self.scenario.sinks).allSatisfy { sink in
            self.taken.contains(Place(message: message, sink: sink))
                || self.taken.contains(Place(message: message, sink: sink + RouteLedger.maximumSinks))
        }
    }

    func acknowledging(_ message: MessageID, isConnected: Bool) throws {
        let isUnwanted = self.scenario.skipsSome && self.messages[message]?.isWanted == false
        try Self.check(isUnwanted || self.isDone(message), "\(message) is acked, and not every sink has it")
        try Self.check(isConnected, "an ack without a session")
    }

    // MARK: Crashes

    /// The journal has what happened to these messages.
    mutating func written(_ batch: JournalBatch, id: (UInt64) -> MessageID) {
        for case .taken(let sequence, let sink) in batch.events {
            self.unwritten.remove(Place(message: id(sequence), sink: sink))
        }
        let settled = Set(batch.settled.map(id))
        self.unwritten = self.unwritten.filter { !settled.contains($0.message) }
    }

    /// Everything so far is in the journal.
    mutating func writtenAll() {
        self.unwritten.removeAll()
    }

    /// The process is gone, with all it knew but the journal.
    ///
    /// - Parameter id: what the journal's sequences mean.
    mutating func crashed(journal: RouteMemory, id: (UInt64) -> MessageID) {
        self.inHand.removeAll()
        self.attempts.removeAll()
        guard self.scenario.isJournaled else { return self.known.removeAll() }
        self.known.subtract(self.unwritten)
        self.unwritten.removeAll()
        for (sequence, message) in journal.open {
            for (sink, failure) in message.failures {
                self.attempts[Place(message: id(sequence), sink: sink)] = failure.attempts
            }
        }
    }

    /// A message of a new channel was taken for one of the old channel, since it came first and its sequence was above all that was
    /// known. It comes again, to the new channel's ledger, which does not know of it. That is one of the few repeats there are.
    ///
    /// - Returns: what the old ledger's copy goes by from now on.
    mutating func setAside(_ message: MessageID) -> MessageID {
        let aside = MessageID(generation: -1 - message.generation, sequence: message.sequence)
        func renamed(_ places: Set<Place>) -> Set<Place> {
            Set(places.map { $0.message == message ? Place(message: aside, sink: $0.sink) : $0 })
        }
        self.taken = renamed(self.taken)
        self.inHand = renamed(self.inHand)
        self.known = renamed(self.known)
        self.unwritten = renamed(self.unwritten)
        for (place, count) in self.attempts where place.message == message {
            self.attempts[place] = nil
            self.attempts[Place(message: aside, sink: place.sink)] = count
        }
        return aside
    }

    /// What is known of an older generation is of no use any more.
    mutating func forgotten(before generation: Int) {
        self.known = self.known.filter { $0.message.generation >= generation }
    }
}
