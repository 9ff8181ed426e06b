import Delivery
import Logging
import NIOCore
import StanCore
import Synchronization

/// A ledger at work: messages in, batches to the sinks, their reports back, acks out. Lives on the event loop.
///
/// A route has one. When the server begins a channel anew, the old one finishes what it holds, without acks, beside its successor.
final class RouteLane {
    private var settings: RouteSettings
    private var context: RouteContext
    private let eventLoop: any EventLoop
    /// It owns the lane, and so outlives it.
    private unowned let route: RouteRunner

    private var ledger: RouteLedger
    private var journal: RouteJournal?
    private var mailbox: Mailbox?

    /// What goes to each sink with the next hand-over, and behind these, what goes to the dead-letter sink on each one's behalf.
    private var outgoing: [[Delivery]]
    private var timer: Scheduled<Void>?
    private var timerDue: NIODeadline?
    private var isDraining = false

    /// What has come since the lane was paused; nil while it is not.
    private var parked: [Envelope]?

    /// What has been delivered, and could not be acked: the server does not know it yet.
    private var owedAcks: Set<UInt64> = []
    private var sessionSince: NIODeadline?

    /// - Parameters:
    ///   - journal: where what happens is written down; nil: nowhere.
    ///   - memory: what an earlier process wrote down.
    init(
        route: RouteRunner,
        settings: RouteSettings,
        context: RouteContext,
        journal: RouteJournal?,
        memory: RouteMemory = RouteMemory(),
        eventLoop: any EventLoop
    ) {
        self.route = route
        self.settings = settings
        self.context = context
        self.journal = journal
        self.eventLoop = eventLoop
        var configuration = settings.ledger
        configuration.isJournaled = journal != nil
        self.ledger = RouteLedger(configuration: configuration, seed: UInt64.random(in: .min ... .max), memory: memory)
        self.outgoing = Array(repeating: [], count: settings.sinks.count * (settings.deadLetter == nil ? 1 : 2))
    }

    var held: Int { self.ledger.held }
    var inDelivery: Int { self.ledger.inDelivery }
    var retrying: Int { self.ledger.retrying }
    var failing: Int { self.ledger.failing }
    var owed: Int { self.owedAcks.count }
    var oldestReceivedAt: NIODeadline? { self.ledger.oldestReceivedAt }

    /// Whether a message of that sequence is a copy.
    func knows(_ sequence: UInt64) -> Bool { self.ledger.knows(sequence) }

    // MARK: In

    func received(_ envelope: Envelope, now: NIODeadline) -> RouteLedger.Reception {
        if let parked = self.parked {
            guard parked.count < self.settings.ledger.capacity else { return .refuse }
            self.parked?.append(envelope)
            return .hold
        }
        let reception = self.ledger.received(envelope, now: now)
        if case .deliver = reception {
            let delivery = Delivery(envelope: envelope, attempt: 1)
            for sink in self.settings.sinks.indices { self.outgoing[sink].append(delivery) }
        }
        if !self.owedAcks.isEmpty, reception == .acknowledgeAgain { self.owedAcks.remove(envelope.sequence) }
        return reception
    }

    /// A read is over: what it brought goes to the sinks.
    func readCompleted() {
        if self.ledger.hasReady {
            self.advance(now: .now())
        } else {
            self.handOver()
        }
        self.writeJournal()
        self.scheduleTimer()
    }

    /// Takes from the ledger what can be delivered now, and gives to the sinks what has gathered for them.
    private func advance(now: NIODeadline) {
        if !self.isDraining, self.parked == nil {
            while let (sink, delivery) = self.ledger.takeNext(now: now) { self.outgoing[self.slot(of: sink)].append(delivery) }
        }
        self.handOver()
    }

    /// Gives to the sinks what has gathered for them.
    func handOver() {
        for slot in self.outgoing.indices where !self.outgoing[slot].isEmpty {
            let deliveries = self.outgoing[slot]
            self.outgoing[slot] = []
            self.outgoing[slot].reserveCapacity(deliveries.count)
            let (sink, number) = self.sink(at: slot)
            sink.deliver(DeliveryBatch(context: self.context, sink: number, deliveries: deliveries, receiver: self.receiver))
        }
    }

    private func slot(of sink: Int) -> Int {
        sink < RouteLedger.maximumSinks ? sink : sink - RouteLedger.maximumSinks + self.settings.sinks.count
    }

    /// The sink that a slot is for, and its number in the ledger.
    private func sink(at slot: Int) -> (any Sink, number: Int) {
        let count = self.settings.sinks.count
        guard slot >= count, let deadLetter = self.settings.deadLetter else { return (self.settings.sinks[slot], slot) }
        return (deadLetter, slot - count + RouteLedger.maximumSinks)
    }

    // MARK: Back

    private func finished(_ reports: [DeliveryReport]) {
        let now = NIODeadline.now()
        let route = self.route
        for report in reports {
            var delivered = 0
            for sequence in report.delivered {
                switch self.ledger.delivered(sequence, sink: report.sink, now: now) {
                case .acknowledge:
                    delivered += 1
                    route.acknowledge(sequence, from: self)
                case .settledWithoutSession:
                    delivered += 1
                    self.owedAcks.insert(sequence)
                case .waitForOthers:
                    delivered += 1
                case .retry, .deadLetter, .ignoreResult:
                    break
                }
            }
            route.delivered(delivered, sink: report.sink)
            for failed in report.failed {
                switch self.ledger.failed(failed.sequence, sink: report.sink, failed.failure, now: now) {
                case .retry(let due):
                    route.failed(failed.sequence, sink: report.sink, failed.failure, retryAt: due, now: now)
                case .deadLetter:
                    route.gaveUp(failed.sequence, sink: report.sink, failed.failure, now: now)
                case .acknowledge, .settledWithoutSession, .waitForOthers, .ignoreResult:
                    break
                }
            }
        }
        self.writeJournal()
        self.advance(now: now)
        self.scheduleTimer()
        route.reportsWorkedOff()
    }

    // MARK: Journal

    private func writeJournal() {
        guard let journal = self.journal, let batch = self.ledger.takeJournal() else { return }
        journal.record(batch)
    }

    /// The journal goes on with another lane's ledger.
    func leaveJournal() {
        self.journal = nil
    }

    // MARK: Time

    private func scheduleTimer() {
        guard !self.isDraining, self.parked == nil, let due = self.ledger.nextDue, self.timerDue.map({ due < $0 }) ?? true else {
            return
        }
        self.timer?.cancel()
        self.timerDue = due
        self.timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in
            guard let self else { return }
            self.timerDue = nil
            self.advance(now: .now())
            self.scheduleTimer()
        }
    }

    /// Begins no further attempt. What is in delivery may finish.
    func stopRetrying() {
        self.isDraining = true
        self.timer?.cancel()
        self.timer = nil
    }

    // MARK: Another configuration

    /// Hands over nothing more; what comes is put aside. Sinks are asked to give back what they have not begun.
    func pause() {
        self.parked = self.parked ?? []
        self.timer?.cancel()
        self.timer = nil
        self.timerDue = nil
        self.recall()
    }

    /// Sinks are asked to give back what they have not begun.
    func recall() {
        for sink in self.settings.sinks { sink.recall(for: self.receiver) }
        self.settings.deadLetter?.recall(for: self.receiver)
    }

    /// How many deliveries sinks have in hand that are not among those that are closed.
    func inDelivery(besides closed: [any Sink]) -> Int {
        func isOpen(_ sink: any Sink) -> Bool { !closed.contains { $0 === sink } }
        let sinks = self.settings.sinks.indices.filter { isOpen(self.settings.sinks[$0]) }
        return self.ledger.inDelivery(at: sinks, deadLetter: self.settings.deadLetter.map(isOpen) ?? false)
    }

    /// Goes on with other settings, after ``pause()``, when no sink has anything in hand but those that are closed.
    ///
    /// - Parameter journal: where what happens is written down from now on.
    func resume(
        with settings: RouteSettings,
        context: RouteContext,
        journal: RouteJournal?,
        identities: (old: JournalIdentity, new: JournalIdentity),
        replaced: Set<String>
    ) {
        let now = NIODeadline.now()
        self.settings = settings
        self.context = context
        self.outgoing = Array(repeating: [], count: settings.sinks.count * (settings.deadLetter == nil ? 1 : 2))
        var configuration = settings.ledger
        configuration.isJournaled = journal != nil
        let done = self.ledger.reconfigure(
            configuration,
            from: identities.old,
            to: identities.new,
            replaced: replaced,
            now: now
        )
        for (sequence, settlement) in done {
            if settlement == .acknowledge {
                self.route.acknowledge(sequence, from: self)
            } else {
                self.owedAcks.insert(sequence)
            }
        }
        self.journal = journal
        // All of it, under the sinks' new numbers.
        journal?.replace(with: self.ledger.memory)
        let parked = self.parked ?? []
        self.parked = nil
        for envelope in parked { self.route.take(envelope, from: self, now: now) }
        self.advance(now: now)
        self.writeJournal()
        self.scheduleTimer()
    }

    // MARK: Session

    func sessionLost() {
        self.ledger.sessionLost()
        self.sessionSince = nil
    }

    func sessionResumed(isNew: Bool) {
        let now = NIODeadline.now()
        // It came in the old session; the new one sends it again.
        if isNew, self.parked != nil { self.parked = [] }
        self.sessionSince = now
        for sequence in self.ledger.sessionResumed(isNew: isNew, now: now) {
            self.route.acknowledge(sequence, from: self)
            self.owedAcks.remove(sequence)
        }
        // A new session gets from the server what only this client's durable keeps for it; all else may go to others, or nowhere.
        let subscription = self.settings.subscription
        if isNew, subscription.durableName == nil || subscription.queueGroup != nil { self.owedAcks.removeAll() }
    }

    func forget() {
        let now = NIODeadline.now()
        self.ledger.forget(now: now)
        // So long after, the server would have sent it again.
        if let since = self.sessionSince, !self.owedAcks.isEmpty, now > since + self.settings.ledger.settledMemory {
            self.owedAcks.removeAll()
        }
        if let journal = self.journal, journal.wantsSnapshot { journal.replace(with: self.ledger.memory) }
    }

    // MARK: Mailbox

    private var receiver: Mailbox {
        if let mailbox = self.mailbox { return mailbox }
        let mailbox = Mailbox(lane: self, eventLoop: self.eventLoop)
        self.mailbox = mailbox
        return mailbox
    }

    /// Brings reports from the sinks' threads to the event loop: one wake-up for all that gather until it comes round.
    private final class Mailbox: DeliveryReceiver {
        private struct WeakLane {
            weak var lane: RouteLane?
        }

        private let eventLoop: any EventLoop
        private let lane: NIOLoopBound<WeakLane>
        private let waiting = Mutex<[DeliveryReport]>([])

        init(lane: RouteLane, eventLoop: any EventLoop) {
            self.eventLoop = eventLoop
            self.lane = NIOLoopBound(WeakLane(lane: lane), eventLoop: eventLoop)
        }

        func finished(_ report: DeliveryReport) {
            let isFirst = self.waiting.withLock { waiting in
                waiting.append(report)
                return waiting.count == 1
            }
            guard isFirst else { return }
            self.eventLoop.execute {
                let reports = self.waiting.withLock { waiting in
                    defer { waiting = [] }
                    return waiting
                }
                self.lane.value.lane?.finished(reports)
            }
        }
    }
}
