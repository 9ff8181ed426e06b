import Testing

@testable import Config

/// The sink `s` of type `http` with these settings; nil where there is an error.
private func http(_ settings: String, url: String = "http://h/") -> Configuration.HTTPSink? {
    let loaded = load(text(sink: #""type": "http", "url": "\#(url)", \#(settings)"#), variables: ["S": "s{channel}"])
    guard case .http(let http) = loaded.configuration?.sinks.first?.kind else {
        Issue.record("\(loaded.report)")
        return nil
    }
    return http
}

@Suite("HTTP sinks")
struct HTTPSinkTests {
    @Test(
        "formats by their names, and each with what goes with it",
        arguments: [
            (#""format": "raw""#, .raw, "stan.message"),
            (#""format": "json", "batch": {}"#, .json, "stan.message"),
            (#""batch": {}"#, .json, "stan.message"),
            (#""format": "cloudevents""#, .cloudevents, "stan.message"),
            (#""format": "cloudevents", "event_type": "a b~!""#, .cloudevents, "a b~!"),
            (#""format": "cloudevents_structured", "event_type": "t", "batch": {}"#, .cloudeventsStructured, "t"),
        ] as [(String, Configuration.HTTPSink.Format, String)]
    )
    func formats(_ settings: String, _ format: Configuration.HTTPSink.Format, _ eventType: String) {
        let sink = http(settings)
        #expect(sink?.format == format)
        #expect(sink?.eventType == eventType)
    }

    @Test("a batch has its documented defaults and limits")
    func batches() {
        #expect(
            http(#""batch": {}"#)?.batch
                == .init(maxMessages: 100, maxBytes: 1_048_576, maxWait: .milliseconds(100), format: .ndjson)
        )
        #expect(
            http(#""batch": {"max_messages": 10000, "max_bytes": "64MiB", "max_wait": "1h", "format": "json_array"}"#)?.batch
                == .init(maxMessages: 10_000, maxBytes: 67_108_864, maxWait: .seconds(3600), format: .jsonArray)
        )
        #expect(
            http(#""batch": {"max_messages": 1, "max_bytes": "1KiB", "max_wait": "1ms", "format": "ndjson"}"#)?.batch
                == .init(maxMessages: 1, maxBytes: 1024, maxWait: .milliseconds(1), format: .ndjson)
        )
    }

    @Test("versions, compressions and slowness arrive as written")
    func words() {
        #expect(http(#""http_version": "auto""#)?.version == .auto)
        #expect(http(#""http_version": "1.1""#)?.version == .http1)
        #expect(http(#""http_version": "2""#)?.version == .http2)
        #expect(http(#""http_version": "2_prior_knowledge""#)?.version == .http2PriorKnowledge)
        #expect(http(#""compression": "none""#)?.compression == .identity)
        #expect(http(#""compression": "gzip""#)?.compression == .gzip)
        #expect(http(#""compression": "zstd""#)?.compression == .zstd)
        #expect(http(#""low_speed": {"below": "1B", "for": "1s"}"#)?.lowSpeed == .init(below: 1, duration: .seconds(1)))
        #expect(
            http(#""low_speed": {"below": "1GiB", "for": "1h"}"#)?.lowSpeed == .init(below: 1 << 30, duration: .seconds(3600))
        )
    }

    @Test("TLS settings, and what they are when only some are there")
    func tls() {
        #expect(http(#""tls": {}"#, url: "https://h/")?.tls == .standard)
        let tls = http(
            #""tls": {"min_version": "1.3", "server_name": "n.example", "insecure_skip_verify": true}"#,
            url: "https://h/"
        )?.tls
        #expect(tls?.minimumVersion == .tls13)
        #expect(
            tls?.shared
                == .init(caFile: nil, certificateFile: nil, keyFile: nil, serverName: "n.example", skipsVerification: true)
        )
        #expect(http(#""tls": {"min_version": "1.2"}"#, url: "https://h/")?.tls.minimumVersion == .tls12)
    }

    @Test("who sends it: a name with a password, or a token")
    func authorization() {
        #expect(
            http(#""basic": {"username": "u é", "password": "p:w"}"#)?.authorization
                == .basic(username: "u é", password: Secret("p:w"))
        )
        #expect(http(#""bearer": "t~!""#)?.authorization == .bearer(Secret("t~!")))
    }

    @Test(
        "proxies of each kind",
        arguments: [
            "http://p", "https://p:1", "socks5://[::1]:1080/", "socks5h://u:p%40%2F@proxy.example:1080", "HTTP://u@10.0.0.1",
        ]
    )
    func proxies(_ url: String) {
        #expect(http("\"proxy\": \"\(url)\"")?.proxy == Secret(url))
    }

    @Test("a socket's path is relative to the file's folder")
    func sockets() {
        #expect(http(#""unix_socket": "s.sock""#)?.unixSocket == "/conf/s.sock")
        let longest = "/" + String(repeating: "s", count: 106)
        #expect(http("\"unix_socket\": \"\(longest)\"")?.unixSocket == longest)
    }

    @Test("of statuses in two lists, a number beats a class")
    func statuses() {
        let some = http(#""retry_on": [404, "3xx"], "reject_on": ["5xx", 301, "4xx"]"#)
        #expect(some?.retryOn == Set(300..<400).subtracting([301]).union([404]))
        #expect(some?.rejectOn == Set(400..<600).subtracting([404]).union([301]))
        let limits = http(#""retry_on": [300, 599, "5xx"], "reject_on": []"#)
        #expect(limits?.retryOn == Set(500..<600).union([300]))
        #expect(limits?.rejectOn == [])
    }

    @Test("a header's value is a template where it is written in the file, and as it is where it is not")
    func templates() {
        typealias Segment = Configuration.HTTPSink.Header.Segment
        func value(_ text: String) -> Configuration.HTTPSink.Header.Value? {
            http("\"headers\": {\"X\": \(text)}")?.headers.first?.value
        }
        func plain(_ text: String) -> Segment { .text(Secret(text)) }

        #expect(value(#""{channel}""#) == .template([.placeholder(.channel)]))
        #expect(
            value(#""a {route}/{channel}{sequence}\t""#)
                == .template([
                    plain("a "), .placeholder(.route), plain("/"), .placeholder(.channel), .placeholder(.sequence), plain("\t"),
                ])
        )
        #expect(value(#""{{channel}}""#) == .template([plain("{"), .placeholder(.channel), plain("}")]))
        for text in ["{", "}", "{}", "{ channel }", "{Channel}", "{channel", "channel}", "{1}", #"{a-b}"#, "{{}}"] {
            #expect(value("\"\(text)\"") == .template([plain(text)]), "\(text)")
        }
        #expect(value(#"{"env": "S"}"#) == .secret(Secret("s{channel}")))
    }
}

@Suite("Headers of an HTTP sink")
struct HTTPHeaderTests {
    private func lines(_ settings: String) -> [String] {
        load(text(sink: "\"type\": \"http\", \"url\": \"http://127.0.0.1/\", \(settings)")).lines
    }

    @Test(
        "an unknown placeholder is told without the value",
        arguments: [
            ("{chanel}", "did you mean {channel}?"), ("{seq}", "did you mean {sequence}?"),
            ("{routes}{x}", "did you mean {route}?"),
            ("s3cret {s_3}{hunter}", #"known: {channel}, {sequence}, {route}; a value from {"env": NAME} is sent as it is"#),
        ]
    )
    func unknown(_ value: String, _ hint: String) {
        #expect(
            self.lines("\"headers\": {\"X\": \"\(value)\"}") == [
                "config.json:3:78: sinks.s.headers.X: has an unknown placeholder (\(hint))"
            ]
        )
    }

    @Test(
        "those that something else in the sink sets are refused, and only then",
        arguments: [
            ("webhook-id", #""sign": {"secrets": ["0123456789abcdef01234567"]}"#, "\"sign\""),
            ("Webhook-Timestamp", #""sign": {"secrets": ["0123456789abcdef01234567"]}"#, "\"sign\""),
            ("webhook-signature", #""sign": {"secrets": ["0123456789abcdef01234567"]}"#, "\"sign\""),
            ("Authorization", #""bearer": "t""#, "\"bearer\""),
            ("authorization", #""basic": {"username": "u", "password": "p"}"#, "\"basic\""),
            ("CE-Type", #""format": "cloudevents""#, "\"format\": \"cloudevents\""),
            ("ce-mine", #""format": "cloudevents""#, "\"format\": \"cloudevents\""),
            ("content-type", #""format": "cloudevents_structured""#, "\"format\": \"cloudevents_structured\""),
            ("Content-Type", #""batch": {"max_messages": 1}, "format": "cloudevents_structured""#, "\"batch\""),
        ]
    )
    func taken(_ name: String, _ setting: String, _ setter: String) {
        let header = "\"headers\": {\"\(name)\": \"x\"}"
        #expect(
            self.lines("\(header), \(setting), \"timeout\": \"1s\"") == [
                "config.json:3:73: sinks.s.headers.\(name): the header cannot be set beside \(setter), which sets it "
                    + "(keep one of the two)"
            ]
        )
        #expect(self.lines("\(header), \"timeout\": \"1s\"") == [])
    }

    @Test("what an encoding would be is the sink's own affair, and a type or a name cannot change with the message")
    func always() {
        #expect(
            self.lines(#""headers": {"Content-Encoding": "gzip"}"#) == [
                "config.json:3:73: sinks.s.headers.Content-Encoding: the header cannot be set here: it is part of how messages are "
                    + "sent (remove it)"
            ]
        )
        for name in ["content-type", "User-Agent"] {
            #expect(
                self.lines("\"headers\": {\"\(name)\": \"x/{channel}\"}").map { $0.drop { $0 != " " } } == [
                    " sinks.s.headers.\(name): must be the same for all messages (write it without placeholders)"
                ]
            )
        }
        #expect(
            self.lines(#""headers": {"X": "é"}"#) == [
                "config.json:3:78: sinks.s.headers.X: must be ASCII characters: what others mean in a header is not agreed on "
                    + "(percent-encode them)"
            ]
        )
    }
}
