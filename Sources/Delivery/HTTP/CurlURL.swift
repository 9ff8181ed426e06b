import CCurl

/// Reads a URL with the parser that the requests will be made with.
enum CurlURL {
    /// Where a URL points to.
    ///
    /// - Throws: what is wrong with it, without quoting it: it may hold secrets.
    static func location(of url: String) throws(SinkError) -> HTTPLocation {
        guard !url.utf8.contains(0), let handle = curl_url() else { throw SinkError("the url has a zero byte") }
        defer { curl_url_cleanup(handle) }
        let code = curl_url_set(handle, CURLUPART_URL, url, 0)
        if code == CURLUE_UNSUPPORTED_SCHEME { throw SinkError("the url's scheme is not one of http and https") }
        guard code == CURLUE_OK else {
            let cause = HTTPText.oneLine(String(cString: curl_url_strerror(code))).lowercased()
            throw SinkError("the url cannot be used: \(cause) (https://host/path would be right)")
        }
        guard let scheme = self.part(CURLUPART_SCHEME, of: handle), ["http", "https"].contains(scheme) else {
            throw SinkError("the url's scheme is not one of http and https")
        }
        guard let host = self.part(CURLUPART_HOST, of: handle), !host.isEmpty else {
            throw SinkError("the url has no host (https://host/path would be right)")
        }
        let port = self.part(CURLUPART_PORT, of: handle)
        return HTTPLocation(
            scheme: scheme,
            authority: HTTPText.oneLine(port.map { "\(host):\($0)" } ?? host),
            hostAndPort: HTTPText.oneLine("\(host):\(port ?? (scheme == "https" ? "443" : "80"))"),
            hasCredentials: self.part(CURLUPART_USER, of: handle) != nil
        )
    }

    /// The URL with another host, or nil when that cannot be.
    static func url(_ url: String, host: String) -> String? {
        guard let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK, curl_url_set(handle, CURLUPART_HOST, host, 0) == CURLUE_OK
        else { return nil }
        return self.part(CURLUPART_URL, of: handle)
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
