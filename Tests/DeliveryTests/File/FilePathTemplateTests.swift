import Delivery
import Testing

@Suite("File path template")
struct FilePathTemplateTests {
    private func path(
        _ template: String,
        channel: String,
        route: String = "r",
        clientID: String = "c",
        at timestamp: Int64 = 0
    ) throws -> String {
        try FilePathTemplate(template).path(
            for: RouteContext(route: route, channel: channel, cluster: "test-cluster", clientID: clientID),
            at: timestamp
        )
    }

    @Test("placeholders are filled in, wherever they stand")
    func placeholders() throws {
        #expect(
            try self.path("/data/{client_id}/{route}-{channel}.ndjson", channel: "orders.eu", route: "all", clientID: "b-1")
                == "/data/b-1/all-orders.eu.ndjson"
        )
        try #expect(FilePathTemplate("/data/all.log").fixedPath == "/data/all.log")
        try #expect(FilePathTemplate("/data/{channel}.log").fixedPath == nil)
        try #expect(FilePathTemplate("/data/{channel}/x.log").fixedDirectory == "/data")
        try #expect(FilePathTemplate("/data/a-{channel}.log").fixedDirectory == "/data")
        try #expect(FilePathTemplate("/{channel}.log").fixedDirectory == "/")
        try #expect(FilePathTemplate("{channel}.log").fixedDirectory == ".")
        try #expect(FilePathTemplate("/data/a/%Y/{channel}.log").fixedDirectory == "/data/a")
        try #expect(FilePathTemplate("%F/x.log").fixedDirectory == ".")
        try #expect(FilePathTemplate("/data/%F.log").fixedPath == nil)
    }

    @Test("a doubled percent sign is one, in the path and in its directory")
    func percent() throws {
        try #expect(FilePathTemplate("/100%%/%%d%%").fixedPath == "/100%/%d%")
        try #expect(FilePathTemplate("/100%%/{channel}").fixedDirectory == "/100%")
        try #expect(FilePathTemplate("/100%%/%%d%%").period == nil)
        try #expect(self.path("/%%{channel}%%%y", channel: "a%d/") == "/%a%25d%2F%70")
    }

    @Test(
        "a name stays a name",
        arguments: [
            ("orders", "orders"), ("a.b_c-D9", "a.b_c-D9"), (".", "%2E"), ("..", "%2E%2E"),
            ("../etc/passwd", "%2E%2E%2Fetc%2Fpasswd"),
            (".hidden", "%2Ehidden"), ("a..b", "a.%2Eb"), ("a/b", "a%2Fb"), ("a%2Fb", "a%252Fb"), ("a\u{0}b", "a%00b"),
            ("a b\n", "a%20b%0A"), ("é", "%C3%A9"), ("", "%"), ("a{b}", "a%7Bb%7D"),
        ]
    )
    func names(_ channel: String, _ expected: String) throws {
        try #expect(self.path("/data/{channel}", channel: channel) == "/data/\(expected)")
    }

    @Test("no name leaves its directory, is too long for a file system, or is that of another channel")
    func injective() throws {
        var seen: [String: String] = [:]
        let pieces = ["a", ".", "..", "/", "%", "%2F", "%/", "\u{0}", "é"]
        var channels: [String] = [""]
        for _ in 0..<3 {
            channels += channels.flatMap { channel in pieces.map { channel + $0 } }
        }
        for length in 188...220 {
            for tail in ["", ".", "..", "/", "b", ".b", "/..", "..."] {
                channels.append(String(repeating: "a", count: length) + tail)
            }
        }
        channels.append(String(repeating: ".", count: 1000))
        channels.append(String(repeating: "a.", count: 1000))
        channels.append(String(repeating: "é", count: 1000))
        for template in [
            "/data/{channel}", "/data/{channel}.ndjson", "/data/x.{channel}", "/data/{channel}.", "/data/%%{channel}",
            "/data/{channel}%%",
            "/data/%F{channel}%H",
        ] {
            seen.removeAll()
            for channel in Set(channels) {
                let path = try self.path(template, channel: channel, at: 1_600_000_000_123_456_789)
                #expect(seen.updateValue(channel, forKey: path) == nil, "two channels have the path \(path)")
                let names = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
                #expect(names.first == "data")
                #expect(names.allSatisfy { $0 != "" && $0 != "." && $0 != ".." && $0.utf8.count <= 200 })
                #expect(!path.utf8.contains(0))
            }
            // No file stands where another channel needs a directory.
            for path in seen.keys {
                #expect(!path.utf8.indices.contains { path.utf8[$0] == 0x2F && seen[String(path[..<$0])] != nil })
            }
        }
    }

    @Test(
        "a template that cannot work says why",
        arguments: [
            ("", "names no file"), ("/data/", "names no file"), ("/data/{chanel}.log", "no placeholder {chanel}"),
            ("/data/{channel", "without its other half"), ("/data/channel}", "without its other half"),
            ("/data/a\u{0}b", "NUL"), ("/data/{}", "no placeholder {}"),
            ("/data/%B.log", "no conversion %B (there are %Y %y %m %d %j %F %G %V %u %H %M %S, and %% for a percent sign)"),
            ("/data/%-d", "no conversion %-"), ("/data/%{channel}", "no conversion %{"), ("/data/%%%", "a % at the end"),
            ("/data/%\u{301}", "no conversion %\u{301}"), ("/data/%/x", "no conversion %/"),
        ]
    )
    func invalid(_ template: String, _ words: String) {
        let error = #expect(throws: SinkError.self) { try FilePathTemplate(template) }
        #expect(error?.description.contains(words) == true)
    }
}
