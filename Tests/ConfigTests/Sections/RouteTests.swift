import Testing

@testable import Config

@Suite("Routes")
struct RouteTests {
    @Test(
        "says what is wrong with a route, and where",
        arguments: [
            Case(
                text(route: #""channel": "", "to": ["s"]"#),
                "4:37: routes[0].channel: must not be empty"
            ),
            Case(
                text(route: #""channel": "a.*", "to": ["s"]"#),
                "4:37: routes[0].channel: must not have a wildcard, '*' or '>': STAN channels have none (write a "
                    + "route for each channel)"
            ),
            Case(
                text(route: #""channel": "a/b", "to": ["s"]"#),
                #"4:37: routes[0].channel: must not have a '/', not "a/b" (parts of a channel's name are separated by '.')"#
            ),
            Case(
                text(route: #""channel": "a b", "to": ["s"]"#),
                #"4:37: routes[0].channel: must not have white space, not "a b""#
            ),
            Case(
                text(route: #""channel": ".a", "to": ["s"]"#),
                #"4:37: routes[0].channel: must not have a '.' at its start, at its end, or beside another, not ".a""#
            ),
            Case(
                text(route: #""channel": "a.", "to": ["s"]"#),
                #"4:37: routes[0].channel: must not have a '.' at its start, at its end, or beside another, not "a.""#
            ),
            Case(
                text(route: #""channel": "a..b", "to": ["s"]"#),
                #"4:37: routes[0].channel: must not have a '.' at its start, at its end, or beside another, not "a..b""#
            ),
            Case(
                text(route: #""to": ["s"]"#),
                "4:12: routes[0].channel: is missing (the channel to read)"
            ),
            Case(
                text(route: #""channel": "a""#),
                "4:12: routes[0].to: is missing (a list of sink names)"
            ),
            Case(
                text(route: #""channel": "a", "to": []"#),
                "4:48: routes[0].to: must name from 1 to 32 sinks, not 0"
            ),
            Case(
                text(route: #""channel": "a", "to": "s""#),
                "4:48: routes[0].to: must be a list, not a string"
            ),
            Case(
                text(route: #""channel": "a", "to": ["t"]"#),
                #"4:49: routes[0].to[0]: there is no sink "t" (there are: "s")"#
            ),
            Case(
                text(route: #""channel": "a", "to": ["s", "s"]"#),
                #"4:54: routes[0].to[1]: names the sink "s" a second time (remove it)"#
            ),
            Case(
                text(route: #""channel": "a", "to": ["S"]"#),
                #"4:49: routes[0].to[0]: there is no sink "S" (did you mean "s"?)"#
            ),
            Case(
                text(route: #""channel": "a", "to": [1]"#),
                "4:49: routes[0].to[0]: must be the name of a sink, not a number"
            ),
            Case(
                text(route: #""channel": "a", "to": ["s"], "queue": "q:r", "durable_name": "d""#),
                #"4:64: routes[0].queue: must not have a ':', not "q:r": the server uses it between durable and queue name"#
            ),
            Case(
                text(route: #""channel": "a", "to": ["s"], "queue": "q", "durable_name": "a:b""#),
                #"4:85: routes[0].durable_name: must not have a ':' beside "queue", not "a:b": the server refuses it"#
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xFF]])
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test(
        "says what is wrong with a setting of a route, and where",
        arguments: [
            Case(
                text(routeSetting: #""start_at": "frist""#),
                #"4:88: routes[0].start_at: must be "new_only", "first" or "last_received", not "frist" (did you mean "#
                    + #""first"?)"#
            ),
            Case(
                text(routeSetting: #""start_at": 5"#),
                #"4:88: routes[0].start_at: must be "new_only", "first" or "last_received", or an object with "#
                    + #""sequence", "time" or "ago""#
            ),
            Case(
                text(routeSetting: #""start_at": {}"#),
                #"4:88: routes[0].start_at: must have exactly one of "sequence", "time" and "ago""#
            ),
            Case(
                text(routeSetting: #""start_at": {"sequence": 0}"#),
                "4:101: routes[0].start_at.sequence: must be a whole number from 1 to 18446744073709551615, not 0"
            ),
            Case(
                text(routeSetting: #""start_at": {"sequence": 1.5}"#),
                "4:101: routes[0].start_at.sequence: must be a whole number from 1 to 18446744073709551615, not 1.5 "
                    + #"(write it without "." and exponent)"#
            ),
            Case(
                text(routeSetting: #""start_at": {"sequence": 1, "ago": "1h"}"#),
                #"4:88: routes[0].start_at: must have exactly one of "sequence", "time" and "ago""#
            ),
            Case(
                text(routeSetting: #""start_at": {"sequnce": 1}"#),
                #"4:89: routes[0].start_at.sequnce: unknown key (did you mean "sequence"?)"#
            ),
            Case(
                text(routeSetting: #""start_at": {"time": "yesterday"}"#),
                #"4:97: routes[0].start_at.time: must be an RFC 3339 time such as "2026-01-31T08:00:00Z", not "yesterday""#
            ),
            Case(
                text(routeSetting: #""start_at": {"time": "2023-02-29T00:00:00Z"}"#),
                #"4:97: routes[0].start_at.time: must be an RFC 3339 time such as "2026-01-31T08:00:00Z", not "#
                    + #""2023-02-29T00:00:00Z""#
            ),
            Case(
                text(routeSetting: #""start_at": {"time": "1969-12-31T23:59:59Z"}"#),
                #"4:97: routes[0].start_at.time: must be a time from 1970 to 2261, not "1969-12-31T23:59:59Z""#
            ),
            Case(
                text(routeSetting: #""start_at": {"ago": "0s"}"#),
                "4:96: routes[0].start_at.ago: must be from 1ns to 876000h, not 0s"
            ),
            Case(
                text(routeSetting: #""max_inflight": 0"#),
                "4:92: routes[0].max_inflight: must be a whole number from 1 to 2147483647, not 0"
            ),
            Case(
                text(routeSetting: #""max_inflight": 2147483648"#),
                "4:92: routes[0].max_inflight: must be a whole number from 1 to 2147483647, not 2147483648"
            ),
            Case(
                text(routeSetting: #""ack_wait": "1500ms""#),
                #"4:88: routes[0].ack_wait: must be whole seconds, not 1.5s: STAN knows no fractions here (write "1s" or "2s")"#
            ),
            Case(
                text(routeSetting: #""ack_wait": "0s""#),
                "4:88: routes[0].ack_wait: must be at least 1s"
            ),
            Case(
                text(routeSetting: #""ack_wait": "30""#),
                #"4:88: routes[0].ack_wait: must be a duration such as "500ms", "30s" or "1h30m", not "30" (a unit is missing)"#
            ),
            Case(
                text(routeSetting: #""ack_wait": 30"#),
                #"4:88: routes[0].ack_wait: must be a duration, which has a unit (for seconds write "30s")"#
            ),
            Case(
                text(routeSetting: #""retry": {"initial": "10m"}"#),
                #"4:97: routes[0].retry.initial: must not be longer than "max", which is 5m by default (set "max" too)"#
            ),
            Case(
                text(routeSetting: #""retry": {"initial": "10s", "max": "1s"}"#),
                #"4:111: routes[0].retry.max: must not be shorter than "initial", which is 10s"#
            ),
            Case(
                text(routeSetting: #""retry": {"multiplier": 0.5}"#),
                "4:100: routes[0].retry.multiplier: must be a number from 1 to 1000, not 0.5"
            ),
            Case(
                text(routeSetting: #""retry": {"jitter": 2}"#),
                "4:96: routes[0].retry.jitter: must be a number from 0 to 1, not 2"
            ),
            Case(
                text(routeSetting: #""retry": {"multiplier": 1e999}"#),
                "4:100: routes[0].retry.multiplier: must be a number from 1 to 1000, not 1e999"
            ),
            Case(
                text(routeSetting: #""retry": {"max_attempts": 3}"#),
                #"4:102: routes[0].retry.max_attempts: needs a "dead_letter" beside "retry": after the last attempt the "#
                    + "message would have to be dropped (name a sink that keeps it, or leave this out to try for ever)"
            ),
            Case(
                text(routeSetting: #""retry": {"max_attempts": -1}"#),
                "4:102: routes[0].retry.max_attempts: must be a whole number from 0 to 2147483647, not -1"
            ),
            Case(
                text(routeSetting: #""dead_letter": "s""#),
                #"4:91: routes[0].dead_letter: is one of the sinks in "to", whose failures it is there for (name another)"#
            ),
            Case(
                text(routeSetting: #""dead_letter": "S""#),
                #"4:91: routes[0].dead_letter: there is no sink "S" (did you mean "s"?)"#
            ),
            Case(
                text(routeSetting: #""dead_letter": ["s"]"#),
                "4:91: routes[0].dead_letter: must be the name of a sink, not a list"
            ),
            Case(
                text(routeSetting: #""ordering": "orderd""#),
                #"4:88: routes[0].ordering: must be "unordered" or "ordered", not "orderd" (did you mean "ordered"?)"#
            ),
            Case(
                text(routeSetting: #""ordering": true"#),
                #"4:88: routes[0].ordering: must be "unordered" or "ordered", or {"key": POINTER}, not a boolean"#
            ),
            Case(
                text(routeSetting: #""ordering": {}"#),
                #"4:88: routes[0].ordering: must have a "key": the JSON pointer of the value to keep order by, such as "#
                    + #""/customer/id""#
            ),
            Case(
                text(routeSetting: #""ordering": {"pointer": "/a"}"#),
                #"4:89: routes[0].ordering.pointer: unknown key (known here: key)"#
            ),
            Case(
                text(routeSetting: #""ordering": {"key": "customer.id"}"#),
                #"4:96: routes[0].ordering.key: must start with '/' (such as "/customer/id"; "" is the whole message)"#
            ),
            Case(
                text(routeSetting: #""ordering": {"key": 1}"#),
                #"4:96: routes[0].ordering.key: must be a JSON pointer such as "/customer/id", not a number"#
            ),
            Case(
                text(routeSetting: #""retry": {"attempts": 3}"#),
                #"4:86: routes[0].retry.attempts: unknown key (did you mean "max_attempts"?)"#
            ),
            Case(
                text(routeSetting: #""retry": []"#),
                "4:85: routes[0].retry: must be an object, not a list"
            ),
            Case(
                text(routeSetting: #""ackwait": "1s""#),
                #"4:76: routes[0].ackwait: unknown key (did you mean "ack_wait"?)"#
            ),
            Case(
                text(routeSetting: #""maxInflight": 1"#),
                #"4:76: routes[0].maxInflight: unknown key (did you mean "max_inflight"?)"#
            ),
            Case(
                text(routeSetting: #""orderng": 1"#),
                #"4:76: routes[0].orderng: unknown key (did you mean "ordering"?)"#
            ),
        ]
    )
    func settingErrors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xFF]])
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test(
        "takes the channels that a server takes",
        arguments: ["a", "a.b.c", "a:b", "$a", "é", "a-b_c", "a\\\\b", "_STAN"]
    )
    func channels(_ channel: String) {
        #expect(load(text(route: "\"channel\": \"\(channel)\", \"durable_name\": \"d\", \"to\": [\"s\"]")).lines == [])
    }
}
