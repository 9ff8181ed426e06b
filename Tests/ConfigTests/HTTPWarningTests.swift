import Testing

@testable import Config

@Suite("Warnings about HTTP sinks")
struct HTTPWarningTests {
    /// A sink `h` with these settings on line 3, and a route to it on line 4.
    private func lines(_ settings: String, url: String = "http://127.0.0.1/", route: String = "") -> [String] {
        let all = [#""type": "http""#, "\"url\": \"\(url)\"", settings].filter { !$0.isEmpty }.joined(separator: ", ")
        return load(
            text(
                sinks: "{\"h\": {\(all)}, \"s\": {\"type\": \"stdout\"}}",
                routes: "[{\"name\": \"r\", \"channel\": \"a\", \"durable_name\": \"d\", \"to\": [\"h\", \"s\"]\(route)}]"
            )
        ).lines
    }

    private let sign = #""sign": {"secrets": ["0123456789abcdef01234567", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"]}"#

    @Test("what goes over plain HTTP can be read on the way, unless there is no way")
    func plain() {
        func warnings(_ settings: String, _ url: String) -> [String] {
            self.lines("\"timeout\": \"1s\", \(settings)", url: url).map { String($0.drop { $0 != " " }) }
        }
        let bearer = #""bearer": "t""#
        let basic = #""basic": {"username": "u", "password": "p"}"#
        let url = "http://h.example/"
        #expect(
            warnings(bearer, url) == [
                " warning: sinks.h.bearer: the token is sent over plain HTTP: whoever is on the way can read it (write \"https\" in \"url\")"
            ]
        )
        #expect(
            warnings(basic, url) == [
                " warning: sinks.h.basic: the password is sent over plain HTTP: whoever is on the way can read it (write \"https\" in "
                    + "\"url\")"
            ]
        )
        // Upper and lower case make no difference; a header with another name may hold anything.
        let header = #""headers": {"X-Key": "k", "authorization": "Bearer {route}"}"#
        #expect(
            warnings(header, url) == [
                " warning: sinks.h.headers.authorization: the credentials are sent over plain HTTP: whoever is on the way can read them "
                    + "(write \"https\" in \"url\")"
            ]
        )
        #expect(warnings(#""headers": {"X-Key": "k"}"#, url) == [])
        #expect(
            warnings(self.sign, url) == [
                " warning: sinks.h.sign: a signature does not hide anything: over plain HTTP, whoever is on the way can read the "
                    + "messages, and send them again (write \"https\" in \"url\")"
            ]
        )
        for setting in [bearer, basic, header, self.sign] {
            for url in ["https://h.example/", "http://localhost:8080/", "http://127.1.2.3/", "http://[::1]/", "HTTPS://h/"] {
                #expect(warnings(setting, url) == [], "\(url)")
            }
            #expect(warnings("\(setting), \"unix_socket\": \"/s\"", url) == [])
        }
        #expect(warnings("\(bearer), \(self.sign)", url).count == 2)
        #expect(warnings(#""concurrency": 64"#, url) == [])
    }

    @Test("certificates that nobody looks at")
    func careless() {
        #expect(
            self.lines(#""timeout": "1s", "tls": {"insecure_skip_verify": true}"#, url: "https://h/") == [
                "config.json:3:103: warning: sinks.h.tls.insecure_skip_verify: whoever answers is taken for the endpoint, and is shown the "
                    + "messages"
            ]
        )
        #expect(self.lines(#""timeout": "1s", "tls": {"insecure_skip_verify": false}"#, url: "https://h/") == [])
    }

    @Test("a request that has timed out before it can have been too slow for long enough")
    func lowSpeed() {
        func warnings(_ timeout: String, _ duration: String) -> [String] {
            self.lines("\"timeout\": \"\(timeout)\", \"low_speed\": {\"below\": \"1KiB\", \"for\": \"\(duration)\"}")
        }
        #expect(
            warnings("1s", "1s") == [
                "config.json:3:116: warning: sinks.h.low_speed.for: has no effect: the \"timeout\" of 1s ends a request before it can have "
                    + "been slow for 1s (set it to less than the timeout)"
            ]
        )
        #expect(warnings("999ms", "1s").count == 1)
        #expect(warnings("1001ms", "1s") == [])
    }

    @Test("short secrets, one by one")
    func shortSecrets() {
        #expect(
            self.lines(#""timeout": "1s", "sign": {"secrets": ["0123456789abcdef01234567", "0123456789abcdef0123456"]}"#) == [
                "config.json:3:127: warning: sinks.h.sign.secrets[1]: has fewer than 24 bytes: a short secret can be guessed from what it "
                    + "signed (take 24 to 64 random bytes)"
            ]
        )
        #expect(self.lines("\"timeout\": \"1s\", \(self.sign)") == [])
    }

    @Test("batches cannot fill where messages are sent one by one")
    func ordered() {
        func warnings(_ ordering: String, _ batch: String, to: String = "h", dead: String = "s") -> [String] {
            load(
                text(
                    sinks:
                        "{\"h\": {\"type\": \"http\", \"url\": \"http://h/\", \"timeout\": \"1s\"\(batch)}, \"s\": {\"type\": \"stdout\"}}",
                    routes: """
                        [{"name": "r", "channel": "a", "durable_name": "d", "to": ["\(to)"], "max_inflight": 100,
                        "ordering": \(ordering), "retry": {"max_attempts": 3}, "dead_letter": "\(dead)"}]
                        """
                )
            ).lines
        }
        let batch = #", "batch": {"max_wait": "250ms"}"#
        let ordered =
            "config.json:5:13: warning: routes[0].ordering: an ordered route sends one message at a time, so batches of the sink \"h\" do "
            + "not fill: each message waits for the \"max_wait\" of 250ms (use a sink without \"batch\")"
        #expect(warnings(#""ordered""#, batch) == [ordered])
        #expect(
            warnings(#"{"key": "/id"}"#, batch) == [
                "config.json:5:13: warning: routes[0].ordering: a route in order by key sends one message of each key at a time, so batches "
                    + "of the sink \"h\" only fill with as many keys: else each waits for the \"max_wait\" of 250ms (use a sink without "
                    + "\"batch\")"
            ]
        )
        // Dead letters are waited for too.
        #expect(warnings(#""ordered""#, batch, to: "s", dead: "h") == [ordered])
        #expect(warnings(#""ordered""#, "") == [])
        #expect(warnings(#""ordered""#, #", "batch": {"max_messages": 1}"#) == [])
        #expect(warnings(#""unordered""#, batch) == [])
    }

    @Test("batches that are larger than what is in flight")
    func smallWindow() {
        let batch = #""timeout": "1s", "batch": {"max_messages": 50}"#
        #expect(
            self.lines(batch, route: #", "max_inflight": 49"#) == [
                "config.json:4:97: warning: routes[0].max_inflight: at most 49 messages are in flight, so batches of the sink \"h\" never "
                    + "have their 50: each waits for the \"max_wait\" of 100ms (set \"max_inflight\" to 50 or more, or \"max_messages\" to "
                    + "49 or less)"
            ]
        )
        #expect(self.lines(batch, route: #", "max_inflight": 50"#) == [])
    }

    @Test("a batch that waits and a request that takes its time, against the ack wait")
    func batchAndAckWait() {
        let batch = #""batch": {"max_wait": "500ms"}, "timeout": "29500ms""#
        #expect(
            self.lines(batch, route: #", "ack_wait": "30s""#) == [
                "config.json:4:93: warning: routes[0].ack_wait: the ack wait of 30s is not longer than the 30s that a message to the sink "
                    + "\"h\" may take, 500ms for its batch and 29.5s for the request: the server then sends messages again that are still in "
                    + "delivery, and the copies are dropped (set \"ack_wait\" to 31s or more)"
            ]
        )
        #expect(self.lines(batch, route: #", "ack_wait": "31s""#) == [])
        // One warning, not that of a sink without batches besides.
        #expect(self.lines(batch, route: #", "ack_wait": "10s""#).count == 1)
    }

    @Test("a request with a batch takes many of those in flight")
    func batchesInFlight() {
        let batch = #""batch": {"max_messages": 10}, "concurrency": 5, "timeout": "10s""#
        #expect(self.lines(batch, route: #", "max_inflight": 150"#) == [])
        #expect(
            self.lines(batch, route: #", "max_inflight": 151"#) == [
                "config.json:4:97: warning: routes[0].max_inflight: the 151 messages that can be in flight to the sink \"h\" take up to 40s (4 "
                    + "rounds of 5 requests of 10s with 10 messages each), longer than the ack wait of 30s: when the endpoint is that slow, "
                    + "the server then sends messages again that are still in delivery, and the copies are dropped (at most 150 in flight "
                    + "would fit)"
            ]
        )
    }
}
