import HeapModule
package import NIOCore

/// The book of one route: every message it holds, where each has yet to go, and when. All decisions about a message are made here.
///
/// Pure: no I/O, no clock, no tasks. It is told what happened and answers what to do. Two rules carry the promises: a message is
/// acked only when every sink has said that it took it, and a sequence that is known is never delivered beside itself.
package struct RouteLedger {
    package struct Configuration: Sendable {
        /// How many sinks the route has: 1 to 64.
        package var sinks: Int

        package var retry: RetrySchedule

        /// How many messages the ledger holds at most. The server's window is the usual bound; a queue group's member can be sent
        /// more, and refuses it then: it comes again.
        package var capacity: Int

        /// How long a delivered message is remembered while a session lives: twice the ack wait, or longer.
        package var settledMemory: TimeAmount

        package init(sinks: Int, retry: RetrySchedule, capacity: Int, settledMemory: TimeAmount) {
            precondition(1...RouteLedger.maximumSinks ~= sinks)
            self.sinks = sinks
            self.retry = retry
            self.capacity = capacity
            self.settledMemory = settledMemory
        }
    }

    package static let maximumSinks = 64

    /// What to do with a message that came.
    package enum Reception: Equatable, Sendable {
        /// Hand it to all sinks; it is their first attempt.
        case deliver
        /// It is in delivery or waits for its retry. Its ack will come.
        case ignoreCopy
        /// It was delivered and its ack did not arrive. Ack it again.
        case acknowledgeAgain
        /// There is no room for it. The server sends it again.
        case refuse
        /// The server has begun the channel anew: what this ledger knows by sequence is of another channel. It goes on with a
        /// new ledger, to which the message belongs.
        case channelRestarted
    }

    /// What to do after a sink has spoken.
    package enum Settlement: Equatable, Sendable {
        /// Every sink has it: ack it.
        case acknowledge
        /// Every sink has it, but there is no session to ack it in. When the server sends it again it is acked from memory.
        case settledWithoutSession
        /// Other sinks do not have it yet.
        case waitForOthers
        /// It is tried again then.
        case retry(at: NIODeadline)
        /// It was not in delivery to this sink: a result that was given twice.
        case ignoreResult
    }

    private struct Entry {
        var envelope: Envelope
        /// The sinks that do not have it yet, a bit each.
        var missing: UInt64
        /// The sinks that have it in hand at the moment.
        var inDelivery: UInt64
        var receivedAt: NIODeadline
    }

    /// A message that one sink failed to take.
    private struct Retry: Comparable {
        var due: NIODeadline
        var sequence: UInt64
        var sink: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.due, left.sequence, left.sink) < (right.due, right.sequence, right.sink)
        }
    }

    private struct Failing: Hashable {
        var sequence: UInt64
        var sink: Int
    }

    private let configuration: Configuration
    private var generator: SplitMix64
    private var entries: SequenceTable<Entry>
    private var settled: SettledSequences
    private var retries = Heap<Retry>()

    /// Which attempt is, or was, the last one: only for what has failed at least once.
    private var attempts: [Failing: UInt32] = [:]
    private var hasSession = false

    /// What was settled while the connection was away, as far as the session it belongs to may come back.
    private var unsentAcks: [UInt64] = []

    /// The highest sequence that came, and its timestamp. In one channel, no lower sequence has a later one.
    private var newest: (sequence: UInt64, timestamp: Int64) = (0, .min)

    /// How many deliveries are with sinks at the moment; a message counts once for each sink.
    package private(set) var inDelivery = 0

    /// - Parameter seed: for the jitter of retries.
    package init(configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        self.generator = SplitMix64(seed: seed)
        self.entries = SequenceTable()
        self.settled = SettledSequences(memory: configuration.settledMemory)
    }

    /// How many messages are held: in delivery, waiting for a retry, or both.
    package var held: Int { self.entries.count }

    /// How many retries wait; a message counts once for each sink that failed to take it.
    package var retrying: Int { self.retries.count }

    /// How many deliveries have failed at least once and not succeeded since, whether they wait or are being tried again; a message
    /// counts once for each sink.
    package var failing: Int { self.attempts.count }

    /// When the oldest message that is held came. Looks at all of them: for reports, not for decisions.
    package var oldestReceivedAt: NIODeadline? {
        var oldest: NIODeadline?
        self.entries.forEach { _, entry in oldest = min(oldest ?? entry.receivedAt, entry.receivedAt) }
        return oldest
    }

    // MARK: Messages

    package mutating func received(_ envelope: Envelope, now: NIODeadline) -> Reception {
        let sequence = envelope.sequence
        if sequence > self.newest.sequence {
            self.newest = (sequence, envelope.timestamp)
        } else {
            // A server stores in the order of its clock, so this sequence was given out a second time.
            guard envelope.timestamp <= self.newest.timestamp else { return .channelRestarted }
            if self.entries.contains(sequence) { return .ignoreCopy }
            if self.settled.contains(sequence) {
                self.settled.touch(sequence, now: now)
                return .acknowledgeAgain
            }
        }
        guard self.entries.count < self.configuration.capacity else { return .refuse }
        let all = UInt64.max >> UInt64(Self.maximumSinks - self.configuration.sinks)
        self.entries.insert(Entry(envelope: envelope, missing: all, inDelivery: all, receivedAt: now), for: sequence)
        self.inDelivery += self.configuration.sinks
        return .deliver
    }

    /// A sink has taken the message for good.
    package mutating func delivered(_ sequence: UInt64, sink: Int, now: NIODeadline) -> Settlement {
        let bit = UInt64(1) << UInt64(sink)
        let missing: UInt64?? = self.entries.update(sequence) { entry -> UInt64? in
            guard entry.inDelivery & bit != 0 else { return nil }
            entry.inDelivery &= ~bit
            entry.missing &= ~bit
            return entry.missing
        }
        guard case .some(.some(let missing)) = missing else { return .ignoreResult }
        self.inDelivery -= 1
        if !self.attempts.isEmpty { self.attempts[Failing(sequence: sequence, sink: sink)] = nil }
        guard missing == 0 else { return .waitForOthers }
        self.entries.remove(sequence)
        self.settled.insert(sequence, now: now)
        guard self.hasSession else {
            self.unsentAcks.append(sequence)
            return .settledWithoutSession
        }
        return .acknowledge
    }

    /// A sink has failed to take the message.
    package mutating func failed(_ sequence: UInt64, sink: Int, _ failure: DeliveryFailure, now: NIODeadline) -> Settlement {
        let bit = UInt64(1) << UInt64(sink)
        let wasInDelivery = self.entries.update(sequence) { entry -> Bool in
            guard entry.inDelivery & bit != 0 else { return false }
            entry.inDelivery &= ~bit
            return true
        }
        guard wasInDelivery == true else { return .ignoreResult }
        self.inDelivery -= 1
        let key = Failing(sequence: sequence, sink: sink)
        let attempt = self.attempts[key, default: 1]
        self.attempts[key] = attempt
        var delay: TimeAmount
        switch failure {
        case .retry(_, let after):
            delay = self.configuration.retry.delay(after: attempt, using: &self.generator)
            if let after { delay = max(delay, min(after, self.configuration.retry.maximum)) }
        case .rejected:
            delay = self.configuration.retry.slowest(using: &self.generator)
        }
        let due = now + delay
        self.retries.insert(Retry(due: due, sequence: sequence, sink: sink))
        return .retry(at: due)
    }

    // MARK: Time

    /// When `takeDue` has something to give, if nothing else happens.
    package var nextDue: NIODeadline? { self.retries.min?.due }

    /// Takes out one retry whose time has come. It counts as in delivery from now on.
    package mutating func takeDue(now: NIODeadline) -> (sink: Int, delivery: Delivery)? {
        guard let next = self.retries.min, next.due <= now else { return nil }
        _ = self.retries.popMin()
        let envelope = self.entries.update(next.sequence) { entry -> Envelope in
            entry.inDelivery |= UInt64(1) << UInt64(next.sink)
            return entry.envelope
        }
        guard let envelope else {
            // Cannot be: a message is held until every sink has it, and this one does not.
            assertionFailure("a retry of a message that is not held")
            return nil
        }
        let key = Failing(sequence: next.sequence, sink: next.sink)
        let attempt = self.attempts[key, default: 1].addingReportingOverflow(1)
        self.attempts[key] = attempt.overflow ? .max : attempt.partialValue
        self.inDelivery += 1
        return (next.sink, Delivery(envelope: envelope, attempt: self.attempts[key, default: 1]))
    }

    /// Forgets what need not be remembered any longer. To be called every few seconds.
    package mutating func forget(now: NIODeadline) {
        guard self.hasSession else { return }
        self.settled.forget(now: now)
    }

    // MARK: Session

    /// Acks can no longer be sent. Deliveries go on.
    package mutating func sessionLost() {
        self.hasSession = false
    }

    /// Acks can be sent.
    ///
    /// - Parameter isNew: whether this is another session than before, or the same one whose connection was away.
    /// - Returns: the acks that could not be sent meanwhile. None in a new session: it has another ack inbox, and the server
    ///   sends what it has no ack of again by itself.
    package mutating func sessionResumed(isNew: Bool, now: NIODeadline) -> [UInt64] {
        self.hasSession = true
        self.settled.sessionResumed(now: now)
        defer { self.unsentAcks.removeAll() }
        return isNew ? [] : self.unsentAcks
    }
}
