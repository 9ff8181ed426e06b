import Testing

@testable import Config

@Suite("Files that two sinks would write to")
struct FilePathCheckTests {
    private func load(_ paths: String..., channels: [String] = ["a"]) -> LoadedConfiguration {
        let sinks = paths.enumerated().map { "\"s\($0)\": {\"type\": \"file\", \"path\": \"\($1)\"}" }
        let names = paths.indices.map { "\"s\($0)\"" }.joined(separator: ", ")
        let routes = channels.map {
            "{\"name\": \"r-\($0)\", \"channel\": \"\($0)\", \"durable_name\": \"d\", \"to\": [\(names)]}"
        }
        return ConfigTests.load(
            text(sinks: "{\(sinks.joined(separator: ","))}", routes: "[\(routes.joined(separator: ","))]")
        )
    }

    @Test(
        "paths that are the same at some time are refused",
        arguments: [
            ("/d/%Y.log", "/d/2026.log"), ("/d/2026-12-31", "/d/%F"), ("/d/%F", "/d/%Y-%m-%d"), ("/d/%H", "/d/%M"),
            ("/d/{channel}-%d", "/d/a-%d"), ("/d/{channel}-%d", "/d//./a-30"), ("/d/%Y%m", "/d/%G%V"), ("/d/%%%d", "/d/%%10"),
            ("/d/%u{channel}", "/d/7a"), ("/d/%y%y", "/d/%Y"),
        ]
    )
    func sameAtSomeTime(_ first: String, _ second: String) {
        let lines = self.load(first, second).errors
        #expect(lines.count == 1)
        #expect(
            lines.allSatisfy { $0.path.hasSuffix(".path") && $0.message.hasPrefix("can be the file of the sink \"s") }
        )
    }

    @Test("and those that are the same at any time, where there are others with a time")
    func sameAlways() {
        #expect(
            self.load("/d/%F", "/d/{channel}/%F", "/d/a/%F").lines == [
                #"config.json:3:82: sinks.s1.path: can be the file of the sink "s2" too (a file has one sink; let both routes use it)"#
            ]
        )
        #expect(
            self.load("/d/%F", "/d/{channel}", "/d/a").lines == [
                #"config.json:3:82: sinks.s1.path: is the file of the sink "s2" too (a file has one sink; let both routes use it)"#
            ]
        )
    }

    @Test(
        "paths that never are, are not",
        arguments: [
            ("/d/%Y.log", "/d/3026.log"), ("/d/%m.log", "/d/20.log"), ("/d/%F", "/d/%Y%m%d"), ("/d/%Y", "/d/%Y.log"),
            ("/d/%H", "/e/%H"), ("/d/%d", "/d/%%d"), ("/d/{channel}-%d", "/d/b-%d"), ("/d/%u", "/d/8"), ("/d/%j", "/d/%d"),
            ("/d/{channel}/%F", "/d/{channel}-%F"),
        ]
    )
    func neverSame(_ first: String, _ second: String) {
        #expect(self.load(first, second).lines == [])
    }

    @Test("messages of two channels that a path was to keep apart are not mixed in one file")
    func mixedChannels() {
        let sinks = #"{"s": {"type": "file", "path": "/d/{channel}{route}"}}"#
        func route(_ name: String, _ channel: String) -> String {
            "{\"name\": \"\(name)\", \"channel\": \"\(channel)\", \"durable_name\": \"d\", \"to\": [\"s\"]}"
        }
        let mixed = ConfigTests.load(text(sinks: sinks, routes: "[\(route("bc", "a")), \(route("c", "ab"))]"))
        #expect(
            mixed.lines == [
                #"config.json:3:41: sinks.s.path: is the same file for the channels "a" and "ab" (put a '/' between the places)"#
            ]
        )
        #expect(ConfigTests.load(text(sinks: sinks, routes: "[\(route("bc", "a")), \(route("d", "ab"))]")).lines == [])
        // One file for all was asked for here.
        let one = #"{"s": {"type": "file", "path": "/d/all"}}"#
        #expect(ConfigTests.load(text(sinks: one, routes: "[\(route("bc", "a")), \(route("c", "ab"))]")).lines == [])
    }

    @Test("many sinks with a time in their paths are compared soon", .timeLimit(.minutes(1)))
    func many() {
        let sinks = (10_000..<13_000).map { "\"s\($0)\": {\"type\": \"file\", \"path\": \"/d/\($0)-%F\"}" }
        let loaded = ConfigTests.load(text(sinks: "{\"s\": {\"type\": \"stdout\"}, \(sinks.joined(separator: ","))}"))
        #expect(loaded.errors.isEmpty)
    }
}
