import Testing

@testable import Config

@Suite("Messages that are published again")
struct StanSinkCheckTests {
    private func route(_ name: String, _ channel: String, _ to: String..., more: String = "") -> String {
        let sinks = to.map { "\"\($0)\"" }.joined(separator: ", ")
        return "{\"name\": \"\(name)\", \"channel\": \"\(channel)\", \"durable_name\": \"d\", \"to\": [\(sinks)]\(more)}"
    }

    /// Sinks with a letter each for the channel that they publish to.
    private func lines(_ channels: [String: String], _ routes: String...) -> [String] {
        let sinks = channels.keys.sorted().map { "\"\($0)\": {\"type\": \"stan\", \"channel\": \"\(channels[$0] ?? "")\"}" }
        let all = [#""o": {"type": "stdout"}"#] + sinks
        let used = self.route("o", "unrelated", "o")
        return load(
            text(sinks: "{\(all.joined(separator: ", "))}", routes: "[\(([used] + routes).joined(separator: ",\n"))]")
        ).lines
    }

    private let deadLetter = #", "retry": {"max_attempts": 1}, "dead_letter": "p""#

    @Test("never to the channel that they came from")
    func itself() {
        let message =
            #"the sink "p" publishes to the channel "a", which this route reads: every message would come back for ever"#
        #expect(self.lines(["p": "a"], self.route("r", "a", "p")) == ["config.json:5:58: routes[1].to: \(message)"])
        #expect(self.lines(["p": "{channel}"], self.route("r", "a", "p")) == ["config.json:5:58: routes[1].to: \(message)"])
        let when = #", "when": {"pointer": "", "exists": true}"#
        #expect(
            self.lines(["p": "{route}"], self.route("a", "a", "p", more: when)) == ["config.json:5:58: routes[1].to: \(message)"]
        )
        #expect(self.lines(["p": "a.{channel}"], self.route("r", "a", "p")) == [])
    }

    @Test("a dead letter neither")
    func deadLetters() {
        #expect(
            self.lines(["p": "{channel}"], self.route("r", "a", "o", more: self.deadLetter)) == [
                #"config.json:5:110: routes[1].dead_letter: the sink "p" publishes to the channel "a", which this route reads: what it "#
                    + #"gives up would come back for ever (publish to another, such as "dead.{channel}")"#
            ]
        )
        #expect(self.lines(["p": "dead.{channel}"], self.route("r", "a", "o", more: self.deadLetter)) == [])
    }

    @Test("not even by way of other routes, unless a condition can end it")
    func circles() {
        let channels = ["p": "b", "q": "c", "s": "a"]
        let first = self.route("1", "a", "p")
        let second = self.route("2", "b", "q")
        let circle = #"messages would go round for ever: from "a" to "b" to "c" to "a""#
        #expect(
            self.lines(channels, first, second, self.route("3", "c", "o", "s")) == ["config.json:7:58: routes[3].to: \(circle)"]
        )
        #expect(self.lines(channels, first, second, self.route("3", "c2", "o", "s")) == [])
        let when = #", "when": {"pointer": "/type", "equals": "x"}"#
        #expect(self.lines(channels, first, second, self.route("3", "c", "s", more: when)) == [])
        let slow = #", "retry": {"max_attempts": 1}, "dead_letter": "s""#
        #expect(self.lines(channels, first, second, self.route("3", "c", "o", more: slow)) == [])
    }

    @Test("only to what is a channel")
    func channels() {
        #expect(
            self.lines(["p": "to.{route}"], self.route("r 1", "a", "p"), self.route("r2", "a", "p", more: "")).first
                == #"config.json:3:69: sinks.p.channel: is no channel when it is filled in for the route "r 1": it must not have "#
                + #"white space, not "to.r 1""#
        )
    }

    @Test("a long chain of routes is followed to its end", .timeLimit(.minutes(1)))
    func chain() {
        let routes = (0..<10_000).map {
            "{\"name\": \"c\($0)\", \"channel\": \"\(String(repeating: "x.", count: $0 % 3))c\($0)\", \"to\": [\"p\"]}"
        }
        let sinks = #"{"p": {"type": "stan", "channel": "x.{channel}"}}"#
        #expect(load(text(sinks: sinks, routes: "[\(routes.joined(separator: ","))]")).errors == [])
    }
}
