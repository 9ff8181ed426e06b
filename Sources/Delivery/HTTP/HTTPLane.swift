import CCurl
import Logging
import NIOCore

/// One http sink on the engine's thread: what waits, what runs, and what became of it.
final class HTTPLane {
    let endpoint: HTTPEndpoint
    unowned let loop: CurlLoop

    /// A batch of which some deliveries have not been started.
    private struct Waiting {
        let deliveries: [Delivery]
        var next = 0
        let route: HTTPRouteLane
    }

    private let classifier: HTTPAnswerClassifier
    private let condition: SinkConditionBox
    private let logger: Logger
    private var gate: SinkGate
    private var isDraining = false
    private let sinkLines: CurlHeaderList
    private var waiting = CircularBuffer<Waiting>()
    private var idle: [CurlTransfer] = []
    private var running: [ObjectIdentifier: CurlTransfer] = [:]
    private var routes: [HTTPRouteLane.Key: HTTPRouteLane] = [:]
    private var routesWithResults: [HTTPRouteLane] = []

    /// When the gate wants to be asked again, if nothing ends before.
    private(set) var nextWake: NIODeadline?

    /// Whether the loop already knows that this lane has something to do before the round ends. The loop's to set.
    var isScheduled = false

    init(endpoint: HTTPEndpoint, loop: CurlLoop, condition: SinkConditionBox, logger: Logger) {
        self.endpoint = endpoint
        self.loop = loop
        self.condition = condition
        self.logger = logger
        self.gate = SinkGate(endpoint.gate, now: .now())
        self.sinkLines = CurlHeaderList(endpoint.headerLines)
        self.classifier = HTTPAnswerClassifier(
            location: endpoint.location,
            timeout: endpoint.timeout,
            connectTimeout: endpoint.connectTimeout
        )
    }

    // MARK: Messages in

    func accept(_ batch: DeliveryBatch) {
        guard !batch.deliveries.isEmpty else { return }
        let route = self.route(of: batch)
        route.accepted(batch)
        self.waiting.append(Waiting(deliveries: batch.deliveries, route: route))
    }

    private func route(of batch: DeliveryBatch) -> HTTPRouteLane {
        let key = HTTPRouteLane.Key(batch)
        if let route = self.routes[key] { return route }
        // Routes come and go with reloads; those that have gone must not pile up.
        if self.routes.count >= self.routesBeforeSweep {
            self.routes = self.routes.filter { $0.value.outstanding > 0 }
            self.routesBeforeSweep = max(64, 2 * self.routes.count)
        }
        let route = HTTPRouteLane(batch, endpoint: self.endpoint, sinkLines: self.sinkLines)
        self.routes[key] = route
        return route
    }

    private var routesBeforeSweep = 64

    /// Starts what may run.
    func startWaiting() {
        self.nextWake = nil
        guard !self.waiting.isEmpty else { return }
        let now = NIODeadline.now()
        while !self.waiting.isEmpty {
            switch self.gate.mayBegin(now: now) {
            case .begin(let ticket):
                let (delivery, route) = self.takeFirst()
                self.start(delivery, route: route, ticket)
            case .wait(let until):
                self.nextWake = until
                return
            case .waitForEnd:
                return
            }
        }
    }

    private func takeFirst() -> (Delivery, HTTPRouteLane) {
        let first = self.waiting.startIndex
        let index = self.waiting[first].next
        let route = self.waiting[first].route
        let delivery = self.waiting[first].deliveries[index]
        if index + 1 == self.waiting[first].deliveries.count {
            self.waiting.removeFirst()
        } else {
            self.waiting[first].next = index + 1
        }
        return (delivery, route)
    }

    /// What waits for an endpoint that is taken to be down is given back; what comes later too.
    func drain() {
        self.isDraining = true
        self.giveBack()
    }

    private func giveBack() {
        guard self.isDraining, self.gate.isOpen else { return }
        while !self.waiting.isEmpty {
            let (delivery, route) = self.takeFirst()
            let reason = "\(self.endpoint.location.authority) is taken to be down, and the daemon stops"
            self.failed(delivery.envelope.sequence, route, .unavailable(reason: reason, after: nil))
        }
    }

    private func start(_ delivery: Delivery, route: HTTPRouteLane, _ ticket: SinkGate.Ticket) {
        guard let transfer = self.idle.popLast() ?? CurlTransfer(lane: self) else {
            _ = self.gate.ended(ticket, .unknown, now: .now())
            return self.failed(delivery.envelope.sequence, route, .retry(reason: "out of memory for another request", after: nil))
        }
        transfer.prepare(delivery, route: route)
        transfer.ticket = ticket
        guard self.loop.add(transfer) else {
            transfer.finish()
            _ = self.gate.ended(ticket, .unknown, now: .now())
            return self.failed(delivery.envelope.sequence, route, .retry(reason: "libcurl did not take the request", after: nil))
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
        if transfer.isAnswered(result), HTTPAnswerClassifier.isSuccess(transfer.status) {
            self.note(self.gate.ended(transfer.ticket, .works, now: .now()).change)
            if route.delivered(transfer.sequence) { self.routesWithResults.append(route) }
        } else {
            self.judge(transfer, route, transfer.end(result))
        }
        self.loop.remove(transfer)
        transfer.finish()
        self.running[ObjectIdentifier(transfer)] = nil
        self.idle.append(transfer)
    }

    private func judge(_ transfer: CurlTransfer, _ route: HTTPRouteLane, _ end: HTTPTransferEnd) {
        var failure = self.classifier.failure(end, now: self.loop.secondsSinceEpoch)
        let (countsAsAttempt, change) = self.gate.ended(transfer.ticket, self.classifier.verdict(end, failure), now: .now())
        if !countsAsAttempt, case .retry(let reason, let after) = failure {
            failure = .unavailable(reason: reason, after: after)
        }
        self.note(change, reason: failure.reason)
        self.failed(transfer.sequence, route, failure)
    }

    private func note(_ change: SinkGate.Change?, reason: String = "") {
        guard let change else { return }
        self.condition.setBreakerOpen(self.gate.isOpen)
        switch change {
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
        self.waiting.removeAll()
        self.routes.removeAll()
        self.routesWithResults.removeAll()
    }
}
