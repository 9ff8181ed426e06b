import Testing

@testable import Config

@Suite("Syncs at intervals, and acks that wait for them")
struct SyncCheckTests {
    private func load(sync: String, route: String = "") -> LoadedConfiguration {
        ConfigTests.load(
            text(
                sinks: "{\"s\": {\"type\": \"file\", \"path\": \"/a\", \"sync\": \(sync)}, \"t\": {\"type\": \"stdout\"}}",
                routes: "[{\"name\": \"r\", \"channel\": \"a\", \"durable_name\": \"d\", \"to\": [\"s\", \"t\"]\(route)}]"
            )
        )
    }

    @Test("an interval as long as the ack wait is refused: every message would come again")
    func tooLong() {
        let again = "the server would send every message again before it is acked"
        #expect(
            self.load(sync: #"{"interval": "30s"}"#).lines == [
                "config.json:3:68: sinks.s.sync.interval: must be shorter than the ack wait of the route \"r\", which is 30s: \(again)"
            ]
        )
        #expect(
            self.load(sync: #"{"interval": "1500ms"}"#, route: #", "ack_wait": "1s""#).lines == [
                "config.json:3:68: sinks.s.sync.interval: must be shorter than the ack wait of the route \"r\", which is 1s: \(again)"
            ]
        )
    }

    @Test("that of a dead-letter sink counts too, for its messages are acked when it has them")
    func deadLetters() {
        let sinks = #"{"s": {"type": "stdout"}, "dead": {"type": "file", "path": "/a", "sync": {"interval": "30s"}}}"#
        let route = #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"], "dead_letter": "dead"}]"#
        #expect(ConfigTests.load(text(sinks: sinks, routes: route)).errors.map(\.path) == ["sinks.dead.sync.interval"])
        // They are few: how many could come a second is no matter.
        let short = sinks.replacing("30s", with: "10s")
        #expect(ConfigTests.load(text(sinks: short, routes: route)).lines == [])
    }

    @Test("one of more than half the ack wait is doubtful")
    func overHalf() {
        let route = #", "max_inflight": 100000"#
        #expect(self.load(sync: #"{"interval": "15s"}"#, route: route).lines == [])
        #expect(
            self.load(sync: #"{"interval": "15001ms"}"#, route: route).lines == [
                "config.json:3:68: warning: sinks.s.sync.interval: 15.001s is more than half the ack wait of the route \"r\", which is "
                    + "30s: when the disk is slow, the server sends messages again before they are acked, and the copies are dropped"
            ]
        )
    }

    @Test("fewer than a thousand messages a second are worth a word")
    func rate() {
        #expect(self.load(sync: #"{"interval": "1s"}"#).lines == [])
        #expect(self.load(sync: #"{"interval": "500ms"}"#, route: #", "max_inflight": 500"#).lines == [])
        #expect(
            self.load(sync: #"{"interval": "500ms"}"#, route: #", "max_inflight": 499"#).lines == [
                "config.json:4:97: warning: routes[0].max_inflight: at most 499 messages are in flight to the sink \"s\", which syncs "
                    + "every 500ms: no more than those are delivered each time (for 1000 a second set \"max_inflight\" to 500, or a "
                    + "shorter \"interval\")"
            ]
        )
    }

    @Test("in order, it is one message each time")
    func order() {
        let retry = #", "retry": {"max_attempts": 3}, "dead_letter": "t2""#
        func lines(_ ordering: String) -> [String] {
            let sinks = #"{"s": {"type": "file", "path": "/a", "sync": {"interval": "1s"}}, "t2": {"type": "stdout"}}"#
            let route =
                "{\"name\": \"r\", \"channel\": \"a\", \"durable_name\": \"d\", \"to\": [\"s\"], \"ordering\": \(ordering)\(retry)}"
            return ConfigTests.load(text(sinks: sinks, routes: "[\(route)]")).lines
        }
        #expect(
            lines("\"ordered\"") == [
                "config.json:4:88: warning: routes[0].ordering: an ordered route sends one message at a time, and each waits for the "
                    + "sink \"s\", which syncs every 1s: no more than one is delivered each time (use a sink with \"sync\": \"always\")"
            ]
        )
        #expect(
            lines("{\"key\": \"/id\"}") == [
                "config.json:4:88: warning: routes[0].ordering: a route in order by key sends one message of each key at a time, and "
                    + "each waits for the sink \"s\", which syncs every 1s: no more than one of each key is delivered each time (use "
                    + "a sink with \"sync\": \"always\")"
            ]
        )
    }

    @Test("without any, it is said what a power cut takes")
    func never() {
        #expect(
            self.load(sync: "\"never\"").lines == [
                "config.json:3:55: warning: sinks.s.sync: messages are acked before they are on disk: a power cut, or a crash of the "
                    + "system, loses those of about the last half minute, and the server does not send them again (\"always\" loses "
                    + "none)"
            ]
        )
    }
}
