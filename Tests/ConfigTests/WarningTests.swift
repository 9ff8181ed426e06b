import Testing

@testable import Config

@Suite("Warnings")
struct WarningTests {
    private func http(_ settings: String = "", route: String = "") -> LoadedConfiguration {
        load(
            text(
                sinks: "{\"h\": {\"type\": \"http\", \"url\": \"http://h/\"\(settings)}}",
                routes: "[{\"name\": \"r\", \"channel\": \"a\", \"durable_name\": \"d\", \"to\": [\"h\"]\(route)}]"
            )
        )
    }

    @Test(
        "a route without a durable is told what a restart does",
        arguments: [
            ("\"new_only\"", "with new messages, and those published meanwhile are missed"),
            ("\"first\"", "at the first message of the channel, and delivers all again"),
            ("\"last_received\"", "at the last message of the channel, and those before it are missed"),
            ("{\"sequence\": 22}", "at sequence 22, and delivers all from there again"),
            ("{\"time\": \"2026-01-31T08:00:00Z\"}", "at the time in \"start_at\", and delivers all from there again"),
            ("{\"ago\": \"1h\"}", "1h back, and delivers those messages again"),
        ]
    )
    func noDurable(_ start: String, _ consequence: String) {
        let loaded = load(text(route: "\"channel\": \"a\", \"to\": [\"s\"], \"start_at\": \(start)"))
        #expect(
            loaded.lines == [
                "config.json:4:12: warning: routes[0]: has no \"durable_name\": a restart starts over \(consequence)"
            ]
        )
        #expect(loaded.configuration != nil)
    }

    @Test("a sink that no route uses")
    func unusedSink() {
        #expect(
            load(text(sinks: #"{"s": {"type": "stdout"}, "t": {"type": "stdout"}}"#)).lines == [
                "config.json:3:41: warning: sinks.t: no route uses this sink"
            ]
        )
    }

    @Test("an ack wait shorter than one request")
    func shortAckWait() {
        #expect(
            self.http(", \"timeout\": \"45500ms\"", route: ", \"ack_wait\": \"20s\"").lines == [
                "config.json:4:88: warning: routes[0].ack_wait: the ack wait of 20s is shorter than the 45.5s that one request to "
                    + "the sink \"h\" may take: the server then sends messages again that are still in delivery, and the copies "
                    + "are dropped (set \"ack_wait\" to 46s or more)"
            ]
        )
    }

    @Test("more in flight than the sink can finish within the ack wait")
    func tooManyInFlight() {
        #expect(
            self.http(", \"timeout\": \"10s\"", route: ", \"max_inflight\": 193").lines == [
                "config.json:4:92: warning: routes[0].max_inflight: the 193 messages that can be in flight to the sink \"h\" take up "
                    + "to 40s (4 rounds of 64 requests of 10s), longer than the ack wait of 30s: when the endpoint is that slow, the "
                    + "server then sends messages again that are still in delivery, and the copies are dropped (at most 192 in "
                    + "flight would fit)"
            ]
        )
        #expect(self.http(", \"timeout\": \"10s\"", route: ", \"max_inflight\": 192").lines == [])
    }

    @Test("routes that share a sink share its connections")
    func sharedSink() {
        func route(_ name: String) -> String {
            "{\"name\": \"\(name)\", \"channel\": \"\(name)\", \"durable_name\": \"d\", \"to\": [\"h\"], \"max_inflight\": 192}"
        }
        let sinks = #"{"h": {"type": "http", "url": "http://h/", "timeout": "10s"}}"#
        #expect(load(text(sinks: sinks, routes: "[\(route("a"))]")).lines == [])
        let both = load(text(sinks: sinks, routes: "[\(route("a")), \(route("b"))]"))
        #expect(both.warnings.map(\.path) == ["routes[0].max_inflight", "routes[1].max_inflight"])
        #expect(
            both.warnings.allSatisfy {
                $0.message.hasPrefix("the 384 messages that can be in flight to the sink \"h\" take up to 1m")
            }
        )
    }

    @Test("numbers at their limits are no trouble for the arithmetic")
    func extremes() {
        let loaded = self.http(
            ", \"timeout\": \"24h\", \"concurrency\": 1",
            route: ", \"max_inflight\": 2147483647, \"ack_wait\": \"86400s\""
        )
        #expect(loaded.warnings.count == 1 && loaded.configuration != nil)
    }

    @Test("order and a message that never succeeds")
    func orderWithoutEnd() {
        let limit = #"for as long as it fails (limit that with "retry": {"max_attempts": 20} and a "dead_letter")"#
        #expect(
            load(text(routeSetting: #""ordering": "ordered""#)).lines == [
                "config.json:4:88: warning: routes[0].ordering: one message that cannot be delivered stops the route, \(limit)"
            ]
        )
        #expect(
            load(text(routeSetting: #""ordering": {"key": "/id"}"#)).lines == [
                "config.json:4:88: warning: routes[0].ordering: one message that cannot be delivered stops all that have its key, and "
                    + #"the route when they are "max_inflight", \#(limit)"#
            ]
        )
        let sinks = #"{"s": {"type": "stdout"}, "dead": {"type": "file", "path": "/dead"}}"#
        let route = #"""
            [{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"], "ordering": "ordered",
            "retry": {"max_attempts": 3}, "dead_letter": "dead"}]
            """#
        #expect(load(text(sinks: sinks, routes: route)).lines == [])
    }

    @Test("order and a queue")
    func orderInQueue() {
        let sinks = #"{"s": {"type": "stdout"}, "dead": {"type": "file", "path": "/dead"}}"#
        let route = #"""
            [{"name": "r", "channel": "a", "durable_name": "d", "queue": "q", "to": ["s"],
            "ordering": "ordered", "retry": {"max_attempts": 3}, "dead_letter": "dead"}]
            """#
        #expect(
            load(text(sinks: sinks, routes: route)).lines == [
                #"config.json:5:13: warning: routes[0].ordering: the server shares the messages out among the members of the queue "q": "#
                    + "only those that this one gets are in order among themselves"
            ]
        )
    }

    @Test("wait until the errors are gone")
    func errorsFirst() {
        #expect(load(text(route: #""channel": "a", "to": ["s"], "x": 1"#)).warnings == [])
    }

    @Test("a durable of a client whose name is that of a container is warned of: its successor is another")
    func clientOfContainer() {
        let stan = #"{"cluster_id": "c", "client_id": "bridge-3F2A1B4C5D6E"}"#
        func lines(host: String, route: String) -> [String] { load(text(stan: stan, routes: "[\(route)]"), hostName: host).lines }
        let durable = #"{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}"#
        #expect(
            lines(host: "3f2a1b4c5d6e", route: durable) == [
                #"config.json:2:42: warning: stan.client_id: has the name of this container in it, "3f2a1b4c5d6e": the next one has another, "#
                    + #"the server knows no durable of it, and the route "r" begins at its "start_at" again (choose a name that stays)"#
            ]
        )
        // A queue's durable belongs to the queue, and other machines keep their names.
        #expect(
            lines(host: "3f2a1b4c5d6e", route: #"{"name": "r", "channel": "a", "durable_name": "d", "queue": "q", "to": ["s"]}"#)
                == []
        )
        #expect(lines(host: "bridge", route: durable) == [])
    }

    @Test("names that containers get by themselves are known from names that stay")
    func madeUpNames() {
        for name in ["3f2a1b4c5d6e", "bridge-7d4b9c6f5d-x7k2p", "stan-bridge-bcdf-zxcvb"] {
            #expect(HostName.isMadeUp(name), "\(name)")
        }
        for name in [
            "bridge-0", "stan-bridged-12", "db-1.example.org", "localhost", "eu-west-proxy", "3f2a1b4c5d6", "a-zxcvb", "",
        ] {
            #expect(!HostName.isMadeUp(name), "\(name)")
        }
    }
}
