import Testing

@testable import Config

@Suite("The admin and log sections, and the top level")
struct OtherSectionsTests {
    @Test(
        "says what is wrong in the other sections, and where",
        arguments: [
            Case(
                text(rest: #""admin": {}"#),
                #"5:10: admin.listen: is missing (an address such as "127.0.0.1:8223")"#
            ),
            Case(
                text(rest: #""admin": {"listen": "8223"}"#),
                #"5:21: admin.listen: has no host (write "127.0.0.1:8223")"#
            ),
            Case(
                text(rest: #""admin": {"listen": ":8223"}"#),
                #"5:21: admin.listen: has no host (write "127.0.0.1:8223", or "0.0.0.0:8223" for all addresses)"#
            ),
            Case(
                text(rest: #""admin": {"listen": "0.0.0.0:8223"}"#),
                #"5:21: admin.listen: can be reached from other machines and needs a "token" beside it (or listen at "#
                    + "127.0.0.1)"
            ),
            Case(
                text(rest: #""admin": {"listen": "[::]:8223"}"#),
                #"5:21: admin.listen: can be reached from other machines and needs a "token" beside it (or listen at "#
                    + "127.0.0.1)"
            ),
            Case(
                text(rest: #""admin": {"listen": "example.com:1"}"#),
                #"5:21: admin.listen: can be reached from other machines and needs a "token" beside it (or listen at "#
                    + "127.0.0.1)"
            ),
            Case(
                text(rest: #""admin": {"listen": "127.0.0.1"}"#),
                #"5:21: admin.listen: must have a port (such as "127.0.0.1:8223")"#
            ),
            Case(
                text(rest: #""admin": {"listen": "127.0.0.1:x"}"#),
                "5:21: admin.listen: must have a port from 0 to 65535 after ':'"
            ),
            Case(
                text(rest: #""admin": {"listen": "127.0.0.1:"}"#),
                "5:21: admin.listen: must have a port from 0 to 65535 after ':'"
            ),
            Case(
                text(rest: #""log": {"level": "warn"}"#),
                #"5:18: log.level: must be "trace", "debug", "info", "notice", "warning" or "error", not "warn" (did "#
                    + #"you mean "warning"?)"#
            ),
            Case(
                text(rest: #""log": "info""#),
                "5:8: log: must be an object, not a string"
            ),
            Case(
                text(rest: #""shutdown_timeout": "48h""#),
                "5:21: shutdown_timeout: must be from 0s to 24h, not 48h"
            ),
            Case(
                text(rest: #""state_dir": """#),
                "5:14: state_dir: must not be empty"
            ),
            Case(
                text(rest: #""state_dir": {"env": "STATE_DIRECTORY"}"#),
                "5:14: state_dir: must be the path of a folder, not an object"
            ),
            Case(
                text(rest: #""rotues": []"#),
                #"5:1: rotues: unknown key (did you mean "routes"?)"#
            ),
            Case(
                text(rest: #""shutdown_timout": "1s""#),
                #"5:1: shutdown_timout: unknown key (did you mean "shutdown_timeout"?)"#
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xFF]])
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test("reports all errors of all sections in one go, in the order of the file")
    func everythingAtOnce() {
        let loaded = load(
            text(
                stan: #"{"cluster_id": "c", "client_id": "b b"}"#,
                sinks: #"{"s": {"type": "stdout", "format": "xml"}}"#,
                routes: #"[{"name": "r", "channel": "a.*", "to": ["t"], "ack_wait": "1.5s"}]"#,
                rest: #""log": {"level": "verbose", "format": "jsn"}, "nats": {"servers": []}, "state_dir": 1"#
            )
        )
        #expect(
            loaded.errors.map { "\($0.place?.line ?? 0) \($0.path)" } == [
                "2 stan.client_id", "3 sinks.s.format", "4 routes[0].channel", "4 routes[0].to[0]", "4 routes[0].ack_wait",
                "5 log.level", "5 log.format", "5 nats.servers", "5 state_dir",
            ]
        )
        #expect(loaded.configuration == nil)
        #expect(loaded.report.utf8.count(where: { $0 == UInt8(ascii: "\n") }) == 8)
    }

    @Test("says what is wrong with the file as a whole")
    func whole() {
        #expect(load("[]").lines == ["config.json:1:1: must be an object, not a list"])
        #expect(load("{\n\"a\": 1,\n}").lines == ["config.json:2:7: a comma before '}' (remove it)"])
        #expect(
            load(" {}").lines == [
                #"config.json:1:2: stan: is missing (an object with "cluster_id" and "client_id")"#,
                "config.json:1:2: sinks: is missing (an object of named sinks)",
                "config.json:1:2: routes: is missing (a list of routes)",
            ]
        )
        #expect(
            load(text(sinks: "[]", routes: "{}")).lines == [
                "config.json:3:10: sinks: must be an object, not a list",
                "config.json:4:11: routes: must be a list, not an object",
            ]
        )
        #expect(
            load(text(sinks: "{}", routes: "[]")).lines == [
                "config.json:3:10: sinks: must have at least one sink",
                "config.json:4:11: routes: must have at least one route",
            ]
        )
        #expect(
            load(text(routes: "[1, {}]")).lines == [
                "config.json:4:12: routes[0]: must be an object, not a number",
                "config.json:4:15: routes[1].name: is missing (a name of your own, for logs and metrics)",
                "config.json:4:15: routes[1].channel: is missing (the channel to read)",
                "config.json:4:15: routes[1].to: is missing (a list of sink names)",
            ]
        )
    }

    @Test("text of the file cannot move a terminal's cursor")
    func harmlessText() {
        let lines = load(text(rest: #""\u001b[2J\u202e": 1"#)).lines
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(#"config.json:5:1: ["\u{1b}[2J\u{202e}"]: unknown key"#) == true)
    }
}
