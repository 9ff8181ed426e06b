import Notation
import Testing

@testable import Config

@Suite("File sinks")
struct FileSinkTests {
    private static let conversions = "%Y, %y, %m, %d, %j, %F, %G, %V, %u, %H, %M, %S, and %% for '%'"

    /// The sink with one more key, whose value begins in column 48 after a key of four letters.
    private static func file(_ setting: String) -> String {
        text(sink: "\"type\": \"file\", \"path\": \"/a\", \(setting)")
    }

    private static func path(_ path: String) -> String {
        text(sink: "\"type\": \"file\", \"path\": \"\(path)\"")
    }

    @Test(
        "says what is wrong with a path, a format or a time",
        arguments: [
            Case(
                path("/a/%B"),
                "3:41: sinks.s.path: has '%B', which is no part of a time that is known (known: \(conversions))"
            ),
            Case(
                path("/a/%-d"),
                "3:41: sinks.s.path: has '%-', which is no part of a time that is known (known: \(conversions))"
            ),
            Case(
                path("/a/%{channel}"),
                "3:41: sinks.s.path: has '%{', which is no part of a time that is known (known: \(conversions))"
            ),
            Case(
                path("/a/%%%"),
                "3:41: sinks.s.path: has a '%' at its end that stands for nothing (known: \(conversions))"
            ),
            Case(
                file(#""format": "length-delimited""#),
                #"3:57: sinks.s.format: must be "json", "raw" or "length_delimited", not "length-delimited" (did you mean "#
                    + #""length_delimited"?)"#
            ),
            Case(
                text(sink: #""type": "stdout", "format": "length_delimited""#),
                #"3:45: sinks.s.format: "length_delimited" is for files: its records are no lines (use "json" or "raw")"#
            ),
            Case(file(#""idle_close": "0s""#), "3:61: sinks.s.idle_close: must be from 1ms to 720h, not 0s"),
            Case(file(#""max_open": 0"#), "3:59: sinks.s.max_open: must be a whole number from 1 to 1000000, not 0"),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text)
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test(
        "says what is wrong with sync",
        arguments: [
            Case(
                file(#""sync": "allways""#),
                #"3:55: sinks.s.sync: must be "always" or "never", not "allways" (did you mean "always"?)"#
            ),
            Case(
                file(#""sync": true"#),
                #"3:55: sinks.s.sync: must be "always", "never" or {"interval": "1s"}, not a boolean"#
            ),
            Case(file(#""sync": {}"#), #"3:55: sinks.s.sync.interval: is missing (how often to sync, such as "1s")"#),
            Case(
                file(#""sync": {"interval": "0s"}"#),
                "3:68: sinks.s.sync.interval: must be from 1ms to 1h, not 0s"
            ),
            Case(
                file(#""sync": {"interval": "1s", "bytes": 1}"#),
                "3:74: sinks.s.sync.bytes: unknown key (known here: interval)"
            ),
        ]
    )
    func syncErrors(_ wrong: Case) {
        #expect(load(wrong.text).lines == ["config.json:" + wrong.line])
    }

    @Test(
        "says what is wrong with a rotation",
        arguments: [
            Case(file(#""rotate": {}"#), #"3:57: sinks.s.rotate: must have "size", "every" or both"#),
            Case(file(#""rotate": []"#), "3:57: sinks.s.rotate: must be an object, not a list"),
            Case(
                file(#""rotate": {"keep": 3}"#),
                #"3:66: sinks.s.rotate.keep: needs "size" or "every" beside it: without them, no file is ever put aside"#
            ),
            Case(
                file(#""rotate": {"max_age": "1h"}"#),
                #"3:69: sinks.s.rotate.max_age: needs "size" or "every" beside it: without them, no file is ever put aside"#
            ),
            Case(
                file(#""rotate": {"compress": "gzip"}"#),
                #"3:70: sinks.s.rotate.compress: needs "size" or "every" beside it: without them, no file is ever put aside"#
            ),
            Case(
                file(#""rotate": {"size": "1GiB", "keep": 0}"#),
                "3:82: sinks.s.rotate.keep: must be at least 1: with 0, what was just written would be removed (leave it out to "
                    + "keep all)"
            ),
            Case(
                file(#""rotate": {"size": "1GiB", "keep": -1}"#),
                "3:82: sinks.s.rotate.keep: must be a whole number from 1 to 1000000, not -1"
            ),
            Case(
                file(#""rotate": {"size": "1023B"}"#),
                "3:66: sinks.s.rotate.size: must be from 1KiB to 16384GiB, not 1023B"
            ),
            Case(
                file(#""rotate": {"every": "59s"}"#),
                "3:67: sinks.s.rotate.every: must be from 1m to 8760h, not 59s"
            ),
            Case(
                file(#""rotate": {"every": "24h", "max_age": "23h59m"}"#),
                #"3:85: sinks.s.rotate.max_age: must not be shorter than "every", which is 24h: each file would be removed as soon "#
                    + "as it is put aside"
            ),
            Case(
                file(#""rotate": {"size": "1GiB", "max_age": "1s"}"#),
                "3:85: sinks.s.rotate.max_age: must be from 1m to 876000h, not 1s"
            ),
            Case(
                file(#""rotate": {"size": "1GiB", "compress": "gz"}"#),
                #"3:86: sinks.s.rotate.compress: must be "none", "gzip" or "zstd", not "gz""#
            ),
            Case(
                file(#""rotate": {"size": "1GiB", "maxage": "1h"}"#),
                #"3:74: sinks.s.rotate.maxage: unknown key (did you mean "max_age"?)"#
            ),
        ]
    )
    func rotationErrors(_ wrong: Case) {
        #expect(load(wrong.text).lines == ["config.json:" + wrong.line])
    }

    private static func sink(_ text: String) throws -> Configuration.FileSink {
        let loaded = load(text)
        #expect(loaded.lines == [])
        guard case .file(let file)? = loaded.configuration?.sinks.first?.kind else { throw TextProblem("no file sink") }
        return file
    }

    @Test("what is not said of a rotation is not done")
    func rotationDefaults() throws {
        let bySize = try Self.sink(Self.file(#""rotate": {"size": "1KiB"}"#)).rotate
        #expect(bySize == .init(size: 1024, every: nil, keep: nil, maxAge: nil, compression: .identity))
        let byTime = try Self.sink(Self.file(#""rotate": {"every": "1h", "max_age": "1h", "compress": "none", "keep": 1}"#))
            .rotate
        #expect(byTime == .init(size: nil, every: .seconds(3600), keep: 1, maxAge: .seconds(3600), compression: .identity))
    }

    @Test("sync is one of three")
    func sync() throws {
        #expect(try Self.sink(Self.file(#""sync": "always""#)).sync == .always)
        #expect(try Self.sink(Self.file(#""sync": {"interval": "1s"}"#)).sync == .interval(.seconds(1)))
        #expect(
            load(Self.file(#""sync": "never""#)).configuration?.sinks.first?.kind
                == .file(
                    .init(
                        path: PathTemplate(text: "/a", pieces: [.text("/a")]),
                        format: .json,
                        sync: .never,
                        rotate: nil,
                        mode: 0o640,
                        idleClose: .seconds(300),
                        maxOpen: 256
                    )
                )
        )
    }

    @Test("a path comes apart at its places and times, and %% is a percent sign")
    func pieces() throws {
        let path = try Self.sink(Self.path("/50%%/{channel}-%Y%m/%F%%d")).path
        #expect(path.text == "/50%%/{channel}-%Y%m/%F%%d")
        #expect(
            path.pieces == [
                .text("/50%/"), .placeholder(.channel), .text("-"), .time(.year), .time(.month), .text("/"), .time(.date),
                .text("%d"),
            ]
        )
        #expect(path.hasTime)
        #expect(try !Self.sink(Self.path("/50%%Y")).path.hasTime)
    }

    @Test("a path beside a configuration file in a folder with a percent sign means that folder")
    func percentInFolder() throws {
        let loaded = load(Self.path("a-%d"), directory: "/50%/%Y")
        guard case .file(let file)? = loaded.configuration?.sinks.first?.kind else { throw TextProblem("no file sink") }
        #expect(file.path.text == "/50%%/%%Y/a-%d")
        #expect(file.path.pieces == [.text("/50%/%Y/"), .text("a-"), .time(.day)])
        #expect(
            load(Self.path("a"), directory: "/{x}").errors.map(\.message) == [
                "is relative to a folder with '{' or '}' in its name (write an absolute path)"
            ]
        )
    }

    @Test("a percent sign in a channel is no time")
    func channelTemplate() {
        let loaded = load(text(sink: #""type": "stan", "channel": "dead.%Y.{channel}%""#))
        guard case .stan(let stan)? = loaded.configuration?.sinks.first?.kind else { return #expect(Bool(false)) }
        #expect(stan.channel.expanded(channel: "c", route: "r") == "dead.%Y.c%")
    }
}
