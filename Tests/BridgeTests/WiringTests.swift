import Compression
import Config
import Delivery
import Logging
import NATSTransport
import NIOCore
import NIOPosix
import StanCore
import Testing

@testable import stan_bridged

/// From the text of a configuration to the settings of the parts.
@Suite("Wiring")
struct WiringTests {
    private static func configuration(route: String = "", stan: String = "", more: String = "") throws -> Configuration {
        let text = """
            {
              "stan": { "cluster_id": "c", "client_id": "b"\(stan) },
              "sinks": {
                "unused": { "type": "file", "path": "unused" },
                "out": { "type": "stdout" },
                "file": { "type": "file", "path": "{channel}.ndjson", "format": "raw" }
              },
              "routes": [
                { "name": "r", "channel": "a.b", "to": ["file", "out"]\(route) },
                { "name": "s", "channel": "s", "durable_name": "d", "to": ["out"] }
              ]\(more)
            }
            """
        let surroundings = Surroundings(
            directory: "/conf",
            variable: { _ in nil },
            readFile: { _, _ in .failure(FileProblem("No such file or directory")) }
        )
        let loaded = Configuration.load(Array(text.utf8), file: "config.json", surroundings: surroundings)
        return try #require(loaded.configuration, "\(loaded.report)")
    }

    private static func settings(_ configuration: Configuration) throws -> Bridge.Settings {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try Wiring.bridge(configuration, eventLoop: loop, logger: logger).settings
    }

    @Test(
        "start positions",
        arguments: [
            ("", .newOnly), (#", "start_at": "new_only""#, .newOnly), (#", "start_at": "first""#, .first),
            (#", "start_at": "last_received""#, .lastReceived), (#", "start_at": { "sequence": 22 }"#, .sequence(22)),
            (#", "start_at": { "time": "2020-09-13T12:26:40.5Z" }"#, .time(1_600_000_000_500_000_000)),
            (#", "start_at": { "ago": "90m" }"#, .ago(.minutes(90))),
        ] as [(String, StanSubscriptionOptions.Start)]
    )
    func start(text: String, start: StanSubscriptionOptions.Start) throws {
        let settings = try Self.settings(try Self.configuration(route: text))
        #expect(settings.routes.first?.subscription.start == start)
    }

    @Test("the defaults are those of the documentation")
    func defaults() throws {
        let settings = try Self.settings(try Self.configuration())
        let route = try #require(settings.routes.first)
        #expect(settings.nats.servers == [NATSServerAddress(host: "127.0.0.1", port: 4222)])
        #expect(settings.nats.connectTimeout == .seconds(2))
        #expect(settings.nats.reconnectWait == .seconds(2))
        #expect(settings.nats.name == "b")
        #expect(settings.stan.clusterID == "c" && settings.stan.clientID == "b")
        #expect(settings.stan.requestTimeout == .seconds(2))
        #expect(settings.stan.pingInterval == .seconds(5))
        #expect(settings.stan.pingMaxOut == 3)
        #expect(settings.stan.maxPubAcksInFlight == 16_384)
        #expect(settings.stan.discoverPrefix == "_STAN.discover")
        #expect(settings.shutdownTimeout == .seconds(30))
        #expect(route.subscription.maxInFlight == 1_024)
        #expect(route.subscription.ackWait == .seconds(30))
        #expect(route.subscription.durableName == nil && route.subscription.queueGroup == nil)
        #expect(route.retry.initial == .seconds(1) && route.retry.maximum == .minutes(5))
        #expect(route.retry.multiplier == 2 && route.retry.jitter == 0.2)
    }

    @Test("what is configured arrives, fractions of seconds included")
    func values() throws {
        let configuration = try Self.configuration(
            route: """
                , "durable_name": "d", "queue": "q", "max_inflight": 7, "ack_wait": "90s",
                "retry": { "initial": "1.5s", "max": "2m", "multiplier": 1.5, "jitter": 0.5 }
                """,
            stan: #", "connect_timeout": "250ms", "ping_interval": "7s", "ping_max_out": 4, "discover_prefix": "x.y""#,
            more: """
                , "nats": { "servers": ["nats://u:p@one:1", "nats://two"], "token": "t", "reconnect_wait": "1ms" },
                "shutdown_timeout": "1500ms"
                """
        )
        let settings = try Self.settings(configuration)
        let route = try #require(settings.routes.first)
        #expect(route.subscription.durableName == "d" && route.subscription.queueGroup == "q")
        #expect(route.subscription.maxInFlight == 7 && route.subscription.ackWait == .seconds(90))
        #expect(route.retry.initial == .milliseconds(1_500) && route.retry.maximum == .minutes(2))
        #expect(route.retry.multiplier == 1.5 && route.retry.jitter == 0.5)
        #expect(settings.stan.requestTimeout == .milliseconds(250) && settings.stan.pingInterval == .seconds(7))
        #expect(settings.stan.pingMaxOut == 4 && settings.stan.discoverPrefix == "x.y")
        #expect(settings.nats.servers.map(\.host) == ["one", "two"] && settings.nats.servers.map(\.port) == [1, 4222])
        #expect(settings.nats.servers.first?.credentials == .password(user: "u", password: "p"))
        #expect(settings.nats.servers.last?.credentials == NATSCredentials.none)
        #expect(settings.nats.credentials == .token("t"))
        #expect(settings.nats.reconnectWait == .milliseconds(1))
        #expect(settings.shutdownTimeout == .milliseconds(1_500))
    }

    @Test("what is configured of an http sink arrives, secrets in files with the way to read them again")
    func http() throws {
        let http = try Self.http(
            #"""
            , "format": "cloudevents_structured", "event_type": "order", "http_version": "2", "compression": "zstd",
            "batch": { "max_messages": 7, "max_bytes": "2KiB", "max_wait": "5ms", "format": "json_array" },
            "sign": { "secrets": ["a secret that is long enough", { "file": "/conf/secret" }] },
            "basic": { "username": "me", "password": "p" }, "follow_redirects": true, "proxy": "http://proxy:1",
            "retry_on": [404], "reject_on": [503], "low_speed": { "below": "1KiB", "for": "9s" },
            "headers": { "X-Where": "{channel}/{route}/{sequence}!", "X-Key": { "file": "/conf/secret" } },
            "tls": { "server_name": "other.example", "insecure_skip_verify": true, "min_version": "1.3" }
            """#
        )
        #expect(http.compression == .zstd)
        #expect(http.format == .cloudEventsStructured(type: "order"))
        #expect(http.batching == .init(maxMessages: 7, maxBytes: 2048, maxWait: .milliseconds(5), format: .jsonArray))
        #expect(http.signingSecrets.count == 2)
        guard case .basic(username: "me", _)? = http.authorization else { return #expect(Bool(false), "no basic") }
        #expect(http.followsRedirects)
        #expect(http.retriedStatuses == [404] && http.rejectedStatuses == [503])
        #expect(http.lowSpeed == .init(bytesPerSecond: 1024, seconds: 9))
        #expect(http.connection.version == .http2 && http.connection.proxy != nil)
        #expect(http.connection.unixSocket == nil)
        #expect(http.connection.tls.serverName == "other.example" && http.connection.tls.skipsVerification)
        #expect(http.connection.tls.minimumVersion == .tls13)
        #expect(http.headers.map(\.name) == ["X-Where", "X-Key"])
        guard case .template(let segments)? = http.headers.first?.value, case .secret? = http.headers.last?.value else {
            return #expect(Bool(false), "other kinds of values")
        }
        #expect(segments == [.channel, .literal("/"), .route, .literal("/"), .sequence, .literal("!")])
    }

    private static func http(_ keys: String) throws -> HTTPSink.Configuration {
        let text = """
            {
              "stan": { "cluster_id": "c", "client_id": "b" },
              "sinks": { "hook": { "type": "http", "url": "https://hooks.example/in"\(keys) } },
              "routes": [{ "name": "r", "channel": "a", "durable_name": "d", "to": ["hook"] }]
            }
            """
        let surroundings = Surroundings(directory: "/conf", readFile: { _, _ in .success(Array("in a file\n".utf8)) })
        let loaded = Configuration.load(Array(text.utf8), file: "c.json", surroundings: surroundings)
        let configuration = try #require(loaded.configuration, "\(loaded.diagnostics)")
        guard case .http(let http)? = configuration.sink(named: "hook")?.kind else { throw SinkError("no http sink") }
        return Wiring.http(http)
    }

    @Test("sinks are shared by routes, go in the order of the route, and are left out when no route uses them")
    func sinks() throws {
        let settings = try Self.settings(try Self.configuration())
        #expect(settings.sinks.map(\.name) == ["out", "file"])
        #expect(settings.routes.map { route in route.to.map { settings.sinks[$0].name } } == [["file", "out"], ["out"]])
    }

    @Test("the check report shows what would run, as a table, and no secrets")
    func report() throws {
        let configuration = try Self.configuration(
            route: #", "durable_name": "d", "queue": "q", "start_at": { "sequence": 22 }"#,
            more: #", "nats": { "servers": ["nats://u:secret@one:1"] }, "admin": { "listen": "[::1]:8223", "token": "secret" }"#
        )
        let lines = CheckReport(configuration).text.split(separator: "\n").map(String.init)
        #expect(lines.first == "NATS one:1, cluster c, client b")
        let columns = ["ROUTE", "CHANNEL", "READS", "IN FLIGHT", "ACK WAIT", "TO"]
        let title = try #require(lines.dropFirst().first)
        #expect(
            title.split(separator: "  ", omittingEmptySubsequences: true).map { $0.drop { $0 == " " } } == columns.map { $0[...] }
        )
        let first = try #require(lines.dropFirst(2).first)
        #expect(first.hasPrefix("r      a.b      queue q, durable d, from sequence 22  1024 "))
        #expect(first.hasSuffix("30s       file (raw in /conf/{channel}.ndjson), out (json on stdout)"))
        #expect(lines.last == "admin on [::1]:8223")
        #expect(
            lines.contains {
                $0.hasPrefix("no \"state_dir\": after a crash, what was delivered but not yet acked is delivered again")
            }
        )
        #expect(!lines.joined().contains("secret"))
    }

    @Test("and how files are written where that is not as usual")
    func reportOfFiles() throws {
        func line(_ settings: String) throws -> Substring {
            let text = """
                {
                  "stan": { "cluster_id": "c", "client_id": "b" },
                  "sinks": { "f": { "type": "file", "path": "%F"\(settings) } },
                  "routes": [{ "name": "r", "channel": "a", "durable_name": "d", "to": ["f"] }]
                }
                """
            let surroundings = Surroundings(directory: "/conf", readFile: { _, _ in .failure(FileProblem("none")) })
            let loaded = Configuration.load(Array(text.utf8), file: "c.json", surroundings: surroundings)
            let lines = CheckReport(try #require(loaded.configuration, "\(loaded.report)")).text.split(separator: "\n")
            return try #require(lines.dropFirst(2).first)
        }
        #expect(try line("").hasSuffix("  f (json in /conf/%F)"))
        #expect(
            try line(#", "format": "raw", "sync": { "interval": "1s" }, "rotate": { "size": "1MiB", "every": "90m" }"#).hasSuffix(
                "  f (raw in /conf/%F, synced every 1s, rotated at 1MiB or after 1h30m)"
            )
        )
        #expect(
            try line(#", "sync": "never", "rotate": { "every": "1h" }"#)
                .hasSuffix("  f (json in /conf/%F, not synced, rotated after 1h)")
        )
    }

    @Test("and of order, conditions, dead letters and state, where there are any")
    func reportOfMore() throws {
        let configuration = try Self.configuration(
            route: #"""
                , "ordering": { "key": "/id" }, "when": { "pointer": "/type", "equals": "x" }, "retry": { "max_attempts": 3 },
                "dead_letter": "unused"
                """#,
            more: #", "state_dir": "state""#
        )
        let lines = CheckReport(configuration).text.split(separator: "\n").map { String($0) }
        try #require(lines.count == 5)
        #expect(lines[1].contains("  ORDER   WHEN         TO") && lines[1].hasSuffix("  DEAD LETTERS"))
        #expect(lines[2].contains(#"  by /id  /type = "x"  file (raw in /conf/{channel}.ndjson), out"#))
        #expect(lines[2].hasSuffix("  unused (json in /conf/unused), after 3 attempts"))
        #expect(lines[3].contains("  -       -            out") && lines[3].hasSuffix("  -"))
        #expect(lines[4] == "state in /conf/state")
    }

    @Test("conditions ask of messages what they were written to ask")
    func condition() throws {
        let when = #"""
            { "any": [
              { "all": [{ "pointer": "/type", "in": ["order", 7, true, null] }, { "not": { "pointer": "/test", "exists": true } }] },
              { "pointer": "/shop", "matches": "^de-" }, { "pointer": "", "equals": 1 }, { "pointer": "/x", "exists": false }
            ] }
            """#
        let written = try #require(try Self.configuration(route: ", \"when\": \(when)").routes.first?.when)
        let condition = Wiring.condition(written)
        let matching = [
            #"{"x": 0, "type": "order"}"#, #"{"x": 0, "type": 7.0}"#, #"{"x": 0, "type": true}"#, #"{"x": 0, "type": null}"#,
            #"{"x": 0, "shop": "de-1"}"#, "1.0", "{}", "no JSON",
        ]
        #expect(matching.filter { !condition.matches(ByteBuffer(string: $0)) } == [])
        let others = [
            #"{"x": 0}"#, #"{"x": 0, "type": "orders"}"#, #"{"x": 0, "type": "order", "test": false}"#,
            #"{"x": 0, "shop": "fr-1"}"#,
        ]
        #expect(others.filter { condition.matches(ByteBuffer(string: $0)) } == [])
    }

    @Test("a ledger has room for more than one window, and remembers for two ack waits and the time in which a loss is noticed")
    func ledger() {
        func ledger(ackWait: TimeAmount) -> RouteLedger.Configuration {
            var options = StanSubscriptionOptions()
            (options.maxInFlight, options.ackWait) = (100, ackWait)
            let sink = StdoutSink(name: "s", format: .raw, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            return RouteSettings(name: "r", channel: "c", subscription: options, retry: RetrySchedule(), sinks: [sink]).ledger
        }
        #expect(ledger(ackWait: .seconds(5)).capacity == 400)
        #expect(ledger(ackWait: .seconds(5)).settledMemory == .minutes(1))
        #expect(ledger(ackWait: .seconds(90)).settledMemory == .seconds(200))
    }
}
