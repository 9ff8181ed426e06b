import CCurl
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// One request at a time, again and again: an easy handle that is set up once, and what a request needs in memory while it runs.
///
/// Confined to the engine's thread. Per message only the body's address and the values of its own header lines change; nothing is
/// allocated, and the body is sent from the buffer it was received in.
final class CurlTransfer {
    /// A body is read up to here; a longer one is cut off, and the verdict is the status line's alone.
    static let maximumAnswer = 64 * 1024

    /// How much of an answer's body is kept for a reason.
    static let excerptLength = 200

    let easy: UnsafeMutableRawPointer
    unowned let lane: HTTPLane

    /// What is on its way, while something is.
    private(set) var sequence: UInt64 = 0
    private(set) var route: HTTPRouteLane?

    /// The gate's word for this request.
    var ticket = SinkGate.Ticket.usual

    /// The lines of a dead letter, which hardly any message is.
    private var deadLetterLines: CurlHeaderList?

    /// Keeps the bytes alive that libcurl sends.
    private var bodyStorage: Unmanaged<AnyObject>?

    private var request = HTTPRequestBuilder()
    private let messageLines: UnsafeMutableBufferPointer<curl_slist>
    private let errorText: UnsafeMutableBufferPointer<CChar>
    private let excerpt: UnsafeMutableRawBufferPointer
    private var excerptCount = 0
    private var answerCount = 0

    /// The status of the answer; 0 before there is one.
    private(set) var status = 0

    /// Whether the answer's head was read to its end. libcurl is content with a head that is cut off.
    private var isHeadWhole = false

    /// Whether the request was sent a second time because a connection had gone stale.
    private var isRepeated = false

    /// - Returns: nil when there is no memory for a handle.
    init?(lane: HTTPLane) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.lane = lane
        self.messageLines = .allocate(capacity: HTTPRequestBuilder.Line.allCases.count)
        self.messageLines.initialize(repeating: curl_slist(data: nil, next: nil))
        self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        self.errorText.initialize(repeating: 0)
        self.excerpt = .allocate(byteCount: Self.excerptLength, alignment: 1)
        self.linkMessageLines()
        self.setUp()
    }

    deinit {
        curl_easy_cleanup(self.easy)
        self.bodyStorage?.release()
        self.messageLines.deallocate()
        self.errorText.deallocate()
        self.excerpt.deallocate()
    }

    /// The transfer that `easy` belongs to. It lives as long as its lane holds it.
    static func of(_ easy: UnsafeMutableRawPointer) -> CurlTransfer? {
        stan_easy_get_private(easy).map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Requests

    /// Makes the next request ready to be added to the multi handle.
    func prepare(_ delivery: Delivery, route: HTTPRouteLane) {
        self.sequence = delivery.envelope.sequence
        if self.route !== route {
            self.route = route
            self.request.use(keyPrefix: route.keyPrefix)
            self.linkMessageLines()
        }
        self.forgetAnswer()
        if self.isRepeated { self.demandFreshConnection(false) }
        self.request.write(
            sequence: delivery.envelope.sequence,
            timestamp: delivery.envelope.timestamp,
            attempt: delivery.attempt
        )
        self.bodyStorage?.release()
        // What escapes from the closure is allowed to: the storage is retained until the transfer is over.
        let (isJSON, storage) = delivery.envelope.body.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            let isEmpty = bytes.isEmpty
            let start = isEmpty ? UnsafeRawPointer(Self.emptyBody.utf8Start) : bytes.baseAddress
            _ = stan_easy_set_offset(self.easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            _ = stan_easy_set_pointer(self.easy, CURLOPT_POSTFIELDS, start)
            return (route.looksAtBodies && JSONText.isValid(bytes), storage.retain())
        }
        self.bodyStorage = storage
        var lines = route.lines(isJSON: isJSON, isRedelivered: delivery.envelope.redelivered)
        self.deadLetterLines = delivery.deadLetter.map {
            CurlHeaderList(HTTPRequestBuilder.lines(of: $0, of: route.context), goingOnIn: lines)
        }
        if let first = self.deadLetterLines?.first { lines = first }
        self.messageLines[self.messageLines.count - 1].next = lines
    }

    /// Whether the request was lost to a connection that the other side closed, between two requests, just as this one was sent.
    ///
    /// libcurl sends such a request again by itself, but no more than five times in the life of a handle.
    func isLostToStaleConnection(_ result: CURLcode) -> Bool {
        guard [CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING].contains(result), self.status == 0, !self.isRepeated else {
            return false
        }
        var newConnections = 0
        _ = stan_easy_get_long(self.easy, CURLINFO_NUM_CONNECTS, &newConnections)
        return newConnections == 0
    }

    /// Makes the same request ready to be added again, for a connection that nothing can be wrong with yet.
    func prepareAgain() {
        self.forgetAnswer()
        self.demandFreshConnection(true)
    }

    private func demandFreshConnection(_ isDemanded: Bool) {
        self.isRepeated = isDemanded
        _ = stan_easy_set_long(self.easy, CURLOPT_FRESH_CONNECT, isDemanded ? 1 : 0)
    }

    private func forgetAnswer() {
        self.status = 0
        self.isHeadWhole = false
        self.excerptCount = 0
        self.answerCount = 0
        self.errorText[0] = 0
    }

    /// Lets go of the message after the request is over.
    func finish() {
        self.bodyStorage?.release()
        self.bodyStorage = nil
    }

    /// libcurl would read a body without an address from a callback.
    private static let emptyBody: StaticString = ""

    private func linkMessageLines() {
        for line in HTTPRequestBuilder.Line.allCases {
            self.messageLines[line.rawValue].data = self.request.text(of: line)?.assumingMemoryBound(to: CChar.self)
            guard line.rawValue + 1 < self.messageLines.count else { continue }
            self.messageLines[line.rawValue].next = self.messageLines.baseAddress.map { $0 + line.rawValue + 1 }
        }
    }

    /// Options that stay. None of them can fail with a libcurl that has HTTP, but for the URL, which has been parsed before.
    private func setUp() {
        let endpoint = self.lane.endpoint
        let easy = self.easy
        _ = stan_easy_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        _ = stan_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, self.errorText.baseAddress)
        _ = stan_easy_set_string(easy, CURLOPT_URL, endpoint.url)
        _ = stan_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = stan_easy_set_long(easy, CURLOPT_POST, 1)
        if endpoint.method != "POST" { _ = stan_easy_set_string(easy, CURLOPT_CUSTOMREQUEST, endpoint.method) }
        _ = stan_easy_set_pointer(easy, CURLOPT_HTTPHEADER, self.messageLines.baseAddress)
        _ = stan_easy_set_long(easy, CURLOPT_TIMEOUT_MS, endpoint.timeoutMilliseconds)
        _ = stan_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, endpoint.connectTimeoutMilliseconds)
        _ = stan_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // No signals in a process with threads.
        _ = stan_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // A lookup that outlives its transfer is left to end by itself: waiting for it would hold up every other transfer.
        _ = stan_easy_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        // The configuration says where messages go; variables such as http_proxy do not.
        _ = stan_easy_set_string(easy, CURLOPT_PROXY, "")
        _ = stan_easy_set_header_function(easy, headerArrived)
        _ = stan_easy_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = stan_easy_set_write_function(easy, answerArrived)
        _ = stan_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = stan_easy_set_close_socket_function(easy, socketClosed)
        _ = stan_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(self.lane.loop).toOpaque())
    }

    // MARK: Answers

    /// Takes a line of the answer's head. Interim answers have heads too; the last one is the answer's.
    fileprivate func received(headLine line: UnsafeRawBufferPointer) {
        if line.count <= 2 {
            self.isHeadWhole = true
        } else if line.starts(with: "HTTP/".utf8) {
            self.isHeadWhole = false
            self.status = HTTPText.status(ofLine: line) ?? 0
        }
    }

    /// Takes a piece of the answer's body, and says whether to go on reading.
    fileprivate func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if self.excerptCount < Self.excerptLength {
            let kept = min(bytes.count, Self.excerptLength - self.excerptCount)
            UnsafeMutableRawBufferPointer(rebasing: self.excerpt[self.excerptCount...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<kept]))
            self.excerptCount += kept
        }
        self.answerCount += bytes.count
        return self.answerCount <= Self.maximumAnswer
    }

    /// Whether the request has been answered, with `result` being how libcurl saw it end.
    ///
    /// An answer that went on and on counts as one: it was ended from this side, after its status had been read. Its connection is
    /// closed, because what is left of the body would have to be read before the next request.
    func isAnswered(_ result: CURLcode) -> Bool {
        self.isHeadWhole && self.status != 0
            && (result == CURLE_OK || (result == CURLE_WRITE_ERROR && self.answerCount > Self.maximumAnswer))
    }

    /// The end of a request that was not plain success, in words for the classifier.
    func end(_ result: CURLcode) -> HTTPTransferEnd {
        guard self.isAnswered(result) else { return .failed(self.failure(result)) }
        var redirect: UnsafePointer<CChar>?
        _ = stan_easy_get_string(self.easy, CURLINFO_REDIRECT_URL, &redirect)
        let excerpt = HTTPText.excerpt(
            UnsafeRawBufferPointer(rebasing: self.excerpt[..<self.excerptCount]),
            isCut: self.answerCount > self.excerptCount
        )
        return .answered(
            HTTPAnswer(
                status: self.status,
                retryAfter: self.header("Retry-After"),
                redirect: redirect.map { String(cString: $0) },
                excerpt: excerpt
            )
        )
    }

    private func header(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(self.easy, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK else { return nil }
        return header.map { String(cString: $0.pointee.value) }
    }

    private func failure(_ result: CURLcode) -> HTTPTransferFailure {
        switch result {
        case CURLE_OK:
            return self.status == 0 ? .notHTTP : .cut(cause: "the answer's head has no end")
        case CURLE_COULDNT_RESOLVE_HOST:
            return .unresolved
        case CURLE_COULDNT_CONNECT:
            var number = 0
            _ = stan_easy_get_long(self.easy, CURLINFO_OS_ERRNO, &number)
            guard number != 0 else { return .notConnected(cause: self.detail(result)) }
            return .notConnected(cause: strerror(CInt(number)).map { String(cString: $0).lowercased() } ?? self.detail(result))
        case CURLE_OPERATION_TIMEDOUT:
            var sent: curl_off_t = 0
            _ = stan_easy_get_offset(self.easy, CURLINFO_PRETRANSFER_TIME_T, &sent)
            return sent == 0 ? .connectTimedOut : .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CIPHER:
            return .tls(cause: Self.cause(ofTLSDetail: self.detail(result)))
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2:
            return .notHTTP
        case CURLE_GOT_NOTHING:
            return .cut(cause: "nothing was answered")
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2_STREAM, CURLE_BAD_CONTENT_ENCODING:
            return .cut(cause: self.detail(result))
        default:
            return .other(cause: self.detail(result))
        }
    }

    /// `certificate has expired` from `SSL certificate problem: certificate has expired`, and `wrong version number` from
    /// `OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number`.
    static func cause(ofTLSDetail detail: String) -> String {
        if let start = detail.firstRange(of: "::"), detail.contains("error:") { return String(detail[start.upperBound...]) }
        return ["SSL certificate problem: ", "SSL: "].reduce(detail) { $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0 }
    }

    /// What libcurl noted about a failure. It names hosts at most; where it might quote the URL, only the code's own text is used.
    private func detail(_ result: CURLcode) -> String {
        if result != CURLE_URL_MALFORMAT, let text = self.errorText.baseAddress, text.pointee != 0 {
            return HTTPText.oneLine(String(cString: text))
        }
        return HTTPText.oneLine(String(cString: curl_easy_strerror(result)))
    }
}

/// libcurl calls this with each line of an answer's head, the empty one at its end included.
private func headerArrived(
    bytes: UnsafeMutablePointer<CChar>?,
    size: Int,
    count: Int,
    context: UnsafeMutableRawPointer?
) -> Int {
    guard let context, let bytes else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    transfer.received(headLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}

/// libcurl calls this with each piece of an answer's body. A count that differs from what was given ends the transfer.
private func answerArrived(
    bytes: UnsafeMutablePointer<CChar>?,
    size: Int,
    count: Int,
    context: UnsafeMutableRawPointer?
) -> Int {
    guard let context, let bytes else { return 0 }
    let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.received(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// libcurl calls this to close a connection's socket, at any time and also for a connection whose transfer is long gone.
private func socketClosed(context: UnsafeMutableRawPointer?, socket: curl_socket_t) -> CInt {
    guard let context else { return 1 }
    return Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().close(socket)
}
