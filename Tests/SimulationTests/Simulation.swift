import Delivery
import NIOCore

/// One run of a route's ledger between a simulated server and simulated sinks, in virtual time and from one seed.
///
/// Acks are lost, sessions end, the connection goes away and comes back, the process crashes, sinks are slow, fail, and report
/// twice. After a while the faults cease, and everything must come to its end. Every promise is checked at every step.
struct Simulation {
    struct Failure: Error, CustomStringConvertible {
        let seed: UInt64
        let message: String
        let trace: [String]

        var description: String {
            "seed \(self.seed): \(self.message)\n" + self.trace.suffix(40).joined(separator: "\n")
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
    }

    private enum Event {
        case publish
        /// The server looks at its clock.
        case serverTick
        case message(UInt64, redelivered: Bool, session: Int)
        case ack(UInt64, session: Int)
        case result(sink: Int, UInt64, DeliveryFailure?, process: Int)
        case retryTimer(process: Int)
        case sessionEnds(wasLost: Bool)
        case sessionBegins
        case connectionAway
        case connectionBack(session: Int)
        case crash
    }

    private static let second: Int64 = 1_000_000_000
    private static let faultsEnd = 120 * Self.second

    private let seed: UInt64
    private var random: SplitMix64
    private let sinks: Int
    private let messages: Int
    private let capacity: Int
    private var server: SimulatedServer
    private var ledger: RouteLedger
    private var queue = EventQueue<Event>()
    private var now: Int64 = 0
    private var session = 0
    private var process = 0
    private var isConnected = false
    /// What each sink has taken, ever: a crash does not undo it.
    private var taken: [Set<UInt64>]
    /// What each sink has in hand in this process.
    private var inHand: [Set<UInt64>]
    /// What each sink has taken in this process: of that, the ledger must not forget anything that can come again.
    private var takenInProcess: [Set<UInt64>]
    private var summary = Summary()
    private let isTraced: Bool
    private var trace: [String] = []

    private init(seed: UInt64, isTraced: Bool) {
        self.seed = seed
        self.isTraced = isTraced
        self.random = SplitMix64(seed: seed)
        self.sinks = Int.random(in: 1...3, using: &self.random)
        self.messages = Int.random(in: 1...60, using: &self.random)
        let maxInFlight = Int.random(in: 1...20, using: &self.random)
        self.capacity = maxInFlight * 2
        self.server = SimulatedServer(
            maxInFlight: maxInFlight,
            ackWait: Int64.random(in: 1...10, using: &self.random) * Self.second
        )
        self.taken = Array(repeating: [], count: self.sinks)
        self.inHand = Array(repeating: [], count: self.sinks)
        self.takenInProcess = self.taken
        self.ledger = Self.makeLedger(sinks: self.sinks, capacity: self.capacity, ackWait: self.server.ackWait, seed: seed)
    }

    private static func makeLedger(sinks: Int, capacity: Int, ackWait: Int64, seed: UInt64) -> RouteLedger {
        var retry = RetrySchedule()
        retry.initial = .milliseconds(100)
        retry.maximum = .seconds(20)
        return RouteLedger(
            configuration: .init(sinks: sinks, retry: retry, capacity: capacity, settledMemory: .nanoseconds(ackWait * 2)),
            seed: seed
        )
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
        for _ in 0..<self.messages { self.queue.add(.publish, at: self.chance(60)) }
        for _ in 0..<Int.random(in: 0...6, using: &self.random) {
            self.queue.add(.sessionEnds(wasLost: Bool.random(using: &self.random)), at: self.chance(110))
        }
        for _ in 0..<Int.random(in: 0...4, using: &self.random) { self.queue.add(.connectionAway, at: self.chance(110)) }
        for _ in 0..<Int.random(in: 0...3, using: &self.random) { self.queue.add(.crash, at: self.chance(110)) }
        self.queue.add(.sessionBegins, at: 0)
        self.queue.add(.serverTick, at: 0)
        while let (time, event) = self.queue.next() {
            self.now = time
            self.summary.steps += 1
            if self.isTraced { self.trace.append("\(Double(time) / 1e9)s \(event)") }
            try self.handle(event)
            try self.check(self.ledger.held <= self.capacity, "the ledger holds \(self.ledger.held) of \(self.capacity)")
            if self.server.isDrained, self.server.stored == self.messages, self.ledger.held == 0 { return self.summary }
            try self.check(time < 3600 * Self.second, "no end: \(self.server.pending.count) pending, \(self.ledger.held) held")
        }
        throw self.failure("nothing left to do, and \(self.messages - self.server.acked.count) messages not acked")
    }

    // MARK: Events

    private mutating func handle(_ event: Event) throws {
        switch event {
        case .publish:
            self.server.publish()
        case .serverTick:
            self.send(self.server.send(now: self.now))
            self.queue.add(.serverTick, at: self.now + Self.second / 2)
        case .message(let sequence, let redelivered, let session):
            guard session == self.session, self.isConnected else { return }
            try self.received(sequence, redelivered: redelivered)
        case .ack(let sequence, let session):
            self.server.ack(sequence, session: session)
        case .result(let sink, let sequence, let failure, let process):
            guard process == self.process else { return }
            try self.finished(sequence, sink: sink, failure)
        case .retryTimer(let process):
            guard process == self.process else { return }
            while let (sink, delivery) = self.ledger.takeDue(now: self.time) {
                self.summary.retries += 1
                try self.check(delivery.attempt > 1, "a retry says it is the first attempt")
                try self.deliver(delivery.envelope.sequence, sink: sink)
            }
            self.scheduleRetry()
        case .sessionEnds(let wasLost):
            guard self.server.session != nil else { return }
            // A session can be lost on the server's side without the client's knowledge, for a while.
            self.server.sessionEnded()
            self.ledger.sessionLost()
            self.isConnected = false
            self.queue.add(.sessionBegins, at: self.now + (wasLost ? self.chance(20) - self.now : Self.second))
        case .sessionBegins:
            guard self.server.session == nil else { return }
            self.session += 1
            self.summary.sessions += 1
            self.isConnected = true
            _ = self.ledger.sessionResumed(isNew: true, now: self.time)
            self.send(self.server.subscribe(session: self.session, now: self.now))
            self.ledger.forget(now: self.time)
        case .connectionAway:
            guard self.isConnected else { return }
            self.isConnected = false
            self.ledger.sessionLost()
            self.queue.add(
                .connectionBack(session: self.session),
                at: self.now + Int64.random(in: 0...15, using: &self.random) * Self.second
            )
        case .connectionBack(let session):
            guard session == self.session, self.server.session == session, !self.isConnected else { return }
            self.isConnected = true
            for sequence in self.ledger.sessionResumed(isNew: false, now: self.time) { try self.acknowledge(sequence) }
        case .crash:
            self.summary.crashes += 1
            self.process += 1
            self.inHand = Array(repeating: [], count: self.sinks)
            self.takenInProcess = self.inHand
            self.ledger = Self.makeLedger(
                sinks: self.sinks,
                capacity: self.capacity,
                ackWait: self.server.ackWait,
                seed: self.seed &+ UInt64(self.process)
            )
            self.server.sessionEnded()
            self.isConnected = false
            self.queue.add(.sessionBegins, at: self.now + Self.second)
        }
    }

    private mutating func send(_ messages: [(sequence: UInt64, redelivered: Bool)]) {
        for (sequence, redelivered) in messages {
            let delay = Int64.random(in: 0...50_000_000, using: &self.random)
            self.queue.add(.message(sequence, redelivered: redelivered, session: self.session), at: self.now + delay)
        }
    }

    private mutating func received(_ sequence: UInt64, redelivered: Bool) throws {
        let envelope = Envelope(
            sequence: sequence,
            timestamp: Int64(sequence) * 1_000,
            redelivered: redelivered,
            body: ByteBuffer()
        )
        switch self.ledger.received(envelope, now: self.time) {
        case .deliver:
            for sink in 0..<self.sinks { try self.deliver(sequence, sink: sink) }
        case .ignoreCopy:
            self.summary.copies += 1
        case .acknowledgeAgain:
            self.summary.acksAgain += 1
            try self.acknowledge(sequence)
        case .refuse:
            try self.check(self.ledger.held == self.capacity, "a message is refused although there is room")
        case .channelRestarted:
            throw self.failure("the channel is taken for a new one")
        }
    }

    private mutating func deliver(_ sequence: UInt64, sink: Int) throws {
        try self.check(self.inHand[sink].insert(sequence).inserted, "sink \(sink) gets \(sequence) beside itself")
        try self.check(!self.takenInProcess[sink].contains(sequence), "sink \(sink) gets \(sequence) again, which it took")
        self.summary.deliveries += 1
        let isCalm = self.now > Self.faultsEnd
        let failure: DeliveryFailure? =
            switch Int.random(in: 0..<10, using: &self.random) {
            case 0 where !isCalm: .rejected(reason: "no")
            case 1 where !isCalm: .retry(reason: "busy", after: .seconds(Int64.random(in: 0...40, using: &self.random)))
            case 2 where !isCalm,
                3 where !isCalm:
                .retry(reason: "down", after: nil)
            default: nil
            }
        // Mostly quick, sometimes slower than the ack wait.
        let slowness: Int64 = Int.random(in: 0..<8, using: &self.random) == 0 && !isCalm ? 30 : 1
        let result = Event.result(sink: sink, sequence, failure, process: self.process)
        let end = self.now + Int64.random(in: 0...(slowness * Self.second), using: &self.random)
        self.queue.add(result, at: end)
        if Int.random(in: 0..<20, using: &self.random) == 0 { self.queue.add(result, at: end) }
    }

    private mutating func finished(_ sequence: UInt64, sink: Int, _ failure: DeliveryFailure?) throws {
        let wasInHand = self.inHand[sink].remove(sequence) != nil
        let settlement: RouteLedger.Settlement
        if let failure {
            settlement = self.ledger.failed(sequence, sink: sink, failure, now: self.time)
        } else {
            if wasInHand {
                self.taken[sink].insert(sequence)
                self.takenInProcess[sink].insert(sequence)
            }
            settlement = self.ledger.delivered(sequence, sink: sink, now: self.time)
        }
        try self.check(wasInHand || settlement == .ignoreResult, "a result that came twice counts twice: \(settlement)")
        switch settlement {
        case .acknowledge:
            try self.acknowledge(sequence)
        case .retry(let due):
            try self.check(due >= self.time, "a retry lies in the past")
            self.scheduleRetry()
        case .settledWithoutSession:
            try self.check(!self.isConnected, "an ack is held back although there is a session")
        case .waitForOthers, .ignoreResult:
            break
        }
    }

    private mutating func acknowledge(_ sequence: UInt64) throws {
        for sink in 0..<self.sinks {
            try self.check(self.taken[sink].contains(sequence), "\(sequence) is acked, and sink \(sink) does not have it")
        }
        try self.check(self.isConnected, "an ack without a session")
        // One in ten gets lost while there are faults.
        guard self.now > Self.faultsEnd || Int.random(in: 0..<10, using: &self.random) > 0 else { return }
        let delay = Int64.random(in: 0...50_000_000, using: &self.random)
        self.queue.add(.ack(sequence, session: self.session), at: self.now + delay)
    }

    private mutating func scheduleRetry() {
        guard let due = self.ledger.nextDue else { return }
        self.queue.add(.retryTimer(process: self.process), at: max(self.now, Int64(due.uptimeNanoseconds)))
    }

    // MARK: Helpers

    private var time: NIODeadline { .uptimeNanoseconds(UInt64(self.now)) }

    private mutating func chance(_ seconds: Int64) -> Int64 {
        self.now + Int64.random(in: 0...(seconds * Self.second), using: &self.random)
    }

    private func check(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        guard condition else { throw self.failure(message()) }
    }

    private func failure(_ message: String) -> Failure {
        Failure(seed: self.seed, message: message, trace: self.trace)
    }
}
