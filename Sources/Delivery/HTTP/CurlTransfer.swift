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
    private(set) var parcel: HTTPParcel?
    private(set) var route: HTTPRouteLane?

    /// The gate's word for this request.
    var ticket = SinkGate.Ticket.usual

    private let request = HTTPRequest()
    let errorText: UnsafeMutableBufferPointer<CChar>
    private let excerpt: UnsafeMutableRawBufferPointer
    private var excerptCount = 0
    private var answerCount = 0

    /// The status of the answer; 0 before there is one.
    private(set) var status = 0

    /// Whether the answer's head was read to its end. libcurl is content with a head that is cut off.
    private var isHeadWhole = false

    /// Whether the request was sent a second time because a connection had gone stale.
    private var isRepeated = false
    private var demandsFreshConnection = false

    /// How many redirects it has followed.
    private(set) var followed = 0

    /// When it began, where that is of interest.
    private var startedAt = NIODeadline.uptimeNanoseconds(0)

    /// Of the secrets that the options were set with.
    private var generation = 0

    /// - Returns: nil when there is no memory for a handle.
    init?(lane: HTTPLane) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.lane = lane
        self.errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        self.errorText.initialize(repeating: 0)
        self.excerpt = .allocate(byteCount: Self.excerptLength, alignment: 1)
        self.generation = lane.kit.generation
        self.setUp(lane.kit)
    }

    deinit {
        curl_easy_cleanup(self.easy)
        self.errorText.deallocate()
        self.excerpt.deallocate()
    }

    /// The transfer that `easy` belongs to. It lives as long as its lane holds it.
    static func of(_ easy: UnsafeMutableRawPointer) -> CurlTransfer? {
        stan_easy_get_private(easy).map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Requests

    /// Makes the next request ready to be added to the multi handle.
    func prepare(_ parcel: HTTPParcel, route: HTTPRouteLane) {
        let kit = self.lane.kit
        self.parcel = parcel
        self.route = route
        self.forgetAnswer()
        self.isRepeated = false
        if self.demandsFreshConnection { self.demandFreshConnection(false) }
        if self.followed > 0 { self.returnToURL() }
        if self.generation != kit.generation {
            self.generation = kit.generation
            CurlOptions.setProxy(kit.resolved.proxy, to: self.easy)
        }
        if kit.endpoint.redirects.isFollowing { self.startedAt = .now() }
        self.request.prepare(parcel, route: route, kit: kit, seconds: self.lane.loop.secondsSinceEpoch)
        _ = stan_easy_set_offset(self.easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(self.request.body.count))
        _ = stan_easy_set_pointer(self.easy, CURLOPT_POSTFIELDS, self.request.body.baseAddress)
        _ = stan_easy_set_pointer(self.easy, CURLOPT_HTTPHEADER, self.request.lines)
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
        self.isRepeated = true
        // Where connections are shared, the one that has gone stale is out of the way, and the next one serves all.
        if !self.lane.sharesConnections { self.demandFreshConnection(true) }
    }

    private func demandFreshConnection(_ isDemanded: Bool) {
        self.demandsFreshConnection = isDemanded
        _ = stan_easy_set_long(self.easy, CURLOPT_FRESH_CONNECT, isDemanded ? 1 : 0)
    }

    /// Makes the same request ready to be added again, for another URL, in what is left of its time.
    func prepareToFollow(to url: String) {
        self.forgetAnswer()
        self.isRepeated = false
        self.followed += 1
        let passed = (NIODeadline.now() - self.startedAt).nanoseconds / 1_000_000
        let left = Int64(self.lane.endpoint.timeoutMilliseconds) - passed
        _ = stan_easy_set_long(self.easy, CURLOPT_TIMEOUT_MS, Int(max(1, left)))
        self.setURL(url)
    }

    private func returnToURL() {
        self.followed = 0
        _ = stan_easy_set_long(self.easy, CURLOPT_TIMEOUT_MS, self.lane.endpoint.timeoutMilliseconds)
        self.setURL(self.lane.endpoint.configuration.url)
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
        self.request.release()
        self.parcel = nil
    }

    // MARK: Answers

    /// Takes a line of the answer's head. Interim answers have heads too; the last one is the answer's.
    fileprivate func received(headLine line: UnsafeRawBufferPointer) {
        if line.count <= 2 {
            self.isHeadWhole = true
        } else if line.starts(with: "HTTP/".utf8) {
            self.isHeadWhole = false
            self.status = HTTPText.status(ofLine: line) ?? 0
            self.lane.sharesConnections = line.count > 5 && line[5] == UInt8(ascii: "2")
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
        let isCut = self.answerCount > self.excerptCount
        let bytes = self.lane.kit.resolved.mask.masked(
            UnsafeRawBufferPointer(rebasing: self.excerpt[..<self.excerptCount]),
            isCut: isCut
        )
        let excerpt = bytes.withUnsafeBytes { HTTPText.excerpt($0, isCut: isCut) }
        return .answered(
            HTTPAnswer(
                status: self.status,
                retryAfter: self.header("Retry-After"),
                redirect: self.redirect,
                excerpt: excerpt
            )
        )
    }

    /// The absolute URL that the answer points to.
    private var redirect: String? {
        var redirect: UnsafePointer<CChar>?
        _ = stan_easy_get_string(self.easy, CURLINFO_REDIRECT_URL, &redirect)
        return redirect.map { String(cString: $0) }
    }

    private func header(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(self.easy, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK else { return nil }
        return header.map { String(cString: $0.pointee.value) }
    }

    private func failure(_ result: CURLcode) -> HTTPTransferFailure {
        CurlFailure(
            result: result,
            easy: self.easy,
            errorText: UnsafePointer(self.errorText.baseAddress),
            status: self.status,
            hasProxy: self.lane.kit.resolved.proxy != nil
        ).meaning
    }
}

/// libcurl calls this with each line of an answer's head, the empty one at its end included.
func headerArrived(
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
func answerArrived(
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
func socketClosed(context: UnsafeMutableRawPointer?, socket: curl_socket_t) -> CInt {
    guard let context else { return 1 }
    return Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().close(socket)
}
