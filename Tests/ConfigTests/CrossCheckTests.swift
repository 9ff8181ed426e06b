import Testing

@testable import Config

@Suite("What only shows between sections")
struct CrossCheckTests {
    private let twoFiles = #"{"s": {"type": "file", "path": "{channel}.log"}, "t": {"type": "file", "path": "/conf//./a.log"}}"#

    @Test("route names are unique, and a durable has one route")
    func routes() {
        let one = #"{"name": "r", "channel": "a", "durable_name": "d", "to": ["s"]}"#
        #expect(
            load(text(routes: "[\(one), \(one)]")).lines == [
                #"config.json:4:86: routes[1].name: the name "r" is taken by routes[0] (names are unique)"#,
                #"config.json:4:123: routes[1].durable_name: the durable "d" of the channel "a" is in use by routes[0]: "#
                    + "the server takes one subscription each (choose another name, or one route with both sinks)",
            ]
        )
    }

    @Test("members of a queue group may share a durable, and so may routes of different channels")
    func sharedDurables() {
        let routes = [
            #"{"name": "1", "channel": "a", "durable_name": "d", "queue": "q", "to": ["s"]}"#,
            #"{"name": "2", "channel": "a", "durable_name": "d", "queue": "q", "to": ["s"]}"#,
            #"{"name": "3", "channel": "a", "durable_name": "d", "to": ["s"]}"#,
            #"{"name": "4", "channel": "b", "durable_name": "d", "to": ["s"]}"#,
        ]
        #expect(load(text(routes: "[\(routes.joined(separator: ","))]")).lines == [])
    }

    @Test("two sinks never write one file: as written, or as a route fills it in")
    func files() {
        let same = #"{"s": {"type": "file", "path": "a.log"}, "t": {"type": "file", "path": "/conf//./a.log"}}"#
        #expect(
            load(text(sinks: same)).lines == [
                #"config.json:3:81: sinks.t.path: is the file of the sink "s" too (a file has one sink; let both routes use it)"#
            ]
        )
        func routes(_ channel: String) -> String {
            "[{\"name\": \"r\", \"channel\": \"\(channel)\", \"durable_name\": \"d\", \"to\": [\"s\", \"t\"]}]"
        }
        #expect(
            load(text(sinks: self.twoFiles, routes: routes("a"))).lines == [
                #"config.json:3:41: sinks.s.path: is the file of the sink "t" too (a file has one sink; let both routes use it)"#
            ]
        )
        #expect(load(text(sinks: self.twoFiles, routes: routes("b"))).lines == [])
    }

    @Test("a dead letter's file is compared with the others too")
    func deadLetterFile() {
        let route = #"[{"name": "r", "channel": "a", "durable_name": "d", "to": ["t"], "dead_letter": "s"}]"#
        #expect(load(text(sinks: self.twoFiles, routes: route)).errors.map(\.path) == ["sinks.s.path"])
    }

    @Test("a sink that cannot be read is still a sink: routes to it are no second error")
    func brokenSink() {
        #expect(load(text(sink: #""type": "http""#)).errors.map(\.path) == ["sinks.s.url"])
    }

    @Test("more than 32 sinks for a route are refused, and unknown ones get a guess")
    func references() {
        let names = (0..<33).map { "\"s\($0)\"" }.joined(separator: ",")
        #expect(
            load(text(route: "\"channel\": \"a\", \"to\": [\(names)]")).lines == [
                "config.json:4:48: routes[0].to: must name from 1 to 32 sinks, not 33"
            ]
        )
        #expect(
            load(text(sinks: #"{"archive": {"type": "stdout"}}"#, routes: #"[{"name": "r", "channel": "a", "to": ["archiv"]}]"#))
                .lines == [#"config.json:4:49: routes[0].to[0]: there is no sink "archiv" (did you mean "archive"?)"#]
        )
    }
}
