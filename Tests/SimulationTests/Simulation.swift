import NIOCore

@testable import Delivery

/// One run of a route's ledger between a simulated server and simulated sinks, in virtual time and from one seed.
///
/// Acks are lost, sessions end, the connection goes away and comes back, the server loses its store, the process crashes and finds
/// its journal again, sinks are slow, hang, fail, are down, and report twice. After a while the faults cease, and everything must
/// come to its end. Every promise is checked at every step.
struct Simulation {
    struct Failure: Error, CustomStringConvertible {
        private static let shownSteps = 60

        let seed: UInt64
        let message: String
        let trace: [String]

        var description: String {
            "seed \(self.seed): \(self.message)\n" + self.trace.suffix(Self.shownSteps).joined(separator: "\n")
        }
    }

    /// What a run has seen, so that a test can tell whether the faults occurred at all.
    struct Summary {
        var steps = 0
        var deliveries = 0
        var copies = 0
        var acksAgain = 0
        var crashes = 0
        var sessions = 0
        var retries = 0
        var skipped = 0
        var deadLetters = 0
        var restarts = 0
        var refused = 0
        var breakers = 0

        static func += (left: inout Self, right: Self) {
            left.steps += right.steps
            left.deliveries += right.deliveries
            left.copies += right.copies
            left.acksAgain += right.acksAgain
            left.crashes += right.crashes
            left.sessions += right.sessions
            left.retries += right.retries
            left.skipped += right.skipped
            left.deadLetters += right.deadLetters
            left.restarts += right.restarts
            left.refused += right.refused
            left.breakers += right.breakers
        }
    }

    private enum Event {
        case publish
        /// The server looks at its clock.
        case serverTick
        case message(SimulatedServer.Sent, session: Int)
        case ack(UInt64, session: Int)
        case result(lane: Int, sink: Int, UInt64, DeliveryFailure?, SinkGate.Ticket?, process: Int)
        case gate(sink: Int, process: Int)
        case timer(lane: Int, process: Int)
        case sessionEnds
        case sessionNoticed(Int)
        case sessionBegins
        case connectionAway
        case connectionBack(session: Int)
        case serverForgets
        case journalWritten(Int, process: Int)
        case upkeep
        case sinkDown(Int, until: Int64)
        case crash
    }

    /// A ledger at work. When the server begins the channel anew, the old one finishes beside its successor.
    private struct Lane {
        var ledger: RouteLedger
        var generation: Int
        /// Whether it has never seen a message.
        var isFresh: Bool
        var isRetired = false
        /// What its sequences mean, where that is known.
        var ids: [UInt64: MessageID] = [:]
        /// The session in which each sequence came last.
        var sessions: [UInt64: Int] = [:]
    }

    /// What a sink has waiting and under way in this process.
    private struct SinkState {
        var gate: SinkGate
        var waiting: [(lane: Int, sequence: UInt64, virtual: Int)] = []
        var downUntil: Int64 = 0
    }

    private static let second = Scenario.second

    private let seed: UInt64
    private var random: SplitMix64
    private let scenario: Scenario
    private var server: SimulatedServer
    private var promises: Promises
    private var lanes: [Int: Lane] = [:]
    private var current = 0
    private var sinks: [SinkState] = []
    private var queue = EventQueue<Event>()
    private var now: Int64 = 0
    private var session = 0
    private var process = 0
    private var published = 0
    private var isConnected = false
    /// NATS does not reorder: when the last message of this session arrives.
    private var lastArrival: Int64 = 0
    /// What would be found after a crash, and what is still to be written.
    private var journal = RouteMemory()
    private var journalGeneration = 0
    /// The same as the file would have it.
    private var journalFile: [UInt8] = []
    private var unwritten: [(number: Int, batch: JournalBatch)] = []
    private var batches = 0
    private var summary = Summary()
    private let isTraced: Bool
    private var trace: [String] = []

    private init(seed: UInt64, isTraced: Bool) {
        self.seed = seed
        self.isTraced = isTraced
        self.random = SplitMix64(seed: seed)
        self.scenario = Scenario(using: &self.random)
        self.server = SimulatedServer(maxInFlight: self.scenario.maxInFlight, ackWait: self.scenario.ackWait)
        self.promises = Promises(self.scenario)
        self.beginJournal(RouteMemory())
        self.startProcess(memory: RouteMemory())
    }

    /// - Throws: ``Failure`` with the last events when a promise is broken.
    static func run(seed: UInt64) throws -> Summary {
        do {
            var simulation = Simulation(seed: seed, isTraced: false)
            return try simulation.run()
        } catch {
            // Once more, the same way, for the trace.
            var simulation = Simulation(seed: seed, isTraced: true)
            return try simulation.run()
        }
    }

    private mutating func run() throws -> Summary {
        self.schedule()
        while let (time, event) = self.queue.next() {
            self.now = time
            self.summary.steps += 1
            if self.isTraced {
                switch event {
                case .serverTick, .upkeep: break
                default: self.trace.append("\(Double(time) / 1e9)s \(event)")
                }
            }
            do {
                try self.handle(event)
                try self.checkBounds()
            } catch let broken as Promises.Broken {
                throw self.failure(broken.message)
            }
            if self.isOver { return self.summary }
            guard time < 7200 * Self.second else { throw self.failure("no end: \(self.server.pending.count) pending") }
        }
        throw self.failure("nothing left to do, and \(self.server.pending.count) messages pending")
    }

    private mutating func schedule() {
        for _ in 0..<self.scenario.messages { self.queue.add(.publish, at: self.chance(60)) }
        func times(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.random) }
        for _ in 0..<times(0...5) { self.queue.add(.sessionEnds, at: self.chance(110)) }
        for _ in 0..<times(0...5) { self.queue.add(.connectionAway, at: self.chance(110)) }
        for _ in 0..<times(0...4) { self.queue.add(.crash, at: self.chance(110)) }
        if times(0...3) == 0 { self.queue.add(.serverForgets, at: self.chance(110)) }
        for sink in 0..<self.scenario.sinks where times(0...2) == 0 {
            self.queue.add(.sinkDown(sink, until: self.chance(60)), at: self.chance(60))
        }
        self.queue.add(.sessionBegins, at: 0)
        self.queue.add(.serverTick, at: 0)
        self.queue.add(.upkeep, at: Self.second)
    }

    private var isOver: Bool {
        self.published == self.scenario.messages && self.server.isDrained && self.now > Scenario.faultsEnd
            && self.lanes.values.allSatisfy { $0.ledger.held == 0 }
    }

    private func checkBounds() throws {
        for lane in self.lanes.values {
            guard lane.ledger.held <= self.scenario.bound else {
                throw Promises.Broken(message: "\(lane.ledger.held) messages are held where \(self.scenario.bound) may be")
            }
            guard lane.ledger.failing <= lane.ledger.held * 2 * self.scenario.sinks else {
                throw Promises.Broken(message: "\(lane.ledger.failing) failures are kept for \(lane.ledger.held) messages")
            }
        }
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws {
        let time = self.time
        switch event {
        case .publish:
            self.published += 1
            let key = UInt8.random(in: 0...2, using: &self.random)
            self.server.publish(key: key, isWanted: Int.random(in: 0...3, using: &self.random) > 0, now: self.now)
        case .serverTick:
            self.send(self.server.send(now: self.now))
            self.queue.add(.serverTick, at: self.now + Self.second / 2)
        case .message(let sent, let session):
            guard session == self.session, self.isConnected else { return }
            try self.received(sent)
        case .ack(let sequence, let session):
            self.server.ack(sequence, session: session)
        case .result(let lane, let sink, let sequence, let failure, let ticket, let process):
            guard process == self.process else { return }
            try self.finished(lane: lane, sequence, sink: sink, failure, ticket)
        case .gate(let sink, let process):
            guard process == self.process else { return }
            self.pump(sink)
        case .timer(let lane, let process):
            guard process == self.process else { return }
            try self.handOver(lane)
        case .sessionEnds:
            guard self.server.session != nil else { return }
            self.server.sessionEnded()
            // The client may not know it for a while: its acks go nowhere.
            self.queue.add(
                .sessionNoticed(self.session),
                at: Bool.random(using: &self.random) ? self.now : self.chance(Scenario.noticedAfter)
            )
        case .sessionNoticed(let session):
            guard session == self.session, self.server.session != session else { return }
            self.lanes[self.current]?.ledger.sessionLost()
            self.isConnected = false
            self.queue.add(.sessionBegins, at: self.now + Self.second)
        case .sessionBegins:
            guard self.server.session == nil else { return }
            self.session += 1
            self.summary.sessions += 1
            self.isConnected = true
            self.lastArrival = self.now
            _ = self.lanes[self.current]?.ledger.sessionResumed(isNew: true, now: time)
            self.send(self.server.subscribe(session: self.session, now: self.now))
        case .connectionAway:
            guard self.isConnected else { return }
            self.isConnected = false
            self.lanes[self.current]?.ledger.sessionLost()
            self.queue.add(
                .connectionBack(session: self.session),
                at: self.now + Int64.random(in: 0...15, using: &self.random) * Self.second
            )
        case .connectionBack(let session):
            guard session == self.session, !self.isConnected else { return }
            guard self.server.session == session else { return self.queue.add(.sessionBegins, at: self.now) }
            self.isConnected = true
            for sequence in self.lanes[self.current]?.ledger.sessionResumed(isNew: false, now: time) ?? [] {
                try self.acknowledge(sequence, lane: self.current)
            }
        case .serverForgets:
            self.server.forget()
            self.queue.add(.sessionNoticed(self.session), at: self.chance(Scenario.noticedAfter))
        case .journalWritten(let number, let process):
            guard process == self.process else { return }
            self.write(upTo: number)
        case .upkeep:
            self.upkeep()
            self.queue.add(.upkeep, at: self.now + 3 * Self.second)
        case .sinkDown(let sink, let until):
            self.sinks[sink].downUntil = until
        case .crash:
            try self.crash()
        }
    }

    // MARK: Process

    private mutating func startProcess(memory: RouteMemory) {
        let time = self.time
        self.current += 1
        let generation = self.journalGeneration
        self.lanes = [
            self.current: Lane(
                ledger: self.scenario.makeLedger(seed: self.seed &+ UInt64(self.current), memory: memory, now: time),
                generation: generation,
                isFresh: memory.newest == nil
            )
        ]
        self.sinks = (0...self.scenario.sinks).map { index in
            var state = SinkState(gate: SinkGate(self.scenario.gate, now: time))
            if index < self.sinks.count { state.downUntil = self.sinks[index].downUntil }
            return state
        }
    }

    private mutating func crash() throws {
        self.summary.crashes += 1
        self.process += 1
        let lane = self.lanes[self.current]
        let ids = lane?.ids ?? [:]
        try self.checkJournal()
        self.promises.crashed()
        self.startProcess(memory: self.scenario.isJournaled ? self.journal : RouteMemory())
        // What the journal's sequences mean, the next process finds to be the same.
        if self.scenario.isJournaled { self.lanes[self.current]?.ids = ids }
        self.server.sessionEnded()
        self.isConnected = false
        self.queue.add(.sessionBegins, at: self.now + Self.second)
    }

    /// What a crash leaves of the file, the beginning of the next record included, gives the memory back.
    private mutating func checkJournal() throws {
        guard self.scenario.isJournaled else { return }
        var bytes = self.journalFile
        if let next = self.unwritten.first {
            let record = Self.encoded { JournalCodec.append(next.batch, to: &$0) }
            bytes += record.prefix(Int.random(in: 0..<max(1, record.count), using: &self.random))
        }
        self.unwritten.removeAll()
        guard JournalScan(bytes).memory == self.journal else {
            throw Promises.Broken(message: "the journal's file says otherwise")
        }
    }

    private mutating func beginJournal(_ memory: RouteMemory) {
        self.journal = memory
        guard self.scenario.isJournaled else { return }
        let identity = JournalIdentity(
            route: "r",
            cluster: "c",
            channel: "ch",
            clientID: "i",
            durableName: "d",
            queue: nil,
            sinks: (0..<self.scenario.sinks).map { "s\($0)" },
            deadLetter: self.scenario.hasDeadLetter ? "dead" : nil
        )
        self.journalFile = Self.encoded {
            JournalCodec.append(identity, to: &$0)
            JournalCodec.append(memory, to: &$0)
        }
    }

    private static func encoded(_ body: (inout RecordBuffer) -> Void) -> [UInt8] {
        var buffer = RecordBuffer()
        body(&buffer)
        return Array(buffer.bytes)
    }

    private mutating func upkeep() {
        let time = self.time
        self.lanes[self.current]?.ledger.forget(now: time)
        guard self.scenario.isJournaled, let lane = self.lanes[self.current] else { return }
        guard Int.random(in: 0..<4, using: &self.random) == 0 else { return }
        self.beginJournal(lane.ledger.memory)
        self.unwritten.removeAll()
        self.promises.writtenAll()
    }

    private mutating func writeJournal(_ lane: Int) {
        guard lane == self.current else { return }
        guard let batch = self.lanes[lane]?.ledger.takeJournal() else {
            return self.promises.journaled(batch: self.unwritten.last?.number)
        }
        self.batches += 1
        self.promises.journaled(batch: self.batches)
        self.unwritten.append((self.batches, batch))
        let delay = Int64.random(in: 0...3_000_000, using: &self.random)
        self.queue.add(.journalWritten(self.batches, process: self.process), at: self.now + delay)
    }

    /// One after the other, as a file is written.
    private mutating func write(upTo number: Int) {
        while let first = self.unwritten.first, first.number <= number {
            self.unwritten.removeFirst()
            self.journal.apply(first.batch)
            self.journalFile += Self.encoded { JournalCodec.append(first.batch, to: &$0) }
            self.promises.written(upTo: first.number)
        }
    }

    // MARK: Messages

    private mutating func send(_ messages: [SimulatedServer.Sent]) {
        for sent in messages {
            self.promises.sent(sent.message)
            let arrival = self.now + Int64.random(in: 0...50_000_000, using: &self.random)
            self.lastArrival = max(arrival, self.lastArrival)
            self.queue.add(.message(sent, session: self.session), at: self.lastArrival)
        }
    }

    private mutating func received(_ sent: SimulatedServer.Sent) throws {
        let time = self.time
        let envelope = Envelope(
            sequence: sent.message.id.sequence,
            timestamp: sent.message.timestamp,
            redelivered: sent.redelivered,
            body: Scenario.body(of: sent.message)
        )
        guard let reception = self.lanes[self.current]?.ledger.received(envelope, now: time) else { return }
        if self.lanes[self.current]?.isFresh == true {
            // To a ledger that has seen nothing, a channel that was begun anew is as good as any.
            self.lanes[self.current]?.isFresh = false
            self.lanes[self.current]?.generation = sent.message.id.generation
            self.journalGeneration = sent.message.id.generation
        }
        if reception != .channelRestarted { self.lanes[self.current]?.sessions[envelope.sequence] = self.session }
        switch reception {
        case .deliver, .hold, .skip: self.lanes[self.current]?.ids[envelope.sequence] = sent.message.id
        case .ignoreCopy, .acknowledgeAgain, .refuse, .channelRestarted: break
        }
        switch reception {
        case .deliver:
            for sink in 0..<self.scenario.sinks {
                try self.deliver(Delivery(envelope: envelope, attempt: 1), lane: self.current, sink: sink)
            }
        case .hold:
            break
        case .skip:
            self.summary.skipped += 1
            try self.acknowledge(envelope.sequence, lane: self.current)
        case .ignoreCopy:
            self.summary.copies += 1
        case .acknowledgeAgain:
            self.summary.acksAgain += 1
            try self.acknowledge(envelope.sequence, lane: self.current)
        case .refuse:
            self.summary.refused += 1
            guard self.lanes[self.current]?.ledger.held ?? 0 >= self.scenario.capacity else {
                throw Promises.Broken(message: "a message is refused although there is room")
            }
        case .channelRestarted:
            return try self.beginAnew(sent)
        }
        try self.handOver(self.current)
    }

    private mutating func beginAnew(_ sent: SimulatedServer.Sent) throws {
        let time = self.time
        let generation = sent.message.id.generation
        guard let old = self.lanes[self.current], old.generation < generation else {
            throw Promises.Broken(message: "the channel is taken for a new one")
        }
        self.summary.restarts += 1
        self.lanes[self.current]?.isRetired = true
        self.lanes[self.current]?.ledger.sessionLost()
        for (sequence, id) in old.ids where id.generation == generation {
            self.lanes[self.current]?.ids[sequence] = self.promises.setAside(id)
        }
        self.current += 1
        var ledger = self.scenario.makeLedger(seed: self.seed &+ UInt64(self.current), memory: RouteMemory(), now: time)
        _ = ledger.sessionResumed(isNew: false, now: time)
        self.lanes[self.current] = Lane(ledger: ledger, generation: generation, isFresh: true)
        self.beginJournal(RouteMemory())
        self.journalGeneration = generation
        self.unwritten.removeAll()
        self.promises.forgotten(before: generation)
        try self.received(sent)
    }

    private mutating func handOver(_ lane: Int) throws {
        let time = self.time
        while let (sink, delivery) = self.lanes[lane]?.ledger.takeNext(now: time) {
            if delivery.attempt > 1 { self.summary.retries += 1 }
            try self.deliver(delivery, lane: lane, sink: sink)
        }
        self.writeJournal(lane)
        if let due = self.lanes[lane]?.ledger.nextDue {
            self.queue.add(.timer(lane: lane, process: self.process), at: max(self.now, Int64(due.uptimeNanoseconds)))
        }
    }

    // MARK: Sinks

    private func id(_ sequence: UInt64, lane: Int) -> MessageID {
        self.lanes[lane]?.ids[sequence] ?? MessageID(generation: self.lanes[lane]?.generation ?? 0, sequence: sequence)
    }

    private mutating func deliver(_ delivery: Delivery, lane: Int, sink: Int) throws {
        let sequence = delivery.envelope.sequence
        if self.isTraced {
            self.trace.append("    deliver \(self.id(sequence, lane: lane)) to \(sink), attempt \(delivery.attempt)")
        }
        try self.promises.delivering(
            self.id(sequence, lane: lane),
            sink: sink,
            attempt: delivery.attempt,
            deadLetter: delivery.deadLetter,
            isStored: self.lanes[lane]?.generation == self.server.generation
        )
        self.summary.deliveries += 1
        if sink >= RouteLedger.maximumSinks { self.summary.deadLetters += 1 }
        let physical = sink < RouteLedger.maximumSinks ? sink : self.scenario.sinks
        self.sinks[physical].waiting.append((lane, sequence, sink))
        self.pump(physical)
    }

    private mutating func pump(_ sink: Int) {
        let time = self.time
        while !self.sinks[sink].waiting.isEmpty {
            switch self.sinks[sink].gate.mayBegin(now: time) {
            case .begin(let ticket):
                let (lane, sequence, virtual) = self.sinks[sink].waiting.removeFirst()
                self.begin(lane: lane, sequence, sink: virtual, isDown: self.sinks[sink].downUntil > self.now, ticket)
            case .wait(let until):
                return self.queue.add(.gate(sink: sink, process: self.process), at: Int64(until.uptimeNanoseconds))
            case .waitForEnd:
                return
            }
        }
    }

    private mutating func begin(lane: Int, _ sequence: UInt64, sink: Int, isDown: Bool, _ ticket: SinkGate.Ticket) {
        let isCalm = self.now > Scenario.faultsEnd
        let poison = self.scenario.poison[sequence]
        let failure: DeliveryFailure? =
            switch Int.random(in: 0..<10, using: &self.random) {
            case _ where poison?.sink == sink && self.lanes[lane]?.generation == 0:
                poison?.isRejected == true ? .rejected(reason: "poison") : .retry(reason: "poison", after: nil)
            case _ where isDown && !isCalm: .retry(reason: "down", after: nil)
            case 0 where !isCalm && !self.scenario.hasDeadLetter: .rejected(reason: "no")
            case 1 where !isCalm: .retry(reason: "busy", after: .seconds(Int64.random(in: 0...40, using: &self.random)))
            case 2 where !isCalm: .retry(reason: "failed", after: nil)
            case 3 where !isCalm: .unavailable(reason: "nothing was sent", after: .milliseconds(10))
            default: nil
            }
        // Mostly quick, sometimes slower than the ack wait, sometimes only the sink's own timeout ends it.
        let slowness: Int64
        switch Int.random(in: 0..<16, using: &self.random) {
        case 0 where !isCalm: slowness = 30
        case 1 where !isCalm: slowness = 60
        default: slowness = 1
        }
        let end = self.now + Int64.random(in: 0...(slowness * Self.second), using: &self.random)
        self.queue.add(.result(lane: lane, sink: sink, sequence, failure, ticket, process: self.process), at: end)
        if Int.random(in: 0..<20, using: &self.random) == 0 {
            self.queue.add(.result(lane: lane, sink: sink, sequence, failure, nil, process: self.process), at: end)
        }
    }

    private mutating func finished(
        lane: Int,
        _ sequence: UInt64,
        sink: Int,
        _ failure: DeliveryFailure?,
        _ ticket: SinkGate.Ticket?
    ) throws {
        let time = self.time
        var failure = failure
        let physical = sink < RouteLedger.maximumSinks ? sink : self.scenario.sinks
        if let ticket {
            let verdict = self.sinks[physical].gate.ended(ticket, Self.end(failure), now: time)
            if verdict.change == .opened { self.summary.breakers += 1 }
            if !verdict.countsAsAttempt, case .retry(let reason, let after) = failure {
                failure = .unavailable(reason: reason, after: after)
            }
            self.pump(physical)
        }
        guard let settlement = try self.settle(lane: lane, sequence, sink: sink, failure, isFirst: ticket != nil) else { return }
        if case .acknowledge = settlement { try self.acknowledge(sequence, lane: lane) }
        if self.lanes[lane]?.isRetired == true, self.lanes[lane]?.ledger.held == 0 { self.lanes[lane] = nil }
        try self.handOver(lane)
    }

    private mutating func settle(
        lane: Int,
        _ sequence: UInt64,
        sink: Int,
        _ failure: DeliveryFailure?,
        isFirst: Bool
    ) throws -> RouteLedger.Settlement? {
        guard self.lanes[lane] != nil else { return nil }
        let time = self.time
        let wasInHand =
            isFirst
            && self.promises.ended(
                self.id(sequence, lane: lane),
                sink: sink,
                isTaken: failure == nil,
                countsAsAttempt: failure?.countsAsAttempt ?? false
            )
        let settlement: RouteLedger.Settlement? =
            if let failure {
                self.lanes[lane]?.ledger.failed(sequence, sink: sink, failure, now: time)
            } else {
                self.lanes[lane]?.ledger.delivered(sequence, sink: sink, now: time)
            }
        guard wasInHand || settlement == .ignoreResult else {
            throw Promises.Broken(message: "a result that came twice counts twice: \(String(describing: settlement))")
        }
        let cameNow = self.lanes[lane]?.sessions[sequence] == self.session
        if case .settledWithoutSession = settlement, self.isConnected, lane == self.current, cameNow {
            throw Promises.Broken(message: "an ack is held back although there is a session")
        }
        return settlement
    }

    private static func end(_ failure: DeliveryFailure?) -> SinkGate.End {
        switch failure {
        case nil, .rejected: .works
        case .retry(_, .some(let after)): .asksForPause(after)
        case .retry("down", nil): .unreachable
        case .retry(_, nil): .fails
        case .unavailable: .unknown
        }
    }

    private mutating func acknowledge(_ sequence: UInt64, lane: Int) throws {
        if self.isTraced { self.trace.append("    ack \(self.id(sequence, lane: lane))") }
        try self.promises.acknowledging(self.id(sequence, lane: lane), isConnected: self.isConnected)
        // A retired lane's sequences belong to other messages now.
        guard lane == self.current else { return }
        // One in ten gets lost while there are faults.
        guard self.now > Scenario.faultsEnd || Int.random(in: 0..<10, using: &self.random) > 0 else { return }
        let delay = Int64.random(in: 0...50_000_000, using: &self.random)
        self.queue.add(.ack(sequence, session: self.session), at: self.now + delay)
    }

    // MARK: Helpers

    private var time: NIODeadline { .uptimeNanoseconds(UInt64(self.now)) }

    private mutating func chance(_ seconds: Int64) -> Int64 {
        self.now + Int64.random(in: 0...(seconds * Self.second), using: &self.random)
    }

    private func failure(_ message: String) -> Failure {
        Failure(seed: self.seed, message: message, trace: self.trace)
    }
}
