import HeapModule
package import NIOCore

/// The book of one route: every message it holds, where each has yet to go, and when. All decisions about a message are made here.
///
/// Pure: no I/O, no clock, no tasks. It is told what happened and answers what to do. Three rules carry the promises: a message is
/// acked only when every sink has said that it took it, or the dead-letter sink has on its behalf; a sequence that is known is
/// never delivered beside itself; and in an ordered route a message begins when the one before it has ended.
///
/// Sinks are numbered from 0. The dead-letter sink acts for each of them under a number of its own: that sink's and
/// ``maximumSinks``.
package struct RouteLedger {
    /// How many sinks a route can have.
    package static let maximumSinks = 32

    /// Before something is handed over once more that was not tried.
    private static let shortestPause = TimeAmount.milliseconds(100)

    /// What to do with a message that came.
    package enum Reception: Equatable, Sendable {
        /// Hand it to all sinks; it is their first attempt.
        case deliver
        /// It is held. Where it goes, if anywhere yet, `takeNext` says.
        case hold
        /// It is not for this route. Ack it.
        case skip
        /// It is in delivery, in line or waits for its retry. Its ack will come.
        case ignoreCopy
        /// It was delivered and its ack did not arrive. Ack it again.
        case acknowledgeAgain
        /// There is no room for it. The server sends it again.
        case refuse
        /// The server has begun the channel anew: what this ledger knows by sequence is of another channel. It goes on with a
        /// new ledger, to which the message belongs.
        case channelRestarted
    }

    /// What to do after a sink has spoken. There may be something for `takeNext` besides.
    package enum Settlement: Equatable, Sendable {
        /// Every sink has it: ack it.
        case acknowledge
        /// Every sink has it, but there is no session to ack it in, or it has not come in this one yet. When the server sends it
        /// again it is acked from memory.
        case settledWithoutSession
        /// Other sinks do not have it yet.
        case waitForOthers
        /// It is tried again then.
        case retry(at: NIODeadline)
        /// The sink is tried no more; the dead-letter sink gets the message on its behalf.
        case deadLetter
        /// It was not in delivery to this sink: a result that was given twice.
        case ignoreResult
    }

    struct Entry {
        var envelope: Envelope
        /// The sinks that do not have it yet, a bit each.
        var missing: UInt64
        /// The sinks that have it in hand at the moment.
        var inDelivery: UInt64
        var receivedAt: NIODeadline
        /// When it was handed over first.
        var startedAt: NIODeadline
        /// The session in which it came, or came again, last. Only there its ack means it: to a server that has lost its store, the
        /// same sequence is another message by now.
        var epoch: UInt32
        /// Which line it stands in, in an ordered route.
        var key: RouteKey?
    }

    /// A message and a sink.
    struct Place: Hashable {
        var sequence: UInt64
        var sink: Int
    }

    /// A message that one sink failed to take.
    struct Retry: Comparable {
        var due: NIODeadline
        var place: Place

        static func < (left: Self, right: Self) -> Bool {
            (left.due, left.place.sequence, left.place.sink) < (right.due, right.place.sequence, right.place.sink)
        }
    }

    var configuration: Configuration
    private var generator: SplitMix64
    var entries: SequenceTable<Entry>
    var settled: SettledSequences
    var retries = Heap<Retry>()

    /// What can be handed over at once.
    var ready: CircularBuffer<Place> = []

    /// What has failed and not been delivered since, there or to the dead-letter sink.
    var failures: [Place: RouteMemory.Failure] = [:]

    /// The lines of an ordered route.
    var order: RouteOrder?
    var hasSession = false

    /// Counts the sessions.
    var epoch: UInt32 = 0

    /// What was settled while the connection was away, as far as the session it belongs to may come back.
    var unsentAcks: [UInt64] = []

    /// The highest sequence that came, and its timestamp. In one channel, no lower sequence has a later one.
    var newest = RouteMemory.Newest(sequence: 0, timestamp: .min)

    /// The same as it was when each of the last sessions began: a server that has lost its store begins a session too, and what it
    /// sends of a new channel first can be above all that was known of the old one.
    private var earlierNewest: [RouteMemory.Newest] = []
    private static let sessionsRemembered = 16

    /// Messages that an earlier process held, as far as they have not come again.
    var remembered: [UInt64: RouteMemory.OpenMessage] = [:]

    /// Until when they may come, if the session lasts.
    var rememberedUntil = NIODeadline.distantFuture

    /// What has changed since `takeJournal`.
    var journal = JournalBatch()
    var journaledNewest: RouteMemory.Newest?

    /// How many deliveries are with sinks at the moment; a message counts once for each sink.
    package internal(set) var inDelivery = 0

    /// - Parameters:
    ///   - seed: for the jitter of retries.
    ///   - memory: what an earlier process remembered of the same route.
    package init(configuration: Configuration, seed: UInt64, memory: RouteMemory = RouteMemory(), now: NIODeadline = .now()) {
        self.configuration = configuration
        self.generator = SplitMix64(seed: seed)
        self.entries = SequenceTable()
        self.settled = SettledSequences(memory: configuration.settledMemory, holding: memory.settled, now: now)
        self.order = RouteOrder(configuration)
        self.remembered = memory.open
        if let newest = memory.newest { self.newest = newest }
        self.journaledNewest = memory.newest
    }

    /// How many messages are held: in delivery, in line, waiting for a retry, or several of these.
    package var held: Int { self.entries.count }

    /// How many retries wait; a message counts once for each sink that failed to take it.
    package var retrying: Int { self.retries.count }

    /// How many deliveries have failed at least once and not succeeded since, whether they wait or are being tried again; a message
    /// counts once for each sink.
    package var failing: Int { self.failures.count }

    /// When the oldest message that is held came. Looks at all of them: for reports, not for decisions.
    package var oldestReceivedAt: NIODeadline? {
        var oldest: NIODeadline?
        self.entries.forEach { _, entry in oldest = min(oldest ?? entry.receivedAt, entry.receivedAt) }
        return oldest
    }

    // MARK: Messages

    /// Whether the message is held, or was delivered and is remembered: `received` would not begin anything with it.
    package func knows(_ sequence: UInt64) -> Bool {
        sequence <= self.newest.sequence && (self.entries.contains(sequence) || self.settled.contains(sequence))
    }

    package mutating func received(_ envelope: Envelope, now: NIODeadline) -> Reception {
        let sequence = envelope.sequence
        if sequence > self.newest.sequence {
            self.newest = RouteMemory.Newest(sequence: sequence, timestamp: envelope.timestamp)
        } else {
            guard self.isOfThisChannel(envelope) else { return .channelRestarted }
            let epoch = self.epoch
            guard self.entries.update(sequence, { $0.epoch = epoch }) == nil else { return .ignoreCopy }
            if self.settled.contains(sequence) {
                self.settled.touch(sequence, now: now)
                self.saw(envelope, now: now)
                return .acknowledgeAgain
            }
        }
        if let isWanted = self.configuration.isWanted, !isWanted(envelope.body) {
            self.saw(envelope, now: now)
            return .skip
        }
        // What others wait for in line is taken in any case: else those that fill the room would wait for it for ever.
        guard self.entries.count < self.configuration.capacity || self.order?.isMissing(sequence) == true else {
            self.order?.refused(envelope, now: now)
            self.rememberedUntil = max(self.rememberedUntil, now + self.configuration.settledMemory)
            return .refuse
        }
        let all = UInt64.max >> UInt64(UInt64.bitWidth - self.configuration.sinks)
        var entry = Entry(
            envelope: envelope,
            missing: all,
            inDelivery: all,
            receivedAt: now,
            startedAt: now,
            epoch: self.epoch,
            key: self.configuration.ordering.key(of: envelope.body)
        )
        guard self.order == nil, self.remembered.isEmpty else { return self.hold(&entry, now: now) }
        self.entries.insert(entry, for: sequence)
        self.inDelivery += self.configuration.sinks
        return .deliver
    }

    /// A server stores in the order of its clock: a sequence up to a known one, with a later timestamp, was given out a second time.
    private func isOfThisChannel(_ envelope: Envelope) -> Bool {
        guard envelope.timestamp <= self.newest.timestamp else { return false }
        return self.earlierNewest.allSatisfy { envelope.sequence > $0.sequence || envelope.timestamp <= $0.timestamp }
    }

    /// A sink has taken the message for good.
    package mutating func delivered(_ sequence: UInt64, sink: Int, now: NIODeadline) -> Settlement {
        let bit = UInt64(1) << UInt64(sink)
        let found: (missing: UInt64, epoch: UInt32)?? = self.entries.update(sequence) { entry in
            guard entry.inDelivery & bit != 0 else { return nil }
            entry.inDelivery &= ~bit
            entry.missing &= ~bit
            return (entry.missing, entry.epoch)
        }
        guard case .some(.some((let missing, let epoch))) = found else { return .ignoreResult }
        self.inDelivery -= 1
        if !self.failures.isEmpty {
            self.failures[Place(sequence: sequence, sink: sink)] = nil
            // The dead-letter sink's success ends what the sink it stands for could not do.
            self.failures[Place(sequence: sequence, sink: sink - Self.maximumSinks)] = nil
        }
        guard missing == 0 else {
            if self.configuration.isJournaled { self.journal.events.append(.taken(sequence, sink: sink)) }
            return .waitForOthers
        }
        self.leaveLine(sequence, now: now)
        return self.settle(sequence, epoch: epoch, now: now)
    }

    /// Every sink has it, and it stands in no line.
    mutating func settle(_ sequence: UInt64, epoch: UInt32, now: NIODeadline) -> Settlement {
        self.entries.remove(sequence)
        self.settled.insert(sequence, now: now)
        if self.configuration.isJournaled { self.journal.settled.append(sequence) }
        guard epoch == self.epoch else { return .settledWithoutSession }
        guard self.hasSession else {
            self.unsentAcks.append(sequence)
            return .settledWithoutSession
        }
        return .acknowledge
    }

    /// A sink has failed to take the message.
    package mutating func failed(_ sequence: UInt64, sink: Int, _ cause: DeliveryFailure, now: NIODeadline) -> Settlement {
        let bit = UInt64(1) << UInt64(sink)
        let startedAt: NIODeadline?? = self.entries.update(sequence) { entry -> NIODeadline? in
            guard entry.inDelivery & bit != 0 else { return nil }
            entry.inDelivery &= ~bit
            return entry.startedAt
        }
        guard case .some(.some(let startedAt)) = startedAt else { return .ignoreResult }
        self.inDelivery -= 1
        let place = Place(sequence: sequence, sink: sink)
        var failure =
            self.failures[place]
            ?? RouteMemory.Failure(attempts: 0, firstAttemptAt: self.configuration.wallClock(at: startedAt))
        if cause.countsAsAttempt {
            failure.attempts = failure.attempts.addingReportingOverflow(1).overflow ? .max : failure.attempts + 1
        }
        let isGivenUp = self.isGivenUp(sink: sink, cause, attempts: failure.attempts)
        if isGivenUp { failure.givenUp = cause.reason }
        self.failures[place] = failure
        if self.configuration.isJournaled, cause.countsAsAttempt {
            self.journal.events.append(.failed(sequence, sink: sink, failure))
        }
        guard !isGivenUp else {
            _ = self.entries.update(sequence) { entry in
                entry.missing = entry.missing & ~bit | bit << UInt64(Self.maximumSinks)
            }
            self.ready.append(Place(sequence: sequence, sink: sink + Self.maximumSinks))
            return .deadLetter
        }
        let due = now + self.pause(after: cause, attempts: failure.attempts)
        self.retries.insert(Retry(due: due, place: place))
        return .retry(at: due)
    }

    private func isGivenUp(sink: Int, _ cause: DeliveryFailure, attempts: UInt32) -> Bool {
        guard self.configuration.hasDeadLetter, sink < Self.maximumSinks else { return false }
        switch cause {
        case .rejected: return true
        case .retry: return self.configuration.maxAttempts > 0 && attempts >= self.configuration.maxAttempts
        case .unavailable: return false
        }
    }

    private mutating func pause(after cause: DeliveryFailure, attempts: UInt32) -> TimeAmount {
        let schedule = self.configuration.retry
        switch cause {
        case .rejected:
            return schedule.slowest(using: &self.generator)
        case .retry(_, let after), .unavailable(_, let after):
            let delay = schedule.delay(after: max(1, attempts), using: &self.generator)
            guard let after else { return delay }
            // Who says when to come back knows better; and what has not been tried may come back sooner, though not at once.
            let shortest = cause.countsAsAttempt ? delay : min(delay, Self.shortestPause)
            return max(shortest, min(after, schedule.maximum))
        }
    }

    // MARK: What comes next

    /// When `takeNext` has something to give, if nothing else happens. At once: ``hasReady``.
    package var nextDue: NIODeadline? {
        guard let gap = self.order?.nextDeadline else { return self.retries.min?.due }
        return self.retries.min.map { min($0.due, gap) } ?? gap
    }

    /// Whether `takeNext` has something to give now, whatever the time.
    package var hasReady: Bool { !self.ready.isEmpty }

    /// Takes out one delivery whose time has come: what stood in line, what an earlier process left unfinished, retries, dead
    /// letters. It counts as in delivery from now on.
    package mutating func takeNext(now: NIODeadline) -> (sink: Int, delivery: Delivery)? {
        self.passGaps(now: now)
        let place: Place
        if let first = self.ready.popFirst() {
            place = first
        } else if let next = self.retries.min, next.due <= now {
            _ = self.retries.popMin()
            place = next.place
        } else {
            return nil
        }
        let envelope = self.entries.update(place.sequence) { entry -> Envelope in
            entry.inDelivery |= UInt64(1) << UInt64(place.sink)
            return entry.envelope
        }
        guard let envelope else {
            // Cannot be: a message is held until every sink has it, and this one does not.
            assertionFailure("a delivery of a message that is not held")
            return nil
        }
        self.inDelivery += 1
        let attempts = self.failures[place]?.attempts ?? 0
        return (
            place.sink,
            Delivery(envelope: envelope, attempt: attempts == .max ? .max : attempts + 1, deadLetter: self.deadLetter(of: place))
        )
    }

    private func deadLetter(of place: Place) -> DeadLetter? {
        guard place.sink >= Self.maximumSinks else { return nil }
        let sink = place.sink - Self.maximumSinks
        guard let failure = self.failures[Place(sequence: place.sequence, sink: sink)] else { return nil }
        return DeadLetter(
            sink: sink,
            reason: failure.givenUp ?? "",
            attempts: failure.attempts,
            firstAttemptAt: failure.firstAttemptAt
        )
    }

    /// Forgets what need not be remembered any longer. To be called every few seconds.
    package mutating func forget(now: NIODeadline) {
        guard self.hasSession else { return }
        self.settled.forget(now: now)
        if now > self.rememberedUntil { self.remembered.removeAll() }
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
        if isNew { self.epoch &+= 1 }
        self.settled.sessionResumed(now: now)
        self.rememberedUntil = now + self.configuration.settledMemory
        self.order?.sessionResumed(isNew: isNew, now: now)
        if isNew, self.newest.sequence > 0, self.newest != self.earlierNewest.last {
            self.earlierNewest.append(self.newest)
            if self.earlierNewest.count > Self.sessionsRemembered { self.earlierNewest.removeFirst() }
        }
        defer { self.unsentAcks.removeAll() }
        return isNew ? [] : self.unsentAcks
    }
}
