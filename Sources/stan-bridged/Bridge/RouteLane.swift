import Delivery
import Logging
import NIOCore
import Synchronization

/// A ledger at work: messages in, batches to the sinks, their reports back, acks out. Lives on the event loop.
///
/// A route has one. When the server begins a channel anew, the old one finishes what it holds, without acks, beside its successor.
final class RouteLane {
    private let settings: RouteSettings
    private let context: RouteContext
    private let eventLoop: any EventLoop
    /// It owns the lane, and so outlives it.
    private unowned let route: RouteRunner

    private var ledger: RouteLedger
    private var mailbox: Mailbox?
    private var outgoing: [[Delivery]]
    private var retryTimer: Scheduled<Void>?
    private var retryTimerDue: NIODeadline?

    init(route: RouteRunner, settings: RouteSettings, context: RouteContext, eventLoop: any EventLoop) {
        self.route = route
        self.settings = settings
        self.context = context
        self.eventLoop = eventLoop
        self.ledger = RouteLedger(configuration: settings.ledger, seed: UInt64.random(in: .min ... .max))
        self.outgoing = Array(repeating: [], count: settings.sinks.count)
    }

    var held: Int { self.ledger.held }
    var inDelivery: Int { self.ledger.inDelivery }
    var retrying: Int { self.ledger.retrying }
    var failing: Int { self.ledger.failing }
    var oldestReceivedAt: NIODeadline? { self.ledger.oldestReceivedAt }

    // MARK: In

    func received(_ envelope: Envelope, now: NIODeadline) -> RouteLedger.Reception {
        let reception = self.ledger.received(envelope, now: now)
        if case .deliver = reception {
            let delivery = Delivery(envelope: envelope, attempt: 1)
            for sink in self.outgoing.indices { self.outgoing[sink].append(delivery) }
        }
        return reception
    }

    /// Gives to the sinks what has gathered for them.
    func handOver() {
        for sink in self.outgoing.indices where !self.outgoing[sink].isEmpty {
            let deliveries = self.outgoing[sink]
            self.outgoing[sink] = []
            self.outgoing[sink].reserveCapacity(deliveries.count)
            self.settings.sinks[sink].deliver(
                DeliveryBatch(context: self.context, sink: sink, deliveries: deliveries, receiver: self.receiver)
            )
        }
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
                case .settledWithoutSession, .waitForOthers:
                    delivered += 1
                case .retry, .ignoreResult:
                    break
                }
            }
            route.delivered(delivered, sink: report.sink)
            for failed in report.failed {
                let settlement = self.ledger.failed(failed.sequence, sink: report.sink, failed.failure, now: now)
                guard case .retry(let due) = settlement else { continue }
                route.failed(failed.sequence, sink: report.sink, failed.failure, retryAt: due, now: now)
            }
        }
        self.scheduleRetry()
        route.reportsWorkedOff()
    }

    // MARK: Retries

    private func scheduleRetry() {
        guard let due = self.ledger.nextDue, self.retryTimerDue.map({ due < $0 }) ?? true else { return }
        self.retryTimer?.cancel()
        self.retryTimerDue = due
        self.retryTimer = self.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in
            guard let self else { return }
            self.retryTimerDue = nil
            let now = NIODeadline.now()
            while let (sink, delivery) = self.ledger.takeDue(now: now) { self.outgoing[sink].append(delivery) }
            self.handOver()
            self.scheduleRetry()
        }
    }

    /// Begins no further attempt. What is in delivery may finish.
    func stopRetrying() {
        self.retryTimer?.cancel()
        self.retryTimer = nil
        // No timer is ever set again: this one never comes.
        self.retryTimerDue = .uptimeNanoseconds(0)
    }

    // MARK: Session

    func sessionLost() {
        self.ledger.sessionLost()
    }

    func sessionResumed(isNew: Bool) {
        for sequence in self.ledger.sessionResumed(isNew: isNew, now: .now()) { self.route.acknowledge(sequence, from: self) }
    }

    func forget() {
        self.ledger.forget(now: .now())
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
