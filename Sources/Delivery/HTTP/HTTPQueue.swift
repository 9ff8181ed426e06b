import NIOCore

/// What waits for an endpoint, and in which requests it leaves. Pure.
///
/// Without batching each message is a request, in the order in which they came. With it, messages of a route are gathered until there
/// are enough of them or the first one has waited long enough; routes take turns.
struct HTTPQueue<Route: AnyObject> {
    typealias Batching = HTTPSink.Configuration.Batching

    enum Readiness: Equatable {
        /// There is something to send.
        case ready
        /// There will be then, or earlier with what comes until then.
        case wait(until: NIODeadline)
        case empty
    }

    /// A batch of the sink's interface of which some deliveries have not left.
    private struct Waiting {
        let deliveries: [Delivery]
        var next = 0
        let route: Route
    }

    /// A route's messages that are being gathered.
    private struct Gathering {
        let route: Route
        private(set) var deliveries = CircularBuffer<Delivery>()
        private(set) var bytes = 0
        /// How many of them came when.
        private var arrivals = CircularBuffer<(count: Int, at: NIODeadline)>()

        init(route: Route) {
            self.route = route
        }

        /// When the first of them came.
        var since: NIODeadline? { self.arrivals.first?.at }

        mutating func append(_ new: [Delivery], now: NIODeadline) {
            self.deliveries.append(contentsOf: new)
            self.bytes += new.reduce(0) { $0 + HTTPQueue.size($1) }
            self.arrivals.append((new.count, now))
        }

        mutating func removeFirst() {
            self.bytes -= HTTPQueue.size(self.deliveries.removeFirst())
            self.arrivals[self.arrivals.startIndex].count -= 1
            if self.arrivals[self.arrivals.startIndex].count == 0 { self.arrivals.removeFirst() }
        }
    }

    private let batching: Batching?
    private var waiting = CircularBuffer<Waiting>()
    private var gathering = CircularBuffer<Gathering>()
    /// Halves of batches, which are not gathered anew.
    private var halves: [(HTTPParcel, Route)] = []

    init(_ batching: Batching?) {
        self.batching = batching
    }

    /// What the envelope of a message adds to its body, about.
    private static var overhead: Int { 128 }

    var isEmpty: Bool { self.waiting.isEmpty && self.gathering.isEmpty && self.halves.isEmpty }

    mutating func append(_ deliveries: [Delivery], of route: Route, now: NIODeadline) {
        guard self.batching != nil else {
            return self.waiting.append(Waiting(deliveries: deliveries, route: route))
        }
        let index = self.gathering.firstIndex { $0.route === route }
        if let index {
            self.gathering[index].append(deliveries, now: now)
        } else {
            var gathering = Gathering(route: route)
            gathering.append(deliveries, now: now)
            self.gathering.append(gathering)
        }
    }

    /// Puts back the halves of a batch, to be sent as they are, before all else.
    mutating func append(halves: (HTTPParcel, HTTPParcel), of route: Route) {
        self.halves.append((halves.1, route))
        self.halves.append((halves.0, route))
    }

    private static func size(_ delivery: Delivery) -> Int { delivery.envelope.body.readableBytes + Self.overhead }

    // MARK: Out

    /// Whether something may leave now.
    ///
    /// - Parameter isHurried: whether to send what there is rather than to wait for more.
    func readiness(now: NIODeadline, isHurried: Bool) -> Readiness {
        if !self.halves.isEmpty || !self.waiting.isEmpty { return .ready }
        var soonest: NIODeadline?
        for gathering in self.gathering {
            guard let due = self.due(gathering, now: now, isHurried: isHurried) else { return .ready }
            soonest = min(soonest ?? due, due)
        }
        return soonest.map { .wait(until: $0) } ?? .empty
    }

    /// - Returns: until when it waits for more; nil when it need not.
    private func due(_ gathering: Gathering, now: NIODeadline, isHurried: Bool) -> NIODeadline? {
        guard let batching = self.batching, !isHurried, gathering.deliveries.count < batching.maxMessages,
            gathering.bytes < batching.maxBytes, let since = gathering.since, now < since + batching.maxWait
        else { return nil }
        return since + batching.maxWait
    }

    /// What leaves next, taken out; nil when nothing may.
    mutating func next(now: NIODeadline, isHurried: Bool) -> (HTTPParcel, Route)? {
        if let halves = self.halves.popLast() { return halves }
        guard let batching = self.batching else { return self.nextSingle().map { (.single($0), $1) } }
        guard let index = self.gathering.firstIndex(where: { self.due($0, now: now, isHurried: isHurried) == nil }) else {
            return nil
        }
        return self.nextBatch(index, batching)
    }

    private mutating func nextSingle() -> (Delivery, Route)? {
        guard !self.waiting.isEmpty else { return nil }
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

    private mutating func nextBatch(_ index: CircularBuffer<Gathering>.Index, _ batching: Batching) -> (HTTPParcel, Route) {
        // Whoever has a turn comes after the others then.
        var gathering = self.gathering.remove(at: index)
        var taken: [Delivery] = []
        taken.reserveCapacity(min(batching.maxMessages, gathering.deliveries.count))
        var bytes = 0
        while taken.count < batching.maxMessages, let delivery = gathering.deliveries.first {
            let size = Self.size(delivery)
            guard taken.isEmpty || bytes + size <= batching.maxBytes else { break }
            bytes += size
            taken.append(delivery)
            gathering.removeFirst()
        }
        if !gathering.deliveries.isEmpty { self.gathering.append(gathering) }
        // Retries come between newer messages.
        if zip(taken, taken.dropFirst()).contains(where: { $0.envelope.sequence > $1.envelope.sequence }) {
            taken.sort { $0.envelope.sequence < $1.envelope.sequence }
        }
        return (.batch(taken), gathering.route)
    }

    /// Takes everything of one route out.
    mutating func removeAll(of route: Route, _ body: (UInt64, Route) -> Void) {
        for (parcel, owner) in self.halves where owner === route { parcel.forEachSequence { body($0, route) } }
        self.halves.removeAll { $0.1 === route }
        for waiting in self.waiting where waiting.route === route {
            for delivery in waiting.deliveries[waiting.next...] { body(delivery.envelope.sequence, route) }
        }
        self.waiting.removeAll { $0.route === route }
        for gathering in self.gathering where gathering.route === route {
            for delivery in gathering.deliveries { body(delivery.envelope.sequence, route) }
        }
        self.gathering.removeAll { $0.route === route }
    }

    /// Takes everything out.
    mutating func removeAll(_ body: (UInt64, Route) -> Void) {
        for (parcel, route) in self.halves { parcel.forEachSequence { body($0, route) } }
        self.halves.removeAll()
        while let (delivery, route) = self.nextSingle() { body(delivery.envelope.sequence, route) }
        for gathering in self.gathering {
            for delivery in gathering.deliveries { body(delivery.envelope.sequence, gathering.route) }
        }
        self.gathering.removeAll()
    }
}
