import CCurl
import NIOPosix

/// Connects to an endpoint as a request would, and sends nothing.
package struct HTTPProbe: Sendable {
    package enum Outcome: Sendable, Equatable {
        /// - Parameter certificateExpiry: of the endpoint's certificate, as it is written there; nil without TLS.
        case connected(certificateExpiry: String?)
        /// - Parameter reason: as it would be given for a message.
        case failed(reason: String)
    }

    private let endpoint: HTTPEndpoint

    /// - Throws: what is wrong with the configuration.
    package init(_ configuration: HTTPSink.Configuration) throws(SinkError) {
        self.endpoint = try HTTPEndpoint(configuration, location: CurlURL.location(of: configuration.url))
        try self.endpoint.checkFiles()
        if let problem = CurlOptions.problem(with: configuration.connection.version), problem.isFatal {
            throw SinkError(problem.text)
        }
    }

    /// Takes no longer than the connect timeout.
    package func connect() async -> Outcome {
        await withCheckedContinuation { continuation in
            // Not on a thread that others wait for: a name server may take its time.
            NIOThreadPool.singleton.submit { _ in continuation.resume(returning: self.connectBlocking()) }
        }
    }

    private func connectBlocking() -> Outcome {
        guard CurlEngine.globalInit == CURLE_OK, let easy = curl_easy_init() else {
            return .failed(reason: "libcurl cannot be used")
        }
        defer { curl_easy_cleanup(easy) }
        let connectTo = self.endpoint.connectTo.map { CurlHeaderList([$0]) }
        CurlOptions.setConnection(of: self.endpoint, to: easy)
        CurlOptions.setURL(self.endpoint.configuration.url, of: self.endpoint, connectTo: connectTo, to: easy)
        CurlOptions.setProxy(self.endpoint.initial.proxy, to: easy)
        _ = stan_easy_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        _ = stan_easy_set_long(easy, CURLOPT_CERTINFO, 1)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CURL_ERROR_SIZE)) { text in
            text.initialize(repeating: 0)
            _ = stan_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, text.baseAddress)
            let result = withExtendedLifetime(connectTo) { curl_easy_perform(easy) }
            guard result != CURLE_OK else { return .connected(certificateExpiry: Self.expiry(easy)) }
            let failure = CurlFailure(
                result: result,
                easy: easy,
                errorText: UnsafePointer(text.baseAddress),
                status: 0,
                hasProxy: self.endpoint.initial.proxy != nil
            )
            return .failed(reason: self.endpoint.classifier.failure(.failed(failure.meaning), now: 0).reason)
        }
    }

    private static func expiry(_ easy: UnsafeMutableRawPointer) -> String? {
        let prefix = "Expire date:"
        var line = stan_easy_first_certificate(easy)
        while let node = line {
            let text = node.pointee.data.map { String(cString: $0) } ?? ""
            if text.hasPrefix(prefix) { return HTTPText.oneLine(text.dropFirst(prefix.count)) }
            line = node.pointee.next
        }
        return nil
    }
}
