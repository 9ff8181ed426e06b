import CCurl

/// What a sink keeps for one route it serves: the header lines its messages share, and the results that wait to be reported.
///
/// Confined to the engine's thread.
final class HTTPRouteLane {
    /// Which batches belong together.
    struct Key: Hashable {
        let context: ObjectIdentifier
        let receiver: ObjectIdentifier
        let sink: Int

        init(_ batch: DeliveryBatch) {
            self.context = ObjectIdentifier(batch.context)
            self.receiver = ObjectIdentifier(batch.receiver)
            self.sink = batch.sink
        }
    }

    let keyPrefix: [UInt8]

    /// How its messages are written as events, where they are.
    let event: CloudEvent?

    /// Whether the content type depends on the body.
    let looksAtBodies: Bool

    /// Deliveries that have come and have not been reported. While there are none, nothing holds on to the receiver.
    private(set) var outstanding = 0

    /// Kept because its identity is what the lane is found by.
    let context: RouteContext
    private var receiver: (any DeliveryReceiver)?
    private var report: DeliveryReport

    /// The heads of one list each; all go on in the same lines.
    private struct Lines {
        /// What they go on in.
        let ofSink: CurlHeaderList
        let json: CurlHeaderList
        let other: CurlHeaderList
        let redeliveredJSON: CurlHeaderList
        let redeliveredOther: CurlHeaderList
    }

    private var lines: Lines

    /// The content type of all bodies, where it is the same for all.
    private let fixedContentType: String?
    private let routeLines: [String]

    init(_ batch: DeliveryBatch, endpoint: HTTPEndpoint, contentType: String?, sinkLines: CurlHeaderList) {
        self.context = batch.context
        self.report = DeliveryReport(sink: batch.sink)
        self.keyPrefix = HTTPRequestBuilder.keyPrefix(of: batch.context)
        switch endpoint.configuration.format {
        case .cloudEvents(let type), .cloudEventsStructured(let type): self.event = CloudEvent(type: type, context: batch.context)
        case .raw, .json: self.event = nil
        }
        self.fixedContentType = endpoint.contentType ?? contentType
        self.looksAtBodies = self.fixedContentType == nil
        var routeLines = HTTPRequestBuilder.lines(of: batch.context)
        routeLines += endpoint.routeHeaders.map { HTTPRequestBuilder.line($0.name, $0.value(of: batch.context, sequence: 0)) }
        if let event, case .cloudEvents = endpoint.configuration.format { routeLines += event.routeLines }
        self.routeLines = routeLines
        self.lines = Self.lines(routeLines, contentType: self.fixedContentType, then: sinkLines)
    }

    private static func lines(_ routeLines: [String], contentType: String?, then sinkLines: CurlHeaderList) -> Lines {
        let routeLines = CurlHeaderList(routeLines, then: sinkLines)
        func list(_ ownContentType: String) -> CurlHeaderList {
            CurlHeaderList([HTTPRequestBuilder.line("Content-Type", contentType ?? ownContentType)], then: routeLines)
        }
        let json = list(HTTPRequestBuilder.jsonContentType)
        let other = list(HTTPRequestBuilder.otherContentType)
        return Lines(
            ofSink: sinkLines,
            json: json,
            other: other,
            redeliveredJSON: CurlHeaderList([HTTPRequestBuilder.redeliveredLine], then: json),
            redeliveredOther: CurlHeaderList([HTTPRequestBuilder.redeliveredLine], then: other)
        )
    }

    /// The lines that follow a message's own.
    ///
    /// - Parameter sinkLines: those of the sink as they are now: they change with its secrets.
    func lines(isJSON: Bool, isRedelivered: Bool, sinkLines: CurlHeaderList) -> CurlHeaderList {
        if self.lines.ofSink !== sinkLines {
            self.lines = Self.lines(self.routeLines, contentType: self.fixedContentType, then: sinkLines)
        }
        return switch (isJSON, isRedelivered) {
        case (true, false): self.lines.json
        case (false, false): self.lines.other
        case (true, true): self.lines.redeliveredJSON
        case (false, true): self.lines.redeliveredOther
        }
    }

    // MARK: Results

    func accepted(_ batch: DeliveryBatch) {
        self.receiver = batch.receiver
        self.outstanding += batch.deliveries.count
    }

    private var hasResults: Bool { !self.report.delivered.isEmpty || !self.report.failed.isEmpty }

    /// - Returns: whether this is the first result since the last report.
    func delivered(_ sequence: UInt64) -> Bool {
        let isFirst = !self.hasResults
        self.report.delivered.append(sequence)
        return isFirst
    }

    /// - Returns: whether this is the first result since the last report.
    func failed(_ sequence: UInt64, _ failure: DeliveryFailure) -> Bool {
        let isFirst = !self.hasResults
        self.report.failed.append(DeliveryReport.Failed(sequence: sequence, failure: failure))
        return isFirst
    }

    /// Tells the receiver what has come together.
    func flush() {
        let report = self.report
        let receiver = self.receiver
        self.report = DeliveryReport(sink: report.sink)
        self.outstanding -= report.delivered.count + report.failed.count
        if self.outstanding == 0 { self.receiver = nil }
        receiver?.finished(report)
    }
}
