import Testing

@testable import Config

@Suite("Sinks")
struct SinkTests {
    @Test(
        "says what is wrong with a sink, and where",
        arguments: [
            Case(
                text(sink: #""#),
                #"3:16: sinks.s.type: is missing ("http", "file", "stan" or "stdout")"#
            ),
            Case(
                text(sink: #""type": "htp""#),
                #"3:25: sinks.s.type: must be "http", "file", "stan" or "stdout", not "htp" (did you mean "http"?)"#
            ),
            Case(
                text(sink: #""type": "stan""#),
                #"3:16: sinks.s.channel: is missing (the channel to publish to, such as "dead.{channel}")"#
            ),
            Case(
                text(sink: #""type": "stan", "channel": "dead..{channel}""#),
                #"3:44: sinks.s.channel: must not have a '.' at its start, at its end, or beside another, not "dead..{channel}""#
            ),
            Case(
                text(sink: #""type": "stan", "channel": "dead.*""#),
                "3:44: sinks.s.channel: must not have a wildcard, '*' or '>': STAN channels have none (write a route for "
                    + "each channel)"
            ),
            Case(
                text(sink: #""type": "stan", "channel": "dead.{client_id}""#),
                "3:44: sinks.s.channel: has the unknown placeholder {client_id} (known: {channel}, {route})"
            ),
            Case(
                text(sink: #""type": "stan", "channel": "dead", "format": "json""#),
                "3:52: sinks.s.format: unknown key (known here: type, channel)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "circuit_breaker": true"#),
                "3:72: sinks.s.circuit_breaker: must be an object, or false for none, not true (leave the key out for its "
                    + "default)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "circuit_breaker": 5"#),
                "3:72: sinks.s.circuit_breaker: must be an object, or false for none, not a number"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "circuit_breaker": {"failures": 0}"#),
                "3:85: sinks.s.circuit_breaker.failures: must be a whole number from 1 to 1000000, not 0"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "circuit_breaker": {"openfor": "1s"}"#),
                #"3:73: sinks.s.circuit_breaker.openfor: unknown key (did you mean "open_for"?)"#
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "rate_limit": {}"#),
                "3:67: sinks.s.rate_limit.per_second: is missing (how many messages a second, such as 100)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "rate_limit": {"per_second": 0}"#),
                "3:82: sinks.s.rate_limit.per_second: must be a number from 0.0001 to 1000000, not 0"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "rate_limit": {"per_second": 1, "burst": 0}"#),
                "3:94: sinks.s.rate_limit.burst: must be a whole number from 1 to 1000000, not 0"
            ),
            Case(
                text(sink: #""type": "kafka""#),
                #"3:25: sinks.s.type: must be "http", "file", "stan" or "stdout", not "kafka""#
            ),
            Case(
                text(sink: #""type": 1"#),
                #"3:25: sinks.s.type: must be "http", "file", "stan" or "stdout", not a number"#
            ),
            Case(
                text(sink: #""typ": "http""#),
                #"3:16: sinks.s.type: is missing ("http", "file", "stan" or "stdout")"#
            ),
            Case(
                text(sink: #""type": "http""#),
                #"3:16: sinks.s.url: is missing (where to send messages, such as "https://example.com/hooks")"#
            ),
            Case(
                text(sink: #""type": "http", "url": "h""#),
                #"3:40: sinks.s.url: must start with "http://" or "https://""#
            ),
            Case(
                text(sink: #""type": "http", "url": "ftp://h""#),
                #"3:40: sinks.s.url: must start with "http://" or "https://" (other schemes are not supported)"#
            ),
            Case(
                text(sink: #""type": "http", "url": "http://u:p@h/""#),
                #"3:40: sinks.s.url: must not have a user name or password before '@' (write "basic": {"username": "NAME", "#
                    + #""password": {"env": "NAME"}} instead)"#
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/#f""#),
                "3:40: sinks.s.url: must not have a fragment ('#' and what follows)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http:///x""#),
                "3:40: sinks.s.url: has no host"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/a b""#),
                "3:40: sinks.s.url: has ' ' in its path or query (percent-encode it)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/{channel}""#),
                "3:40: sinks.s.url: has '{' in its path or query (percent-encode it)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/%4""#),
                "3:40: sinks.s.url: has a '%' without two hexadecimal digits (write '%' itself as %25)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/ü""#),
                "3:40: sinks.s.url: has a character outside ASCII in its path or query (percent-encode it)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h:70000/""#),
                "3:40: sinks.s.url: must have a port from 1 to 65535 after ':'"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "method": "GET""#),
                #"3:63: sinks.s.method: must be "POST", "PUT" or "PATCH", not "GET""#
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "method": "post""#),
                #"3:63: sinks.s.method: must be "POST", "PUT" or "PATCH", not "post" (did you mean "POST"?)"#
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "headers": []"#),
                "3:64: sinks.s.headers: must be an object, not a list"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "concurrency": 0"#),
                "3:68: sinks.s.concurrency: must be a whole number from 1 to 4096, not 0"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "concurrency": 4097"#),
                "3:68: sinks.s.concurrency: must be a whole number from 1 to 4096, not 4097"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "concurrency": 1.5"#),
                #"3:68: sinks.s.concurrency: must be a whole number from 1 to 4096, not 1.5 (write it without "." and "#
                    + "exponent)"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "concurrency": "64""#),
                "3:68: sinks.s.concurrency: must be a whole number from 1 to 4096, not a string"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "timeout": "0s""#),
                "3:64: sinks.s.timeout: must be from 1ms to 24h, not 0s"
            ),
            Case(
                text(sink: #""type": "http", "url": "http://h/", "path": "x""#),
                "3:53: sinks.s.path: unknown key (known here: type, url, method, headers, format, event_type, batch, compression, "
                    + "sign, basic, bearer, timeout, connect_timeout, low_speed, concurrency, http_version, tls, proxy, unix_socket, "
                    + "follow_redirects, retry_on, reject_on, circuit_breaker, rate_limit)"
            ),
            Case(
                text(sink: #""type": "file""#),
                #"3:16: sinks.s.path: is missing (the file to write, such as "/var/lib/stan-bridged/{channel}.ndjson")"#
            ),
            Case(
                text(sink: #""type": "file", "path": """#),
                "3:41: sinks.s.path: must not be empty"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/{chanel}""#),
                "3:41: sinks.s.path: has the unknown placeholder {chanel} (did you mean {channel}?)"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/{topic}""#),
                "3:41: sinks.s.path: has the unknown placeholder {topic} (known: {channel}, {route}, {client_id})"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/{channel""#),
                "3:41: sinks.s.path: has a '{' without its '}'"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/channel}""#),
                "3:41: sinks.s.path: has a '}' without its '{'"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/{{channel}}""#),
                "3:41: sinks.s.path: has a '{' without its '}'"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/""#),
                "3:41: sinks.s.path: must name a file, not a folder (it ends with '/')"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a/\u0000""#),
                "3:41: sinks.s.path: must not contain control characters"
            ),
            Case(
                text(sink: #""type": "file", "path": "/a", "format": "jsn""#),
                #"3:57: sinks.s.format: must be "json", "raw" or "length_delimited", not "jsn" (did you mean "json"?)"#
            ),
            Case(
                text(sink: #""type": "file", "path": "/a", "mode": 640"#),
                #"3:55: sinks.s.mode: must be a string such as "0640", not a number"#
            ),
            Case(
                text(sink: #""type": "file", "path": "/a", "mode": "888""#),
                #"3:55: sinks.s.mode: must be permission bits in octal such as "0640", not "888""#
            ),
            Case(
                text(sink: #""type": "file", "path": "/a", "mode": "0440""#),
                #"3:55: sinks.s.mode: must let the owner read and write, not "0440" (write "06.." or "07..")"#
            ),
            Case(
                text(sink: #""type": "file", "path": "/a", "mode": "1777""#),
                #"3:55: sinks.s.mode: must be permission bits in octal such as "0640", not "1777""#
            ),
            Case(
                text(sink: #""type": "stdout", "format": "text""#),
                #"3:45: sinks.s.format: must be "json" or "raw", not "text""#
            ),
            Case(
                text(sink: #""type": "stdout", "path": "x""#),
                "3:35: sinks.s.path: unknown key (known here: type, format)"
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xFF]])
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test("takes no header that the daemon sets, no broken one, and none twice")
    func headers() {
        let headers = """
            {"a b": "x", "": "y",
            "Stan-Channel": "x", "idempotency-key": "y", "Content-Length": "1", "Transfer-Encoding": "chunked",
            "X": "a\\r\\nb", "x": "c", "Y": "", "Z": 1, "V": "\\u0000"}
            """
        let own = "the header cannot be set here: it is part of how messages are sent (remove it)"
        let oneLine = "must not contain a line break or another control character: a header is one line"
        #expect(
            load(text(sink: "\"type\": \"http\", \"url\": \"http://h/\", \"headers\": \(headers)")).lines == [
                #"config.json:3:65: sinks.s.headers["a b"]: is not a header name (letters, digits and '-')"#,
                #"config.json:3:77: sinks.s.headers[""]: is not a header name (letters, digits and '-')"#,
                "config.json:4:1: sinks.s.headers.Stan-Channel: \(own)",
                "config.json:4:22: sinks.s.headers.idempotency-key: \(own)",
                "config.json:4:46: sinks.s.headers.Content-Length: \(own)",
                "config.json:4:69: sinks.s.headers.Transfer-Encoding: \(own)",
                "config.json:5:6: sinks.s.headers.X: \(oneLine)",
                "config.json:5:16: sinks.s.headers.x: the header is there twice: upper and lower case make no difference (remove one)",
                "config.json:5:31: sinks.s.headers.Y: must not be empty",
                "config.json:5:40: sinks.s.headers.Z: must be a string, {\"env\": NAME}, {\"file\": PATH} or "
                    + "{\"credential\": NAME}, not a number",
                "config.json:5:48: sinks.s.headers.V: \(oneLine)",
            ]
        )
    }
}
