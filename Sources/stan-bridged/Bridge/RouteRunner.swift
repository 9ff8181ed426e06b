import Delivery
import Logging
import NIOCore
import StanCore

/// A route at work: it subscribes in each session, takes what comes, and acks what its ledger says. Lives on the event loop.
final class RouteRunner: StanSubscriber {
    private(set) var settings: RouteSettings
    private var context: RouteContext
    private var journal: RouteJournal?
    private let memory: RouteMemory
    private let eventLoop: any EventLoop
    /// Names the route and its channel.
    let logger: Logger

    private var lane: RouteLane?
    /// Lanes of channels that the server has begun anew since. They finish what they hold.
    private var retired: [RouteLane] = []
    private var subscription: StanChannelSubscription?
    private var isDraining = false
    /// Whether sinks have been asked to give back what they have not begun: that is no failure.
    private var isChanging = false

    /// Why it is not subscribed, when it is not and somebody has said why.
    var trouble: String?
    private var failures: RouteFailures
    private var counters: RouteCounters

    /// The time at the beginning of the read whose messages are being given out.
    private var now: NIODeadline?

    /// - Parameters:
    ///   - journal: where what happens is written down; nil: nowhere.
    ///   - memory: what an earlier process wrote down.
    init(
        settings: RouteSettings,
        context: RouteContext,
        journal: RouteJournal? = nil,
        memory: RouteMemory = RouteMemory(),
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.settings = settings
        self.context = context
        self.journal = journal
        self.memory = memory
        self.eventLoop = eventLoop
        var logger = logger
        logger[metadataKey: LogKey.route] = "\(settings.name)"
        logger[metadataKey: LogKey.channel] = "\(settings.channel)"
        self.logger = logger
        self.counters = RouteCounters(sinks: settings.sinks.count)
        self.failures = RouteFailures(settings, logger: logger)
    }

    // MARK: Session

    func subscribed(_ subscription: StanChannelSubscription) {
        self.subscription = subscription
        self.currentLane.sessionResumed(isNew: true)
    }

    /// The connection to NATS is away, or back. The session goes on.
    func connectionChanged(isConnected: Bool) {
        guard self.subscription != nil else { return }
        isConnected ? self.currentLane.sessionResumed(isNew: false) : self.currentLane.sessionLost()
    }

    func sessionLost() {
        self.subscription = nil
        self.currentLane.sessionLost()
    }

    var isSubscribed: Bool { self.subscription != nil }

    // MARK: Messages

    func received(_ delivery: borrowing StanDelivery) {
        let now: NIODeadline
        if let current = self.now {
            now = current
        } else {
            now = .now()
            self.now = now
        }
        self.counters.received += 1
        if delivery.frame.redelivered { self.counters.redelivered += 1 }
        // Sequences begin at 1; and what is to end takes in nothing new: the server keeps it. Only copies of what has been delivered
        // are acked, lest the next process deliver them once more.
        guard delivery.frame.sequence > 0, !self.isDraining || self.currentLane.knows(delivery.frame.sequence) else { return }
        let envelope = Envelope(
            sequence: delivery.frame.sequence,
            timestamp: delivery.frame.timestamp,
            redelivered: delivery.frame.redelivered,
            body: delivery.data
        )
        self.take(envelope, now: now)
    }

    /// What a lane has put aside while it was paused; nothing of a retired one, whose channel is no more.
    func take(_ envelope: Envelope, from lane: RouteLane, now: NIODeadline) {
        if lane === self.lane { self.take(envelope, now: now) }
    }

    private func take(_ envelope: Envelope, now: NIODeadline) {
        switch self.currentLane.received(envelope, now: now) {
        case .deliver, .hold:
            break
        case .skip:
            self.counters.skipped += 1
            self.acknowledge(envelope.sequence)
        case .ignoreCopy:
            self.counters.duplicatesSuppressed += 1
        case .acknowledgeAgain:
            self.counters.duplicatesSuppressed += 1
            self.acknowledge(envelope.sequence)
        case .refuse:
            self.counters.refused += 1
        case .channelRestarted where self.isDraining:
            break
        case .channelRestarted:
            self.startLaneAnew(with: envelope, now: now)
        }
    }

    func readCompleted() {
        self.now = nil
        self.currentLane.readCompleted()
    }

    private func acknowledge(_ sequence: UInt64) {
        if self.subscription?.acknowledge(sequence) == true { self.counters.acked += 1 }
    }

    // MARK: Lanes

    private var currentLane: RouteLane {
        if let lane = self.lane { return lane }
        let lane = self.makeLane(memory: self.memory)
        self.lane = lane
        return lane
    }

    private func makeLane(memory: RouteMemory) -> RouteLane {
        RouteLane(
            route: self,
            settings: self.settings,
            context: self.context,
            journal: self.journal,
            memory: memory,
            eventLoop: self.eventLoop
        )
    }

    private func startLaneAnew(with envelope: Envelope, now: NIODeadline) {
        let old = self.currentLane
        old.handOver()
        old.sessionLost()
        old.leaveJournal()
        self.retired.append(old)
        // What it says by sequence is of another channel.
        self.journal?.replace(with: RouteMemory())
        let lane = self.makeLane(memory: RouteMemory())
        self.lane = lane
        // Not as in a new session: what the server sent first may have been lost before it was noticed that the channel is new.
        lane.sessionResumed(isNew: false)
        self.logger.warning(
            """
            the server has begun the channel anew: it sends a sequence a second time, for a later message. What was known of the \
            old channel's sequences is put aside; messages of it that are still in delivery go on without acks
            """,
            metadata: [LogKey.sequence: "\(envelope.sequence)", "held": "\(old.held)"]
        )
        _ = lane.received(envelope, now: now)
    }

    // MARK: From the lanes

    /// Acks for a lane; not for a retired one, whose sequences belong to other messages now.
    func acknowledge(_ sequence: UInt64, from lane: RouteLane) {
        if lane === self.lane { self.acknowledge(sequence) }
    }

    /// A sink, or the dead-letter sink on its behalf, has taken messages, of which so many go nowhere else any more.
    func delivered(_ count: Int, settled: Int, sink: Int, now: NIODeadline) {
        if sink < RouteLedger.maximumSinks {
            self.counters.sinks[sink].delivered += UInt64(count)
            self.counters.sinks[sink].rate.count(count, now: now)
        } else {
            self.counters.sinks[sink - RouteLedger.maximumSinks].deadLettered += UInt64(count)
        }
        self.counters.rate.count(settled, now: now)
    }

    /// How long a message took that a sink has taken.
    ///
    /// - Parameter clock: nanoseconds since the Unix epoch at `now`.
    func timed(_ attempt: RouteLedger.Attempt, sink: Int, now: NIODeadline, clock: Int64) {
        // What the dead-letter sink took, its sink has not.
        guard sink < RouteLedger.maximumSinks else { return }
        self.counters.sinks[sink].timed(
            delivery: (now - attempt.startedAt).nanoseconds,
            endToEnd: clock.subtractingReportingOverflow(attempt.storedAt).partialValue
        )
    }

    /// How long it took until a sink failed.
    func timed(failed attempt: RouteLedger.Attempt, sink: Int, now: NIODeadline) {
        guard sink < RouteLedger.maximumSinks else { return }
        self.counters.sinks[sink].deliveryTimes.note(nanoseconds: (now - attempt.startedAt).nanoseconds)
    }

    func failed(_ sequence: UInt64, sink: Int, _ failure: DeliveryFailure, retryAt due: NIODeadline, now: NIODeadline) {
        if self.isChanging, case .unavailable = failure { return }
        self.count(failure, sink: sink)
        self.failures.failed(sequence, sink: sink, failure, retryAt: due, waiting: self.retrying, now: now)
    }

    /// A sink is tried no more with this message: it goes to the dead-letter sink.
    func gaveUp(_ sequence: UInt64, sink: Int, _ failure: DeliveryFailure, now: NIODeadline) {
        self.count(failure, sink: sink)
        self.failures.gaveUp(sequence, sink: sink, failure, now: now)
    }

    private func count(_ failure: DeliveryFailure, sink: Int) {
        // What the dead-letter sink fails to take is not one more failure of the sink it stands for.
        guard sink < RouteLedger.maximumSinks else {
            self.counters.deadLetterFailures += 1
            return
        }
        switch failure {
        case .retry: self.counters.sinks[sink].retries += 1
        case .rejected: self.counters.sinks[sink].rejections += 1
        case .unavailable: self.counters.sinks[sink].unavailable += 1
        }
    }

    /// A lane has worked off reports; perhaps nothing fails any more, and a retired lane holds nothing.
    func reportsWorkedOff() {
        if !self.retired.isEmpty { self.retired.removeAll { $0.held == 0 } }
        // What is being tried again just now has not been delivered either.
        guard self.lane?.failing ?? 0 == 0, self.retired.allSatisfy({ $0.failing == 0 }) else { return }
        self.failures.nothingFails()
    }

    // MARK: Upkeep

    /// To be called every few seconds.
    func forget() {
        self.lane?.forget()
        self.failures.upkeep(now: .now())
    }

    private var lanes: [RouteLane] { self.retired + (self.lane.map { [$0] } ?? []) }

    private var retrying: Int { self.retired.reduce(self.lane?.retrying ?? 0) { $0 + $1.retrying } }

    var status: RouteStatus {
        let oldest = self.lanes.compactMap(\.oldestReceivedAt).min()
        let now = NIODeadline.now()
        var status = RouteStatus(
            name: self.settings.name,
            channel: self.settings.channel,
            sinkNames: self.settings.sinks.map(\.name),
            isSubscribed: self.isSubscribed,
            inFlight: self.held,
            retrying: self.retrying,
            oldestUnackedSeconds: oldest.map { Double((now - $0).nanoseconds) / 1e9 } ?? 0,
            counters: self.counters,
            trouble: self.isSubscribed ? nil : self.trouble,
            obstacle: self.failures.obstacle
        )
        status.failures = self.failures.last.compactMap { $0 }
        status.deadLetterSink = self.settings.deadLetter?.name
        status.lastDeadLetter = self.failures.lastDeadLetter
        status.subscription = LagSubscription(
            clientID: self.context.clientID,
            durableName: self.settings.subscription.durableName,
            queueGroup: self.settings.subscription.queueGroup,
            inbox: self.subscription?.inbox
        )
        status.rate = self.counters.rate.perSecond(now: now)
        status.sinkRates = self.counters.sinks.map { $0.rate.perSecond(now: now) }
        return status
    }

    // MARK: Another configuration

    /// Hands over nothing more until it is resumed; what comes is put aside.
    func pause() {
        _ = self.currentLane
        self.isChanging = true
        for lane in self.lanes { lane.pause() }
    }

    /// Has sinks give back what they have not begun.
    func recall() {
        self.isChanging = true
        for lane in self.lanes { lane.recall() }
    }

    /// Deliveries that sinks have in hand that are not among those that are closed.
    func inDelivery(besides closed: [any Sink]) -> Int { self.lanes.reduce(0) { $0 + $1.inDelivery(besides: closed) } }

    /// Goes on with other settings of the same channel, subscription and order, when no sink has anything in hand but those that are
    /// closed. What is held goes on to the sinks there are now.
    ///
    /// - Parameters:
    ///   - journal: where what happens is written down; nil: nowhere.
    ///   - replaced: sinks that are others than before under the same name.
    func resume(
        with settings: RouteSettings,
        context: RouteContext,
        journal: RouteJournal?,
        identities: (old: JournalIdentity, new: JournalIdentity),
        replaced: Set<String>
    ) {
        var counters = RouteCounters(sinks: settings.sinks.count)
        for (index, sink) in settings.sinks.enumerated() {
            guard let before = self.settings.sinks.firstIndex(where: { $0.name == sink.name }) else { continue }
            counters.sinks[index] = self.counters.sinks[before]
        }
        swap(&counters.sinks, &self.counters.sinks)
        self.failures = RouteFailures(settings, logger: self.logger)
        self.settings = settings
        self.context = context
        self.journal = journal
        for lane in self.lanes {
            lane.resume(
                with: settings,
                context: context,
                journal: lane === self.lane ? journal : nil,
                identities: identities,
                replaced: replaced
            )
        }
        self.isChanging = false
        self.reportsWorkedOff()
    }

    /// Gives the subscription back to the server, which keeps the durable.
    ///
    /// - Returns: when the server has answered, or cannot any more.
    func endSubscription() -> EventLoopFuture<Void> {
        guard let subscription = self.subscription else { return self.eventLoop.makeSucceededVoidFuture() }
        self.subscription = nil
        let eventLoop = self.eventLoop
        return subscription.close().flatMapError { _ in eventLoop.makeSucceededVoidFuture() }
    }

    // MARK: End

    /// Takes in no more, and begins no further attempt.
    func beginDraining() {
        self.isDraining = true
        for lane in self.lanes { lane.stopRetrying() }
    }

    /// Deliveries that sinks have in hand.
    var inDelivery: Int { self.lanes.reduce(0) { $0 + $1.inDelivery } }

    /// Messages that have been delivered, and whose acks the server has yet to be sent.
    var owedAcks: Int { self.lane?.owed ?? 0 }

    /// Those of them that the next process would deliver again: there is no journal that tells it.
    var unrecordedAcks: Int { self.journal == nil ? self.owedAcks : 0 }

    /// Messages that are not acked.
    var held: Int { self.lanes.reduce(0) { $0 + $1.held } }
}
