import CCurl
import Compression
import Crypto
import NIOCore

/// What one request says: its header lines and its body, in memory that is kept from one request to the next.
///
/// Confined to the engine's thread. A message's own bytes are sent from the buffer they were received in. What is handed to libcurl
/// stays where it is until the next `prepare` or `release`.
final class HTTPRequest {
    /// The first header line.
    private(set) var lines: UnsafeMutablePointer<curl_slist>?

    /// Its address is never nil.
    private(set) var body: UnsafeRawBufferPointer

    /// The same before it is compressed: what is signed.
    private var content: UnsafeRawBufferPointer

    private var head = HTTPRequestBuilder()
    private let headNodes: UnsafeMutableBufferPointer<curl_slist>
    private var headRoute: HTTPRouteLane?
    private let extra = HTTPLineWriter()

    /// The lines that others share, kept as long as libcurl may read them.
    private var sharedLines: CurlHeaderList?

    /// Keeps a message's bytes where they are.
    private var bodyStorage: Unmanaged<AnyObject>?
    private var encoded = RecordBuffer(capacity: 0)
    private var packed = RecordBuffer(capacity: 0)
    private var key = RecordBuffer(capacity: 128)
    private var webhookID = RecordBuffer(capacity: 128)

    /// More memory than this is given back after a request.
    private static let keptMemory = 256 << 10

    /// libcurl would read a body without an address from a callback.
    private static let emptyBody: StaticString = ""
    private static var noBody: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: Self.emptyBody.utf8Start, count: 0) }

    init() {
        self.headNodes = .allocate(capacity: HTTPRequestBuilder.Line.allCases.count)
        self.headNodes.initialize(repeating: curl_slist(data: nil, next: nil))
        self.body = Self.noBody
        self.content = Self.noBody
        self.linkHead()
    }

    deinit {
        self.bodyStorage?.release()
        self.headNodes.deallocate()
    }

    /// Makes the request for a parcel.
    ///
    /// - Parameter seconds: the wall clock, since the Unix epoch.
    func prepare(_ parcel: HTTPParcel, route: HTTPRouteLane, kit: HTTPRequestKit, seconds: @autoclosure () -> Int64) {
        self.release()
        switch parcel {
        case .single(let delivery):
            let isJSON = self.prepareBody(of: delivery, parcel, route, kit)
            self.writeHead(of: delivery, route)
            let shared = route.lines(isJSON: isJSON, isRedelivered: delivery.envelope.redelivered, sinkLines: kit.sinkLines)
            if !kit.isPlain || delivery.deadLetter != nil {
                self.pack(kit)
                self.writeExtraLines(of: delivery, route, kit)
                self.sign(kit, seconds) {
                    $0.append(route.keyPrefix)
                    $0.append(decimal: delivery.envelope.sequence)
                }
            }
            self.headNodes[self.headNodes.count - 1].next = self.extra.link(to: shared.first)
            self.lines = self.headNodes.baseAddress
            self.sharedLines = shared
        case .batch(let deliveries):
            kit.encoder.encode(parcel, event: route.event, of: route.context, into: &self.encoded)
            self.body = self.encoded.bytes
            self.pack(kit)
            let shared = route.lines(isJSON: true, isRedelivered: false, sinkLines: kit.sinkLines)
            self.writeLines(of: deliveries, route, kit, seconds)
            self.lines = self.extra.link(to: shared.first)
            self.sharedLines = shared
        }
    }

    /// Lets go of the message after the request is over.
    func release() {
        self.bodyStorage?.release()
        self.bodyStorage = nil
        self.body = Self.noBody
        self.content = Self.noBody
        if !self.extra.isEmpty { self.extra.removeAll() }
        if self.encoded.count > 0 { self.encoded.removeAll(keepingAtMost: Self.keptMemory) }
        if self.packed.count > 0 { self.packed.removeAll(keepingAtMost: Self.keptMemory) }
    }

    // MARK: Body

    /// - Returns: whether the body is JSON, as far as anybody wants to know.
    private func prepareBody(of delivery: Delivery, _ parcel: HTTPParcel, _ route: HTTPRouteLane, _ kit: HTTPRequestKit) -> Bool {
        guard kit.encoder.isVerbatim else {
            kit.encoder.encode(parcel, event: route.event, of: route.context, into: &self.encoded)
            self.body = self.encoded.bytes
            return true
        }
        // What escapes from the closure is allowed to: the storage is retained until the request is over.
        let (isJSON, body, storage) = delivery.envelope.body.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            (route.looksAtBodies && JSONText.isValid(bytes), bytes.isEmpty ? Self.noBody : bytes, storage.retain())
        }
        self.bodyStorage = storage
        self.body = body
        return isJSON
    }

    /// Compresses the body, if that is wanted and makes it smaller.
    private func pack(_ kit: HTTPRequestKit) {
        self.content = self.body
        guard let compressor = kit.compressor, !self.body.isEmpty else { return }
        let body = self.body
        self.packed.append(atMost: compressor.bound(body.count)) { compressor.compress(body, into: $0) ?? 0 }
        guard self.packed.count > 0, self.packed.count < body.count else { return }
        self.body = self.packed.bytes
        self.extra.append("Content-Encoding: ") { $0.append(Array(compressor.format.contentCoding.utf8)) }
    }

    // MARK: Lines

    private func writeHead(of delivery: Delivery, _ route: HTTPRouteLane) {
        if self.headRoute !== route {
            self.headRoute = route
            self.head.use(keyPrefix: route.keyPrefix)
            self.linkHead()
        }
        self.head.write(
            sequence: delivery.envelope.sequence,
            timestamp: delivery.envelope.timestamp,
            attempt: delivery.attempt
        )
    }

    private func linkHead() {
        for line in HTTPRequestBuilder.Line.allCases {
            self.headNodes[line.rawValue].data = self.head.text(of: line)?.assumingMemoryBound(to: CChar.self)
            guard line.rawValue + 1 < self.headNodes.count else { continue }
            self.headNodes[line.rawValue].next = self.headNodes.baseAddress.map { $0 + line.rawValue + 1 }
        }
    }

    private func writeExtraLines(of delivery: Delivery, _ route: HTTPRouteLane, _ kit: HTTPRequestKit) {
        let envelope = delivery.envelope
        if case .cloudEvents = kit.endpoint.configuration.format {
            self.extra.append("ce-id: ") { $0.append(decimal: envelope.sequence) }
            self.extra.append("ce-time: ") { $0.append(atMost: Timestamp.length) { Timestamp.write(envelope.timestamp, to: $0) } }
        }
        self.writeConfiguredLines(route, kit, sequence: envelope.sequence)
        guard let deadLetter = delivery.deadLetter else { return }
        for line in HTTPRequestBuilder.lines(of: deadLetter, of: route.context) { self.extra.append(Array(line.utf8)) { _ in } }
    }

    private func writeConfiguredLines(_ route: HTTPRouteLane, _ kit: HTTPRequestKit, sequence: UInt64) {
        for header in kit.endpoint.requestHeaders {
            let line = HTTPRequestBuilder.line(header.name, header.value(of: route.context, sequence: sequence))
            self.extra.append(Array(line.utf8)) { _ in }
        }
    }

    private func writeLines(
        of deliveries: [Delivery],
        _ route: HTTPRouteLane,
        _ kit: HTTPRequestKit,
        _ seconds: () -> Int64
    ) {
        guard let first = deliveries.first?.envelope.sequence, let last = deliveries.last?.envelope.sequence else { return }
        self.extra.append("Stan-Batch-Count: ") { $0.append(decimal: UInt64(deliveries.count)) }
        self.extra.append("Stan-Batch-First-Sequence: ") { $0.append(decimal: first) }
        self.extra.append("Stan-Batch-Last-Sequence: ") { $0.append(decimal: last) }
        self.extra.append("Stan-Attempt: ") { $0.append(decimal: UInt64(deliveries.lazy.map(\.attempt).max() ?? 1)) }
        self.extra.append("Idempotency-Key: ") { Self.appendKey(of: deliveries, first, last, route, to: &$0) }
        self.writeConfiguredLines(route, kit, sequence: first)
        self.sign(kit, seconds) { Self.appendKey(of: deliveries, first, last, route, to: &$0) }
    }

    /// The same for the same messages, and no other ones: where some between the first and the last are missing, a digest says which.
    private static func appendKey(
        of deliveries: [Delivery],
        _ first: UInt64,
        _ last: UInt64,
        _ route: HTTPRouteLane,
        to line: inout RecordBuffer
    ) {
        line.append(route.keyPrefix)
        line.append(decimal: first)
        line.append("-")
        line.append(decimal: last)
        guard UInt64(deliveries.count) != last - first + 1 else { return }
        line.append("/")
        var digest = SHA256()
        for delivery in deliveries {
            withUnsafeBytes(of: delivery.envelope.sequence.bigEndian) { digest.update(bufferPointer: $0) }
        }
        let digits = Array("0123456789abcdef".utf8)
        for byte in digest.finalize().prefix(16) {
            line.append(digits[Int(byte >> 4)])
            line.append(digits[Int(byte & 15)])
        }
    }

    private func sign(_ kit: HTTPRequestKit, _ seconds: () -> Int64, key: (inout RecordBuffer) -> Void) {
        guard let signer = kit.resolved.signer else { return }
        let seconds = seconds()
        self.key.removeAll(keepingAtMost: 1024)
        key(&self.key)
        self.webhookID.removeAll(keepingAtMost: 1024)
        HTTPText.webhookID(ofKey: self.key.bytes, into: &self.webhookID)
        let (id, body) = (self.webhookID.bytes, self.content)
        self.extra.append("webhook-id: ") { $0.append(id) }
        self.extra.append("webhook-timestamp: ") { $0.append(decimal: UInt64(max(0, seconds))) }
        self.extra.append("webhook-signature: ") { signer.sign(id: id, seconds: max(0, seconds), body: body, into: &$0) }
    }
}
