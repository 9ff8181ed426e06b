import CCurl

extension CurlTransfer {
    /// Sets the options that stay. None of them can fail with a libcurl that has HTTP and TLS, but for the URL, which has been parsed
    /// before.
    func setUp(_ kit: HTTPRequestKit) {
        let endpoint = kit.endpoint
        let easy = self.easy
        _ = stan_easy_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        _ = stan_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, self.errorText.baseAddress)
        _ = stan_easy_set_long(easy, CURLOPT_POST, 1)
        if endpoint.configuration.method != "POST" {
            _ = stan_easy_set_string(easy, CURLOPT_CUSTOMREQUEST, endpoint.configuration.method)
        }
        _ = stan_easy_set_header_function(easy, headerArrived)
        _ = stan_easy_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = stan_easy_set_write_function(easy, answerArrived)
        _ = stan_easy_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        _ = stan_easy_set_close_socket_function(easy, socketClosed)
        _ = stan_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(self.lane.loop).toOpaque())
        CurlOptions.setConnection(of: endpoint, to: easy)
        self.setURL(endpoint.configuration.url)
        CurlOptions.setProxy(kit.resolved.proxy, to: easy)
    }

    func setURL(_ url: String) {
        CurlOptions.setURL(url, of: self.lane.endpoint, connectTo: self.lane.kit.connectTo, to: self.easy)
    }
}
