import Config

/// Configuration files: a configuration or errors, and each complaint one printable line with a place.
enum ConfigTarget: FuzzTarget {
    static let seeds: [[UInt8]] = [
        """
        {"nats":{"servers":["nats://127.0.0.1","tls://u%40x:p@[::1]:4223"],"password":{"env":"P"},"username":"u",
        "tls":{"ca_file":"ca.pem"},"connect_timeout":"1500ms"},"stan":{"cluster_id":"c","client_id":"b","ping_max_out":4},
        "sinks":{"h":{"type":"http","url":"https://[::1]:8443/in?x=1","headers":{"A":{"env":"P"}},"timeout":"10s"},
        "f":{"type":"file","path":"{channel}.log","format":"raw","mode":"600"},"s":{"type":"stdout"}},
        "routes":[{"name":"o \\u00e9","channel":"orders.new","durable_name":"d","queue":"q","max_inflight":2147483647,
        "start_at":{"time":"2026-01-31T08:00:00.25+01:00"},"ack_wait":"1m","to":["h","f"],
        "retry":{"initial":"100ms","max":"1s","multiplier":1.5e0,"jitter":0}},
        {"name":"b","channel":"b","start_at":{"ago":"1h30m"},"to":["s"]},
        {"name":"c","channel":"c","start_at":{"sequence":18446744073709551615},"to":["s"]}],
        "admin":{"listen":"[::]:0"},"log":{"level":"notice","format":"json"},"shutdown_timeout":"0s"}
        """,
        """
        {"nats":{"servers":["nats://h"]},"stan":{"cluster_id":"c","client_id":"b"},"sinks":{"h":{"type":"http",
        "url":"https://h.example/","method":"PUT","headers":{"Host":"e","X-E":"{channel}/{sequence}/{ e }"},
        "format":"cloudevents","event_type":"com.example.order","compression":"zstd","connect_timeout":"250ms",
        "sign":{"secrets":["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX","0123456789abcdef01234567"]},"http_version":"2",
        "tls":{"ca_file":"ca.pem","server_name":"h.example","insecure_skip_verify":false,"min_version":"1.3"},
        "concurrency":4096,"proxy":"socks5h://u:p%40@proxy.example:1080","follow_redirects":true,"retry_on":[404,"3xx"],
        "reject_on":["5xx",301],"low_speed":{"below":"1KiB","for":"9s"},"circuit_breaker":{"failures":3,"open_for":"1m"},
        "rate_limit":{"per_second":0.5,"burst":7}},
        "b":{"type":"http","url":"http://b.example/","unix_socket":"b.sock","http_version":"2_prior_knowledge",
        "batch":{"max_messages":1,"max_bytes":"64MiB","max_wait":"1ms","format":"json_array"},"compression":"gzip",
        "basic":{"username":"u","password":{"env":"P"}}},
        "t":{"type":"http","url":"http://t.example/","bearer":{"env":"P"},"format":"json","circuit_breaker":false}},
        "routes":[{"name":"r","channel":"r","durable_name":"d","to":["h","b"],"dead_letter":"t","retry":{"max_attempts":3}}]}
        """,
        #"{"nats":{"servers":[]},"stan":{},"sinks":{},"routes":[]}"#,
        #"["\ud83d\ude00\\\"\/\b\f\n\r\t",-0.0e+1,null,true,false,{}]"#,
    ].map { Array($0.utf8) }

    private static let surroundings = Surroundings(
        directory: "/conf",
        variable: { $0 == "P" ? "secret" : nil },
        readFile: { path, _ in path == "/conf/ca.pem" ? .success([]) : .failure(FileProblem("No such file or directory")) }
    )

    static func run(_ bytes: [UInt8]) {
        let loaded = Configuration.load(bytes, file: "config.json", surroundings: Self.surroundings)
        let hasErrors = loaded.diagnostics.contains { $0.severity == .error }
        precondition((loaded.configuration == nil) == hasErrors, "both or neither")
        for diagnostic in loaded.diagnostics {
            precondition(diagnostic.place != nil, "a complaint without a place")
            let line = "\(diagnostic)".unicodeScalars
            precondition(line.allSatisfy { $0.properties.generalCategory != .control }, "a line that is not printable")
            precondition(line.count < 2000, "a line that nobody reads")
        }
    }
}
