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

    /// What of it a crash at this moment may make it forget, and with which batch of the journal it is written; nil: with the next.
    private var unwritten: [Place: Int?] = [:]

    /// How many attempts failed that the process knows of.
    private var attempts: [Place: UInt32] = [:]

    /// The same as a crash at this moment must leave it, and what is about to be written of it.
    private var writtenAttempts: [Place: UInt32] = [:]
    private var unwrittenAttempts: [(batch: Int?, place: Place, attempts: UInt32)] = []

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
            self.unwritten[place] = .some(nil)
        } else if countsAsAttempt {
            self.attempts[place, default: 0] += 1
            self.unwrittenAttempts.append((nil, place, self.attempts[place, default: 0]))
        }
        return true
    }

    /// Whether every sink has it, under whichever name.
    func isDone(_ message: MessageID) -> Bool {
        (0..<self.scenario.sinks).allSatisfy { sink in
            [message, Self.aside(message)].contains { name in
                self.taken.contains(Place(message: name, sink: sink))
                    || self.taken.contains(Place(message: name, sink: sink + RouteLedger.maximumSinks))
            }
        }
    }

    /// See ``setAside(_:)``.
    private static func aside(_ message: MessageID) -> MessageID {
        MessageID(generation: -1 - message.generation, sequence: message.sequence)
    }

    func acknowledging(_ message: MessageID, isConnected: Bool) throws {
        let isUnwanted = self.scenario.skipsSome && self.messages[message]?.isWanted == false
        try Self.check(isUnwanted || self.isDone(message), "\(message) is acked, and not every sink has it")
        try Self.check(isConnected, "an ack without a session")
    }

    // MARK: Crashes

    /// All that has happened so far is in batches up to this one, which is about to be written; nil: it is written.
    mutating func journaled(batch: Int?) {
        guard let batch else { return self.writtenAll() }
        for (place, number) in self.unwritten where number == nil { self.unwritten[place] = .some(batch) }
        for index in self.unwrittenAttempts.indices where self.unwrittenAttempts[index].batch == nil {
            self.unwrittenAttempts[index].batch = batch
        }
    }

    /// The journal has the batches up to this one.
    mutating func written(upTo batch: Int) {
        self.unwritten = self.unwritten.filter { $0.value ?? .max > batch }
        for (number, place, attempts) in self.unwrittenAttempts where number ?? .max <= batch {
            self.writtenAttempts[place] = attempts
        }
        self.unwrittenAttempts.removeAll { $0.batch ?? .max <= batch }
    }

    /// Everything so far is in the journal.
    mutating func writtenAll() {
        self.unwritten.removeAll()
        for (_, place, attempts) in self.unwrittenAttempts { self.writtenAttempts[place] = attempts }
        self.unwrittenAttempts.removeAll()
    }

    /// The process is gone, with all it knew but what is in its journal.
    mutating func crashed() {
        self.inHand.removeAll()
        self.attempts = self.scenario.isJournaled ? self.writtenAttempts : [:]
        self.unwrittenAttempts.removeAll()
        self.known = self.scenario.isJournaled ? self.known.filter { self.unwritten[$0] == nil } : []
        self.unwritten.removeAll()
    }

    /// A message of a new channel was taken for one of the old channel, since it came first and its sequence was above all that was
    /// known. It comes again, to the new channel's ledger, which does not know of it. That is one of the few repeats there are.
    ///
    /// - Returns: what the old ledger's copy goes by from now on.
    mutating func setAside(_ message: MessageID) -> MessageID {
        let aside = Self.aside(message)
        func renamed(_ places: Set<Place>) -> Set<Place> {
            Set(places.map { $0.message == message ? Place(message: aside, sink: $0.sink) : $0 })
        }
        self.taken = renamed(self.taken)
        self.inHand = renamed(self.inHand)
        self.known = renamed(self.known)
        self.unwritten = self.unwritten.filter { $0.key.message != message }
        self.unwrittenAttempts.removeAll { $0.place.message == message }
        for (place, count) in self.attempts where place.message == message {
            self.attempts[place] = nil
            self.writtenAttempts[place] = nil
            self.attempts[Place(message: aside, sink: place.sink)] = count
        }
        return aside
    }

    /// What is known of an older generation is of no use any more.
    mutating func forgotten(before generation: Int) {
        self.known = self.known.filter { $0.message.generation >= generation }
    }
}
