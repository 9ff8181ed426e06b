import Foundation

@testable import Config

/// Configurations that the schema and `check` are asked about.
enum SchemaCorpus {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let schema = repository.appendingPathComponent("etc/stan-bridged.schema.json").path

    /// The examples in `etc`, by their names.
    static func examples() throws -> [(name: String, text: String)] {
        let folder = Self.repository.appendingPathComponent("etc")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try names.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") }.map { name in
            (name, try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
        }.filter { $0.1.contains("\"routes\"") }
    }

    /// The whole configurations in the documentation, in its order.
    static func documented() throws -> [String] {
        let page = try Self.documentation()
        return page.components(separatedBy: "```json\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
            .filter { $0.contains("\"routes\"") }
    }

    static func documentation() throws -> String {
        try String(contentsOf: Self.repository.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
    }

    /// Where whatever is named is there, and good for every use.
    static func load(_ text: String) -> LoadedConfiguration {
        let value = "https://secret.of.24.characters.example"
        let surroundings = Surroundings(
            directory: "/conf",
            variable: { $0 == "MISSING" ? nil : $0 == "CREDENTIALS_DIRECTORY" ? "/run/credentials" : value },
            readFile: { path, _ in
                path.hasSuffix("missing") ? .failure(FileProblem("No such file or directory")) : .success(Array(value.utf8))
            }
        )
        return Configuration.load(Array(text.utf8), file: "config.json", surroundings: surroundings)
    }

    /// Small ones that together use every key and every form.
    static let good: [String] = [
        text(),
        text(rest: #""nats": {"servers": ["NATS://tok@h", "tls://u%40:p%3a@h-2.example.:4223/"], "tls": {}}, "log": {}"#),
        text(rest: #""nats": {"username": "u", "password": {"env": "P"}, "connect_timeout": "1.5s", "reconnect_wait": "1m30s"}"#),
        text(
            rest:
                #""nats": {"token": "é"}, "log": {"level": "debug", "format": "json"}, "state_dir": "s", "shutdown_timeout": "0s""#
        ),
        text(
            rest:
                #""nats": {"nkey_seed_file": {"credential": "n"}, "servers": ["nats://[::1]:4222"]}, "admin": {"listen": "[::1]:0"}"#
        ),
        text(
            rest: #"""
                "nats": {"credentials_file": "c", "tls": {"ca_file": "a", "cert_file": "c", "key_file": {"credential": "k"},
                "server_name": "x.example", "insecure_skip_verify": true}}
                """#
        ),
        text(rest: #""admin": {"listen": "0.0.0.0:8223", "token": {"file": "t"}}"#),
        text(rest: #""admin": {"listen": "LOCALHOST:08223"}"#),
        text(rest: #""admin": {"listen": "[0:0::ffff:127.0.0.1]:1"}"#),
        text(rest: #""admin": {"listen": "[::ffff:7f00:1]:1"}"#),
        text(
            stan: #"""
                {"cluster_id": "a/b.c", "client_id": "b", "connect_timeout": "1ms", "ping_interval": "60000ms", "ping_max_out": 2,
                "max_pub_acks_inflight": 1, "discover_prefix": "_S.d"}
                """#
        ),
        text(sink: #""type": "http", "url": "http://h""#),
        text(sink: #""type": "http", "url": "HTTPS://1.2.3.4:65535?q=%2f", "tls": {"min_version": "1.3"}, "http_version": "2""#),
        text(
            sink: #"""
                "type": "http", "url": "http://h/a", "method": "PUT", "http_version": "2_prior_knowledge", "timeout": "1s", "connect_timeout": "1s",
                "headers": {"X-A": "{channel}/{ x }{", "Host": "h", "X-B": {"file": "f"}, "content-type": "a/b; {}"},
                "format": "json", "compression": "gzip", "low_speed": {"below": "1B", "for": "1s"}, "concurrency": 1,
                "follow_redirects": true, "retry_on": [300, "4xx"], "reject_on": ["5xx"], "circuit_breaker": false,
                "rate_limit": {"per_second": 0.0001, "burst": 1}
                """#
        ),
        text(
            sink: #"""
                "type": "http", "url": "http://h/a", "format": "cloudevents", "event_type": "a b", "proxy": "SOCKS5h://u:p%41@p:1/",
                "sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "x", {"env": "S"}]}, "basic": {"username": "u", "password": "é"},
                "circuit_breaker": {"failures": 1, "open_for": "1ms"}, "headers": {"X-Ce": "a"}
                """#
        ),
        text(
            sink: #"""
                "type": "http", "url": "http://h/a", "batch": {"max_messages": 1, "max_bytes": "1KiB", "max_wait": "1ms", "format": "json_array"},
                "unix_socket": "s", "bearer": "t", "format": "cloudevents_structured", "event_type": "e"
                """#
        ),
        text(sink: #""type": "file", "path": "%Y/{channel}-{route}.{client_id}%%""#),
        text(
            sink: #"""
                "type": "file", "path": "/a", "format": "length_delimited", "sync": {"interval": "1s"}, "mode": "777", "idle_close": "1ms",
                "max_open": 1, "rotate": {"size": "1KiB", "every": "1m", "keep": 1, "max_age": "1h", "compress": "zstd"}
                """#
        ),
        text(sink: #""type": "file", "path": "a", "sync": "never", "rotate": {"every": "24h"}, "mode": "0600", "format": "raw""#),
        text(sink: #""type": "stan", "channel": "dead.{channel}.{route}%""#),
        text(sink: #""type": "stdout", "format": "raw""#),
        text(
            routeSetting:
                #""start_at": "last_received", "max_inflight": 1, "ack_wait": "1.5m", "queue": "q r", "ordering": "ordered""#
        ),
        text(
            routeSetting:
                #""start_at": {"sequence": 18446744073709551615}, "ordering": {"key": ""}, "when": {"not": {"pointer": "/a~1", "in": [1, null]}}"#
        ),
        text(
            routeSetting:
                #""start_at": {"time": "2026-01-31T08:00:00.123456789+01:00"}, "retry": {}, "when": {"pointer": "", "matches": "^(a|b)+$"}"#
        ),
        text(
            routeSetting: #"""
                "start_at": {"ago": "1ns"}, "retry": {"initial": "1ms", "max": "720h", "multiplier": 1.5, "jitter": 0, "max_attempts": 0},
                "when": {"any": [{"pointer": "/a", "equals": "x"}, {"all": [{"pointer": "/b", "exists": true}]}]}
                """#
        ),
        text(
            sinks: #"{"s": {"type": "stdout"}, "d e": {"type": "file", "path": "d"}}"#,
            routes: #"[{"name": "é", "channel": "a:b", "to": ["s"], "retry": {"max_attempts": 3}, "dead_letter": "d e"}]"#
        ),
    ]

    /// What the schema takes and `check` does not, and why.
    static let beyond: [(kind: Beyond, text: String)] = [
        (.parts, text(route: #""channel": "a", "to": ["x"]"#)),
        (.parts, text(routes: #"[{"name": "r", "channel": "a", "to": ["s"]}, {"name": "r", "channel": "b", "to": ["s"]}]"#)),
        (
            .parts,
            text(
                routes:
                    #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}, {"name": "t", "channel": "a", "durable_name": "d", "to": ["s"]}]"#
            )
        ),
        (.parts, text(sinks: #"{"s": {"type": "file", "path": "a"}, "t": {"type": "file", "path": "./a"}}"#)),
        (.parts, text(sink: #""type": "stan", "channel": "{channel}""#)),
        (.parts, text(sink: #""type": "http", "url": "http://h", "retry_on": [404], "reject_on": [404]"#)),
        (.parts, text(sink: #""type": "http", "url": "http://h", "headers": {"X": "a", "x": "b"}"#)),
        (.parts, text(rest: #""nats": {"servers": ["nats://h", "nats://H:4222"]}"#)),
        (.amounts, text(rest: #""shutdown_timeout": "25h""#)),
        (.amounts, text(routeSetting: #""ack_wait": "1500ms""#)),
        (.amounts, text(routeSetting: #""ack_wait": "0.0000000001h""#)),
        (.amounts, text(routeSetting: #""retry": {"initial": "2s", "max": "1s"}"#)),
        (.amounts, text(sink: #""type": "http", "url": "http://h", "batch": {"max_bytes": "65MiB"}"#)),
        (.amounts, text(sink: #""type": "file", "path": "a", "sync": {"interval": "30s"}"#)),
        (.amounts, text(sink: #""type": "file", "path": "a", "rotate": {"every": "1h", "max_age": "1m"}"#)),
        (.outside, text(rest: #""nats": {"token": {"env": "MISSING"}}"#)),
        (.outside, text(rest: #""nats": {"tls": {"ca_file": "missing"}}"#)),
        (.writing, text(routeSetting: #""max_inflight": 1e3"#)),
        (.writing, text(routeSetting: #""max_inflight": 1, "max_inflight": 2"#)),
        (.writing, text(sink: #""type": "http", "url": "http://h", "retry_on": [404.0]"#)),
        (.writing, text(routes: #"[{"name": "\#(String(repeating: "é", count: 65))", "channel": "a", "to": ["s"]}]"#)),
        (.notation, text(routeSetting: #""when": {"pointer": "", "matches": "("}"#)),
        (.notation, text(routeSetting: #""start_at": {"time": "2026-02-29T00:00:00Z"}"#)),
        (.notation, text(rest: #""nats": {"servers": ["nats://[1::2::3]"]}"#)),
        (.notation, text(rest: #""nats": {"servers": ["nats://%FF@h"]}"#)),
        (.notation, text(sink: #""type": "http", "url": "http://h", "proxy": "http://%0a@h""#)),
        (
            .notation,
            text(
                routeSetting:
                    #""when": \#(String(repeating: #"{"not": "#, count: 16)){"pointer": "", "exists": true}\#(String(repeating: "}", count: 16))"#
            )
        ),
    ]

    /// Lists as long as they can be, and longer or shorter.
    static var lists: [String] {
        func list(_ count: Int, _ element: (Int) -> String) -> String { "[\((0..<count).map(element).joined(separator: ", "))]" }
        let sinks = "{\((0..<40).map { "\"s\($0)\": {\"type\": \"stdout\"}" }.joined(separator: ", "))}"
        return [0, 1, 31, 32, 33].map { count in
            text(sinks: sinks, routes: "[{\"name\": \"r\", \"channel\": \"a\", \"to\": \(list(count) { "\"s\($0)\"" })}]")
        }
            + [0, 1, 8, 9].map { count in
                text(sink: #""type": "http", "url": "http://h", "sign": {"secrets": \#(list(count) { "\"secret-\($0)\"" })}"#)
            }
            + [0, 1, 1000, 1001].map { count in
                text(routeSetting: #""when": {"pointer": "", "in": \#(list(count) { "\($0)" })}"#)
            }
            + [127, 128, 129].map {
                text(routes: #"[{"name": "\#(String(repeating: "x", count: $0))", "channel": "a", "to": ["s"]}]"#)
            }
            + [1023, 1024, 1025].map { text(routeSetting: #""ordering": {"key": "\#(String(repeating: "/", count: $0))"}"#) }
    }

    /// Texts that one of the two could take by mistake.
    static let bad: [String] = [
        "[]", "null", "{}",
        text(rest: #""Nats": {}"#),
        text(rest: #""$schema": 1"#),
        text(stan: #"{"cluster_id": "c"}"#),
        text(stan: #"{"cluster_id": "c d", "client_id": "b"}"#),
        text(stan: #"{"cluster_id": "c", "client_id": "b.c"}"#),
        text(stan: #"{"cluster_id": "c", "client_id": "b\n"}"#),
        text(stan: #"{"cluster_id": ".c", "client_id": "b"}"#),
        text(stan: #"{"cluster_id": "c", "client_id": "b", "ping_max_out": 1}"#),
        text(stan: #"{"cluster_id": "c", "client_id": "b", "ping_interval": 5}"#),
        text(sinks: "{}"),
        text(sinks: #"{"a/b": {"type": "stdout"}}"#),
        text(sinks: #"{"s": {"format": "raw"}}"#),
        text(sinks: #"{"s": {"type": "kafka"}}"#),
        text(sinks: #"{"s": {"type": "stdout", "format": "length_delimited"}}"#),
        text(sink: #""type": "stdout", "path": "a""#),
        text(sink: #""type": "http""#),
        text(sink: #""type": "http", "url": "h""#),
        text(sink: #""type": "http", "url": "http://u:p@h""#),
        text(sink: #""type": "http", "url": "http://h#f""#),
        text(sink: #""type": "http", "url": "http://h/é""#),
        text(sink: #""type": "http", "url": "http://h/%2""#),
        text(sink: #""type": "http", "url": "http://1.2.3""#),
        text(sink: #""type": "http", "url": "http://1.2.3.04""#),
        text(sink: #""type": "http", "url": "http://a..b""#),
        text(sink: #""type": "http", "url": "http://h:0""#),
        text(sink: #""type": "http", "url": "http://h:65536""#),
        text(sink: #""type": "http", "url": "http://h", "tls": {}"#),
        text(sink: #""type": "http", "url": "https://h", "http_version": "2_prior_knowledge""#),
        text(sink: #""type": "http", "url": "http://h", "basic": {"username": "u", "password": "p"}, "bearer": "t""#),
        text(sink: #""type": "http", "url": "http://h", "basic": {"username": "u:", "password": "p"}"#),
        text(sink: #""type": "http", "url": "http://h", "bearer": "Bearer t""#),
        text(sink: #""type": "http", "url": "http://h", "proxy": "http://p", "unix_socket": "s""#),
        text(sink: #""type": "http", "url": "http://h", "proxy": "ftp://p""#),
        text(sink: #""type": "http", "url": "http://h", "batch": {}, "format": "raw""#),
        text(sink: #""type": "http", "url": "http://h", "batch": {}, "headers": {"Content-Type": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "event_type": "a""#),
        text(sink: #""type": "http", "url": "http://h", "event_type": "a", "format": "json""#),
        text(sink: #""type": "http", "url": "http://h", "format": "cloudevents", "headers": {"CE-id": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "format": "cloudevents_structured", "headers": {"content-TYPE": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "sign": {"secrets": ["a"]}, "headers": {"Webhook-Id": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "bearer": "t", "headers": {"authorization": "a"}"#),
        text(
            sink:
                #""type": "http", "url": "http://h", "basic": {"username": "u", "password": "p"}, "headers": {"Authorization": "a"}"#
        ),
        text(sink: #""type": "http", "url": "http://h", "headers": {"STAN-X": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"Transfer-encoding": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"A B": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"": "a"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"A": "{chanel}"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"A": "é"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"A": ""}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"A": "a\n"}"#),
        text(sink: #""type": "http", "url": "http://h", "headers": {"User-agent": "{route}"}"#),
        text(sink: #""type": "http", "url": "http://h", "sign": {"secrets": []}"#),
        text(sink: #""type": "http", "url": "http://h", "sign": {"secrets": ["whsec_short"]}"#),
        text(sink: #""type": "http", "url": "http://h", "sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX="]}"#),
        text(sink: #""type": "http", "url": "http://h", "retry_on": [404, 404]"#),
        text(sink: #""type": "http", "url": "http://h", "retry_on": ["2xx"]"#),
        text(sink: #""type": "http", "url": "http://h", "retry_on": [299]"#),
        text(sink: #""type": "http", "url": "http://h", "circuit_breaker": true"#),
        text(sink: #""type": "http", "url": "http://h", "rate_limit": {}"#),
        text(sink: #""type": "http", "url": "http://h", "low_speed": {"below": "1KiB"}"#),
        text(sink: #""type": "http", "url": "http://h", "timeout": "0s""#),
        text(sink: #""type": "http", "url": "http://h", "timeout": "1s1h""#),
        text(sink: #""type": "http", "url": "http://h", "timeout": "-1s""#),
        text(sink: #""type": "http", "url": "http://h", "timeout": "1 s""#),
        text(sink: #""type": "file", "path": "a/""#),
        text(sink: #""type": "file", "path": "%B""#),
        text(sink: #""type": "file", "path": "a%""#),
        text(sink: #""type": "file", "path": "{chan}""#),
        text(sink: #""type": "file", "path": "a}""#),
        text(sink: #""type": "file", "path": "a", "rotate": {"keep": 1}"#),
        text(sink: #""type": "file", "path": "a", "rotate": {}"#),
        text(sink: #""type": "file", "path": "a", "rotate": {"every": "1h", "keep": 0}"#),
        text(sink: #""type": "file", "path": "a", "mode": "0444""#),
        text(sink: #""type": "file", "path": "a", "mode": "1640""#),
        text(sink: #""type": "file", "path": "a", "mode": 640"#),
        text(sink: #""type": "file", "path": "a", "sync": {}"#),
        text(sink: #""type": "stan", "channel": "a.>""#),
        text(sink: #""type": "stan", "channel": "a/{channel}""#),
        text(sink: #""type": "stan", "channel": "{client_id}""#),
        text(routes: "[]"),
        text(route: #""channel": "a.*", "to": ["s"]"#),
        text(route: #""channel": "a\u2028b", "to": ["s"]"#),
        text(route: #""channel": "a", "to": []"#),
        text(route: #""channel": "a", "to": ["s", "s"]"#),
        text(routeSetting: #""retry": {"max_attempts": 1}"#),
        text(routeSetting: #""queue": """#),
        text(route: #""channel": "a", "to": ["s"], "queue": "q", "durable_name": "a:b""#),
        text(routeSetting: #""queue": "q:r""#),
        text(routeSetting: #""start_at": {}"#),
        text(routeSetting: #""start_at": {"sequence": 0}"#),
        text(routeSetting: #""start_at": {"sequence": 1, "ago": "1h"}"#),
        text(routeSetting: #""start_at": {"time": "2026-04-31T00:00:00Z"}"#),
        text(routeSetting: #""start_at": {"time": "1969-12-31T00:00:00Z"}"#),
        text(routeSetting: #""ordering": {}"#),
        text(routeSetting: #""ordering": {"key": "a"}"#),
        text(routeSetting: #""ordering": {"key": "/~2"}"#),
        text(routeSetting: #""when": {}"#),
        text(routeSetting: #""when": {"pointer": ""}"#),
        text(routeSetting: #""when": {"pointer": "", "exists": true, "equals": 1}"#),
        text(routeSetting: #""when": {"pointer": "", "all": []}"#),
        text(routeSetting: #""when": {"all": []}"#),
        text(routeSetting: #""when": {"not": {"pointer": "", "exists": true}, "any": [{"pointer": "", "exists": true}]}"#),
        text(routeSetting: #""when": {"pointer": "", "equals": []}"#),
        text(routeSetting: #""when": {"pointer": "", "in": []}"#),
        text(routeSetting: #""when": {"equals": 1}"#),
        text(rest: #""nats": {"servers": []}"#),
        text(rest: #""nats": {"servers": ["h:4222"]}"#),
        text(rest: #""nats": {"servers": ["nats://h", "nats://h"]}"#),
        text(rest: #""nats": {"servers": ["nats://:p@h"]}"#),
        text(rest: #""nats": {"servers": ["nats://u:@h"]}"#),
        text(rest: #""nats": {"servers": ["nats://@h"]}"#),
        text(rest: #""nats": {"servers": ["nats://u:p/q@h"]}"#),
        text(rest: #""nats": {"servers": ["nats://a,nats://b"]}"#),
        text(rest: #""nats": {"username": "u"}"#),
        text(rest: #""nats": {"password": "p"}"#),
        text(rest: #""nats": {"username": "u", "token": "t"}"#),
        text(rest: #""nats": {"username": "u", "password": "p", "token": "t"}"#),
        text(rest: #""nats": {"credentials_file": "c", "nkey_seed_file": "n"}"#),
        text(rest: #""nats": {"tls": {"cert_file": "c"}}"#),
        text(rest: #""nats": {"tls": {"ca_file": {}}}"#),
        text(rest: #""nats": {"tls": {"ca_file": {"file": "a"}}}"#),
        text(rest: #""nats": {"tls": {"server_name": "1.2.3.4"}}"#),
        text(rest: #""nats": {"tls": {"server_name": "a:1"}}"#),
        text(rest: #""nats": {"tls": {"min_version": "1.2"}}"#),
        text(rest: #""nats": {"token": {"env": "A", "file": "b"}}"#),
        text(rest: #""nats": {"token": {}}"#),
        text(rest: #""nats": {"token": {"credential": "a/b"}}"#),
        text(rest: #""admin": {}"#),
        text(rest: #""admin": {"listen": "0.0.0.0:8223"}"#),
        text(rest: #""admin": {"listen": "[::]:8223"}"#),
        text(rest: #""admin": {"listen": "example.org:1"}"#),
        text(rest: #""admin": {"listen": "8223"}"#),
        text(rest: #""admin": {"listen": "127.0.0.1"}"#),
        text(rest: #""admin": {"listen": "[fe80::1]:1"}"#),
        text(rest: #""log": {"level": "warn"}"#),
        text(rest: #""log": null"#),
        text(rest: #""shutdown_timeout": """#),
        text(rest: #""state_dir": """#),
    ]
}
