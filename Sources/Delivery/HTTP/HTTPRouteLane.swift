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

    /// Whether the content type depends on the body.
    let looksAtBodies: Bool

    /// Deliveries that have come and have not been reported. While there are none, nothing holds on to the receiver.
    private(set) var outstanding = 0

    /// Kept because its identity is what the lane is found by.
    let context: RouteContext
    private var receiver: (any DeliveryReceiver)?
    private var report: DeliveryReport

    // The heads of one list each; all go on in the same lines.
    private let json: CurlHeaderList
    private let other: CurlHeaderList
    private let redeliveredJSON: CurlHeaderList
    private let redeliveredOther: CurlHeaderList

    init(_ batch: DeliveryBatch, endpoint: HTTPEndpoint, sinkLines: CurlHeaderList) {
        self.context = batch.context
        self.report = DeliveryReport(sink: batch.sink)
        self.keyPrefix = HTTPRequestBuilder.keyPrefix(of: batch.context)
        self.looksAtBodies = endpoint.contentType == nil
        let routeLines = CurlHeaderList(HTTPRequestBuilder.lines(of: batch.context), then: sinkLines)
        func list(_ contentType: String) -> CurlHeaderList {
            CurlHeaderList([HTTPRequestBuilder.line("Content-Type", endpoint.contentType ?? contentType)], then: routeLines)
        }
        self.json = list(HTTPRequestBuilder.jsonContentType)
        self.other = list(HTTPRequestBuilder.otherContentType)
        self.redeliveredJSON = CurlHeaderList([HTTPRequestBuilder.redeliveredLine], then: self.json)
        self.redeliveredOther = CurlHeaderList([HTTPRequestBuilder.redeliveredLine], then: self.other)
    }

    /// The lines that follow a message's own.
    func lines(isJSON: Bool, isRedelivered: Bool) -> UnsafeMutablePointer<curl_slist>? {
        switch (isJSON, isRedelivered) {
        case (true, false): self.json.first
        case (false, false): self.other.first
        case (true, true): self.redeliveredJSON.first
        case (false, true): self.redeliveredOther.first
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
