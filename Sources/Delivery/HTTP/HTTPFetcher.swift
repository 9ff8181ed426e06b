import CCurl
import NIOPosix
import Synchronization

/// Asks one HTTP server for documents, one after the other, over a connection that is kept as long as it can be.
///
/// For what is asked now and then and is small. It follows no redirects and uses no proxy.
package final class HTTPFetcher: Sendable {
    package struct Answer: Sendable, Equatable {
        package var status: Int
        package var body: [UInt8]

        package init(status: Int, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    /// Why there is no answer, or none that can be used: for people, in one line, without what is secret in the URL.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    private let endpoint: HTTPEndpoint
    private let base: String
    private let maximumBytes: Int

    /// Held by whoever asks.
    private let turn = Mutex(())

    /// Safe, though any thread sees them: whoever uses them holds `turn`; only `curl_multi_wakeup`, which any thread may call, and the
    /// end, when nobody asks any more, do without it.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer
    nonisolated(unsafe) private let easy: UnsafeMutableRawPointer
    private let isCancelled = Atomic(false)

    /// - Parameters:
    ///   - url: what every path is added to; `http` or `https`.
    ///   - bearer: sent as `Authorization: Bearer …`. Default nil: nothing is.
    ///   - timeout: for a question as a whole, and for the connection.
    ///   - maximumBytes: of an answer's body; a longer one is a failure.
    /// - Throws: what is wrong with the URL or the token, without quoting them.
    package init(
        url: String,
        bearer: String? = nil,
        timeout: Duration,
        maximumBytes: Int,
        userAgent: String
    ) throws(SinkError) {
        var configuration = HTTPSink.Configuration(url: url, timeout: timeout, connectTimeout: timeout, userAgent: userAgent)
        configuration.authorization = bearer.map { .bearer(SinkSecret($0)) }
        self.endpoint = try HTTPEndpoint(configuration, location: CurlURL.location(of: url))
        self.base = url.utf8.last == UInt8(ascii: "/") ? String(url.dropLast()) : url
        self.maximumBytes = maximumBytes
        guard CurlEngine.globalInit == CURLE_OK, let multi = curl_multi_init() else {
            throw SinkError("libcurl cannot be used")
        }
        guard let easy = curl_easy_init() else {
            curl_multi_cleanup(multi)
            throw SinkError("libcurl cannot be used")
        }
        self.multi = multi
        self.easy = easy
    }

    deinit {
        curl_easy_cleanup(self.easy)
        curl_multi_cleanup(self.multi)
    }

    /// Asks for `base` + `path` + the query.
    ///
    /// When the task is cancelled, it ends at once, and every later question does too.
    ///
    /// - Parameters:
    ///   - path: with its `/` before it, and encoded as it has to be.
    ///   - query: names and values, which need no encoding.
    package func get(_ path: String, _ query: [(name: String, value: String)] = []) async -> Result<Answer, Failure> {
        let pairs = query.map { "\(HTTPText.queryEncoded($0.name))=\(HTTPText.queryEncoded($0.value))" }
        let url = self.base + path + (pairs.isEmpty ? "" : "?\(pairs.joined(separator: "&"))")
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Not on a thread that others wait for: a server may take its time.
                NIOThreadPool.singleton.submit { _ in
                    continuation.resume(returning: self.turn.withLock { _ in self.getBlocking(url) })
                }
            }
        } onCancel: {
            self.isCancelled.store(true, ordering: .relaxed)
            curl_multi_wakeup(self.multi)
        }
    }

    // MARK: A question, on a thread of the pool

    /// Where an answer's body gathers.
    private final class Body {
        var bytes: [UInt8] = []
        var isTooLarge = false
        let maximum: Int

        init(maximum: Int) { self.maximum = maximum }

        func add(_ more: UnsafeRawBufferPointer) -> Bool {
            self.isTooLarge = self.isTooLarge || self.bytes.count + more.count > self.maximum
            if !self.isTooLarge { self.bytes += more }
            return !self.isTooLarge
        }
    }

    private func getBlocking(_ url: String) -> Result<Answer, Failure> {
        let (easy, body) = (self.easy, Body(maximum: self.maximumBytes))
        let headers = CurlHeaderList(self.endpoint.initial.headerLines)
        CurlOptions.setConnection(of: self.endpoint, to: easy)
        CurlOptions.setURL(url, of: self.endpoint, connectTo: nil, to: easy)
        CurlOptions.setProxy(nil, to: easy)
        _ = stan_easy_set_pointer(easy, CURLOPT_HTTPHEADER, headers.first)
        _ = stan_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(body).toOpaque())
        _ = stan_easy_set_write_function(easy) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let body = Unmanaged<Body>.fromOpaque(context).takeUnretainedValue()
            return body.add(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CURL_ERROR_SIZE)) { text in
            text.initialize(repeating: 0)
            _ = stan_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, text.baseAddress)
            defer { _ = stan_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, nil) }
            let result = withExtendedLifetime((headers, body)) { self.perform() }
            if body.isTooLarge { return .failure(self.failure("its answer is larger than \(self.maximumBytes) bytes")) }
            guard let result else { return .failure(self.failure("it was not waited for")) }
            var status = 0
            _ = stan_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            guard result != CURLE_OK || status == 0 else { return .success(Answer(status: status, body: body.bytes)) }
            let cause = CurlFailure(
                result: result,
                easy: easy,
                errorText: UnsafePointer(text.baseAddress),
                status: status,
                hasProxy: false
            )
            let reason = self.endpoint.classifier.failure(.failed(cause.meaning), now: 0).reason
            return .failure(Failure(reason))
        }
    }

    private func failure(_ text: String) -> Failure {
        Failure("\(self.endpoint.location.scheme)://\(self.endpoint.location.authority): \(text)")
    }

    /// - Returns: nil when it was cancelled.
    private func perform() -> CURLcode? {
        curl_multi_add_handle(self.multi, self.easy)
        defer { curl_multi_remove_handle(self.multi, self.easy) }
        while !self.isCancelled.load(ordering: .relaxed) {
            var running: CInt = 0
            guard curl_multi_perform(self.multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
            if running == 0 { return self.result }
            // Ended early by what comes, by libcurl's own timers, and by a cancellation.
            curl_multi_poll(self.multi, nil, 0, 1000, nil)
        }
        return nil
    }

    private var result: CURLcode {
        var remaining: CInt = 0
        guard let message = curl_multi_info_read(self.multi, &remaining), message.pointee.msg == CURLMSG_DONE else {
            return CURLE_FAILED_INIT
        }
        return message.pointee.data.result
    }
}
