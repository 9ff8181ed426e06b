import CCurl

/// How an endpoint is reached, in libcurl's options.
enum CurlOptions {
    /// After so long a connection is given up when it is idle next, so that a name that points elsewhere by then is followed.
    private static let maximumConnectionSeconds = 300

    /// So long names are known, and the authorities of a file.
    private static let cacheSeconds = 60

    static func setConnection(of endpoint: HTTPEndpoint, to easy: UnsafeMutableRawPointer) {
        let configuration = endpoint.configuration
        _ = stan_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = stan_easy_set_long(easy, CURLOPT_TIMEOUT_MS, endpoint.timeoutMilliseconds)
        _ = stan_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, endpoint.connectTimeoutMilliseconds)
        // By us, if at all: libcurl would show headers of ours to whoever it is sent to.
        _ = stan_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // No signals in a process with threads.
        _ = stan_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // A lookup that outlives its transfer is left to end by itself: waiting for it would hold up every other transfer.
        _ = stan_easy_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        _ = stan_easy_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, Self.cacheSeconds)
        _ = stan_easy_set_long(easy, CURLOPT_MAXLIFETIME_CONN, Self.maximumConnectionSeconds)
        if let lowSpeed = configuration.lowSpeed {
            _ = stan_easy_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, lowSpeed.bytesPerSecond)
            _ = stan_easy_set_long(easy, CURLOPT_LOW_SPEED_TIME, lowSpeed.seconds)
        }
        if let path = configuration.connection.unixSocket { _ = stan_easy_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, path) }
        Self.setVersion(configuration.connection.version, isTLS: endpoint.location.scheme == "https", to: easy)
        Self.setTLS(configuration.connection.tls, to: easy)
    }

    private static func setVersion(
        _ version: HTTPSink.Configuration.Connection.Version,
        isTLS: Bool,
        to easy: UnsafeMutableRawPointer
    ) {
        let number =
            switch version {
            case .automatic: Self.isHTTP2Sound() ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
            case .http1: CURL_HTTP_VERSION_1_1
            case .http2: CURL_HTTP_VERSION_2_0
            case .http2PriorKnowledge: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
            }
        _ = stan_easy_set_long(easy, CURLOPT_HTTP_VERSION, number)
        // Rather than to open a connection each, wait to see whether one serves all.
        let mayShare =
            switch version {
            case .automatic: isTLS && Self.isHTTP2Sound()
            case .http2: isTLS
            case .http1: false
            case .http2PriorKnowledge: true
            }
        _ = stan_easy_set_long(easy, CURLOPT_PIPEWAIT, mayShare ? 1 : 0)
    }

    /// Whether this libcurl can be left to speak HTTP/2 unasked.
    ///
    /// 7.88 loses requests with a stream error when an answer comes before the body has been read, and in cleartext fails whenever a
    /// connection is used again (curl#10634, mended in 8.0.0).
    static func isHTTP2Sound(version: UInt32 = stan_version_number()) -> Bool { version >= 0x08_00_00 }

    /// What is to be said of a version of HTTP that was asked for.
    ///
    /// - Returns: nil when all is well; else what is wrong, and whether nothing works with it.
    static func problem(
        with version: HTTPSink.Configuration.Connection.Version,
        libcurl: UInt32 = stan_version_number()
    ) -> (text: String, isFatal: Bool)? {
        guard !Self.isHTTP2Sound(version: libcurl) else { return nil }
        let name = "libcurl \(libcurl >> 16).\(libcurl >> 8 & 0xFF).\(libcurl & 0xFF)"
        switch version {
        case .automatic, .http1:
            return nil
        case .http2:
            return (
                "\(name) loses some requests over HTTP/2, which are then retried (8.0.0 or later does not; or use 1.1)", false
            )
        case .http2PriorKnowledge:
            return ("\(name) cannot speak HTTP/2 without TLS: every second request fails (8.0.0 or later can; or use 1.1)", true)
        }
    }

    private static func setTLS(_ tls: HTTPSink.Configuration.TLS, to easy: UnsafeMutableRawPointer) {
        if let file = tls.caFile { _ = stan_easy_set_string(easy, CURLOPT_CAINFO, file) }
        if let file = tls.certificateFile { _ = stan_easy_set_string(easy, CURLOPT_SSLCERT, file) }
        if let file = tls.keyFile { _ = stan_easy_set_string(easy, CURLOPT_SSLKEY, file) }
        let minimum =
            switch tls.minimumVersion {
            case .tls12: CURL_SSLVERSION_TLSv1_2
            case .tls13: CURL_SSLVERSION_TLSv1_3
            }
        _ = stan_easy_set_long(easy, CURLOPT_SSLVERSION, Int(minimum))
        _ = stan_easy_set_long(easy, CURLOPT_CA_CACHE_TIMEOUT, Self.cacheSeconds)
        if tls.skipsVerification {
            _ = stan_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            _ = stan_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
    }

    /// - Parameter url: the endpoint's own, or one it points to.
    static func setURL(_ url: String, of endpoint: HTTPEndpoint, connectTo: CurlHeaderList?, to easy: UnsafeMutableRawPointer) {
        let isOwnHost = (try? CurlURL.location(of: url))?.hostAndPort == endpoint.location.hostAndPort
        if isOwnHost, let name = endpoint.serverName, let renamed = CurlURL.url(url, host: name) {
            _ = stan_easy_set_string(easy, CURLOPT_URL, renamed)
            _ = stan_easy_set_pointer(easy, CURLOPT_CONNECT_TO, connectTo?.first)
        } else {
            _ = stan_easy_set_string(easy, CURLOPT_URL, url)
            _ = stan_easy_set_pointer(easy, CURLOPT_CONNECT_TO, nil)
        }
    }

    /// - Parameter proxy: nil is none: the configuration says where messages go; variables such as `http_proxy` do not.
    static func setProxy(_ proxy: String?, to easy: UnsafeMutableRawPointer) {
        _ = stan_easy_set_string(easy, CURLOPT_PROXY, proxy ?? "")
        _ = stan_easy_set_string(easy, CURLOPT_NOPROXY, "")
        // What a proxy answers while a way through it is made is no answer of the endpoint.
        _ = stan_easy_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }
}
