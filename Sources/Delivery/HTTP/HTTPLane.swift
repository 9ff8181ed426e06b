import CCurl
import Logging
import NIOCore

/// One http sink on the engine's thread: what waits, what runs, and what became of it.
final class HTTPLane {
    let endpoint: HTTPEndpoint
    unowned let loop: CurlLoop

    private let classifier: HTTPAnswerClassifier
    private let condition: SinkConditionBox
    private let logger: Logger
    private var gate: SinkGate
    private var isDraining = false
    let kit: HTTPRequestKit
    private var queue: HTTPQueue<HTTPRouteLane>

    /// Whether the endpoint takes more than one request at a time on a connection. A transfer's to set.
    var sharesConnections = false
    private var idle: [CurlTransfer] = []
    private var running: [ObjectIdentifier: CurlTransfer] = [:]
    private var routes: [HTTPRouteLane.Key: HTTPRouteLane] = [:]
    private var routesWithResults: [HTTPRouteLane] = []

    /// When there may be something to start, if nothing ends or comes before.
    private(set) var nextWake: NIODeadline?

    /// Whether the loop already knows that this lane has something to do before the round ends. The loop's to set.
    var isScheduled = false

    init(endpoint: HTTPEndpoint, loop: CurlLoop, condition: SinkConditionBox, logger: Logger) {
        self.endpoint = endpoint
        self.loop = loop
        self.condition = condition
        self.logger = logger
        self.gate = SinkGate(endpoint.gate, now: .now())
        self.kit = HTTPRequestKit(endpoint, logger: logger, now: .now())
        self.queue = HTTPQueue(endpoint.configuration.batching)
        self.classifier = endpoint.classifier
    }

    // MARK: Messages in

    func accept(_ batch: DeliveryBatch) {
        guard !batch.deliveries.isEmpty else { return }
        let route = self.route(of: batch)
        route.accepted(batch)
        self.queue.append(batch.deliveries, of: route, now: .now())
        if self.isDraining { self.giveBack() }
    }

    private func route(of batch: DeliveryBatch) -> HTTPRouteLane {
        let key = HTTPRouteLane.Key(batch)
        if let route = self.routes[key] { return route }
        // Routes come and go with reloads; those that have gone must not pile up.
        if self.routes.count >= self.routesBeforeSweep {
            self.routes = self.routes.filter { $0.value.outstanding > 0 }
            self.routesBeforeSweep = max(64, 2 * self.routes.count)
        }
        let route = HTTPRouteLane(
            batch,
            endpoint: self.endpoint,
            contentType: self.kit.encoder.contentType,
            sinkLines: self.kit.sinkLines
        )
        self.routes[key] = route
        return route
    }

    private var routesBeforeSweep = 64

    /// Starts what may run.
    func startWaiting() {
        self.nextWake = nil
        guard !self.queue.isEmpty else { return }
        let now = NIODeadline.now()
        self.kit.refresh(now: now)
        while true {
            // Asked first whether there is anything: a permission has to be used.
            switch self.queue.readiness(now: now, isHurried: self.isDraining) {
            case .ready: break
            case .wait(let until):
                self.nextWake = until
                return
            case .empty: return
            }
            switch self.gate.mayBegin(now: now) {
            case .begin(let ticket):
                guard let (parcel, route) = self.queue.next(now: now, isHurried: self.isDraining) else { return }
                self.start(parcel, route: route, ticket)
            case .wait(let until):
                self.nextWake = until
                return
            case .waitForEnd:
                return
            }
        }
    }

    /// What waits for an endpoint that is taken to be down is given back; what comes later too. What is gathered leaves.
    func drain() {
        self.isDraining = true
        self.giveBack()
    }

    private func giveBack() {
        guard self.isDraining, self.gate.isOpen || self.gate.isPaused else { return }
        let reason = "\(self.endpoint.location.authority) is taken to be down, and the daemon stops"
        self.queue.removeAll { self.failed($0, $1, .unavailable(reason: reason, after: nil)) }
    }

    /// What waits on behalf of a receiver is given back.
    func recall(for receiver: any DeliveryReceiver) {
        let routes = self.routes.filter { $0.key.receiver == ObjectIdentifier(receiver) }
        for route in routes.values {
            self.queue.removeAll(of: route) {
                self.failed($0, $1, .unavailable(reason: "the configuration changes", after: .zero))
            }
        }
    }

    private func start(_ parcel: HTTPParcel, route: HTTPRouteLane, _ ticket: SinkGate.Ticket) {
        guard let transfer = self.idle.popLast() ?? CurlTransfer(lane: self) else {
            _ = self.gate.ended(ticket, .unknown, now: .now())
            return self.failed(parcel, route, .retry(reason: "out of memory for another request", after: nil))
        }
        transfer.prepare(parcel, route: route)
        transfer.ticket = ticket
        guard self.loop.add(transfer) else {
            transfer.finish()
            _ = self.gate.ended(ticket, .unknown, now: .now())
            return self.failed(parcel, route, .retry(reason: "libcurl did not take the request", after: nil))
        }
        self.running[ObjectIdentifier(transfer)] = transfer
    }

    // MARK: Results out

    /// Judges a request that has ended, and has the transfer ready for another one.
    func ended(_ transfer: CurlTransfer, _ result: CURLcode) {
        guard let route = transfer.route else { return }
        if transfer.isLostToStaleConnection(result) {
            self.loop.remove(transfer)
            transfer.prepareAgain()
            if self.loop.add(transfer) { return }
        }
        guard let parcel = transfer.parcel else { return }
        if transfer.isAnswered(result), HTTPAnswerClassifier.isSuccess(transfer.status) {
            self.note(self.gate.ended(transfer.ticket, .works, now: .now()).change)
            parcel.forEachSequence { if route.delivered($0) { self.routesWithResults.append(route) } }
        } else {
            let end = transfer.end(result)
            switch self.redirect(transfer, end) {
            case .followed: return
            case .none: self.judge(transfer, parcel, route, end)
            case .refused(let end): self.judge(transfer, parcel, route, end)
            }
        }
        self.loop.remove(transfer)
        transfer.finish()
        self.running[ObjectIdentifier(transfer)] = nil
        self.idle.append(transfer)
    }

    private enum Redirection {
        case none
        case followed
        /// With the reason in it.
        case refused(HTTPTransferEnd)
    }

    private func redirect(_ transfer: CurlTransfer, _ end: HTTPTransferEnd) -> Redirection {
        guard case .answered(var answer) = end, (300...399).contains(answer.status) else { return .none }
        let decision = self.endpoint.redirects.decide(
            status: answer.status,
            from: self.endpoint.location,
            to: answer.redirect.flatMap { try? CurlURL.location(of: $0) },
            followed: transfer.followed
        )
        switch decision {
        case .refuse(let why):
            answer.refusal = why
        case .follow:
            self.loop.remove(transfer)
            transfer.prepareToFollow(to: answer.redirect ?? "")
            if self.loop.add(transfer) { return .followed }
            answer.refusal = "libcurl did not take it"
        }
        return .refused(.answered(answer))
    }

    private func judge(_ transfer: CurlTransfer, _ parcel: HTTPParcel, _ route: HTTPRouteLane, _ end: HTTPTransferEnd) {
        var failure = self.classifier.failure(end, now: self.loop.secondsSinceEpoch)
        let (countsAsAttempt, change) = self.gate.ended(transfer.ticket, self.classifier.verdict(end, failure), now: .now())
        if !countsAsAttempt, case .retry(let reason, let after) = failure {
            failure = .unavailable(reason: reason, after: after)
        }
        self.note(change, reason: failure.reason)
        if case .rejected = failure, let halves = parcel.halves {
            // It is one of them that is not taken; the others should not have to go with it.
            return self.queue.append(halves: halves, of: route)
        }
        self.failed(parcel, route, failure)
    }

    private func failed(_ parcel: HTTPParcel, _ route: HTTPRouteLane, _ failure: DeliveryFailure) {
        parcel.forEachSequence { self.failed($0, route, failure) }
    }

    private func note(_ change: SinkGate.Change?, reason: String = "") {
        guard let change else { return }
        self.condition.set(isBreakerOpen: self.gate.isOpen, isPaused: self.gate.isPaused)
        switch change {
        case .paused:
            self.logger.error(
                """
                the endpoint says that it is gone for good (410): nothing is sent to it any more until the configuration is loaded \
                again. What waits for it is kept
                """,
                metadata: ["reason": "\(reason)"]
            )
            self.giveBack()
        case .opened:
            self.logger.error(
                """
                the endpoint fails again and again: it is left alone for a while, then tried with one message at a time. \
                What waits for it is kept, and uses up no attempts
                """,
                metadata: ["reason": "\(reason)"]
            )
            self.giveBack()
        case .closed:
            self.logger.notice("the endpoint works again")
        }
    }

    private func failed(_ sequence: UInt64, _ route: HTTPRouteLane, _ failure: DeliveryFailure) {
        if route.failed(sequence, failure) { self.routesWithResults.append(route) }
    }

    /// Tells each route, once, what has ended since the last time.
    func report() {
        for route in self.routesWithResults { route.flush() }
        self.routesWithResults.removeAll(keepingCapacity: true)
    }

    /// Ends what runs and forgets what waits.
    func abort() {
        for transfer in self.running.values { self.loop.remove(transfer) }
        self.running.removeAll()
        self.idle.removeAll()
        self.nextWake = nil
        self.queue.removeAll { _, _ in }
        self.routes.removeAll()
        self.routesWithResults.removeAll()
    }
}
