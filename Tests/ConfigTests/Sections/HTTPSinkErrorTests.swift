import Testing

@testable import Config

/// A sink of type `http` at a URL of that scheme, with these settings, on line 3.
private func http(_ settings: String) -> String { text(sink: #""type": "http", "url": "http://h/", \#(settings)"#) }

private func https(_ settings: String) -> String { text(sink: #""type": "http", "url": "https://h/", \#(settings)"#) }

@Suite("What is wrong with an HTTP sink")
struct HTTPSinkErrorTests {
    @Test(
        "of what requests hold",
        arguments: [
            Case(
                http(#""format": "xml""#),
                #"3:63: sinks.s.format: must be "raw", "json", "cloudevents" or "cloudevents_structured", not "#
                    + #""xml""#
            ),
            Case(
                http(#""format": "cloudevent""#),
                #"3:63: sinks.s.format: must be "raw", "json", "cloudevents" or "cloudevents_structured", not "#
                    + #""cloudevent" (did you mean "cloudevents"?)"#
            ),
            Case(
                http(#""format": "raw", "batch": {}"#),
                #"3:63: sinks.s.format: cannot be "raw" with "batch": each element of a batch has to say what it "#
                    + #"is (write "json" or "cloudevents_structured")"#
            ),
            Case(
                http(#""batch": {}, "format": "cloudevents""#),
                #"3:76: sinks.s.format: cannot be "cloudevents" with "batch": each element of a batch has to say "#
                    + #"what it is (write "json" or "cloudevents_structured")"#
            ),
            Case(
                http(#""event_type": "t""#),
                #"3:67: sinks.s.event_type: needs a "format" that has one: "cloudevents" or "#
                    + #""cloudevents_structured""#
            ),
            Case(
                http(#""event_type": "t", "format": "json""#),
                #"3:67: sinks.s.event_type: needs a "format" that has one: "cloudevents" or "#
                    + #""cloudevents_structured""#
            ),
            Case(
                http(#""event_type": "t", "batch": {}"#),
                #"3:67: sinks.s.event_type: needs a "format" that has one: "cloudevents" or "#
                    + #""cloudevents_structured""#
            ),
            Case(
                http(#""format": "cloudevents", "event_type": """#),
                "3:92: sinks.s.event_type: must not be empty"
            ),
            Case(
                http(#""format": "cloudevents", "event_type": "é""#),
                "3:92: sinks.s.event_type: must be printable ASCII characters"
            ),
            Case(
                http(#""format": "cloudevents", "event_type": 1"#),
                #"3:92: sinks.s.event_type: must be a string such as "com.example.order", not a number"#
            ),
            Case(
                http(#""compression": "zip""#),
                #"3:68: sinks.s.compression: must be "none", "gzip" or "zstd", not "zip" (did you mean "gzip"?)"#
            ),
            Case(
                http(#""batch": true"#),
                "3:62: sinks.s.batch: must be an object, not a boolean"
            ),
            Case(
                http(#""batch": {"max_messages": 0}"#),
                "3:79: sinks.s.batch.max_messages: must be a whole number from 1 to 10000, not 0"
            ),
            Case(
                http(#""batch": {"max_messages": 10001}"#),
                "3:79: sinks.s.batch.max_messages: must be a whole number from 1 to 10000, not 10001"
            ),
            Case(
                http(#""batch": {"max_bytes": 65536}"#),
                #"3:76: sinks.s.batch.max_bytes: must be a size, which has a unit (for bytes write "65536B")"#
            ),
            Case(
                http(#""batch": {"max_bytes": "1023B"}"#),
                "3:76: sinks.s.batch.max_bytes: must be from 1KiB to 64MiB, not 1023B"
            ),
            Case(
                http(#""batch": {"max_bytes": "65MiB"}"#),
                "3:76: sinks.s.batch.max_bytes: must be from 1KiB to 64MiB, not 65MiB"
            ),
            Case(
                http(#""batch": {"max_bytes": "1MB"}"#),
                #"3:76: sinks.s.batch.max_bytes: must be a size such as "64KiB" or "256MiB", not "1MB" (units: B, "#
                    + "KiB, MiB, GiB)"
            ),
            Case(
                http(#""batch": {"max_bytes": []}"#),
                #"3:76: sinks.s.batch.max_bytes: must be a size such as "64KiB", not a list"#
            ),
            Case(
                http(#""batch": {"max_wait": "0s"}"#),
                "3:75: sinks.s.batch.max_wait: must be from 1ms to 1h, not 0s"
            ),
            Case(
                http(#""batch": {"max_wait": "2h"}"#),
                "3:75: sinks.s.batch.max_wait: must be from 1ms to 1h, not 2h"
            ),
            Case(
                http(#""batch": {"format": "json"}"#),
                #"3:73: sinks.s.batch.format: must be "ndjson" or "json_array", not "json" (did you mean "#
                    + #""ndjson"?)"#
            ),
            Case(
                http(#""batch": {"max_message": 1}"#),
                #"3:63: sinks.s.batch.max_message: unknown key (did you mean "max_messages"?)"#
            ),
        ]
    )
    func body(_ wrong: Case) { self.expect(wrong) }

    @Test(
        "of who sends them",
        arguments: [
            Case(
                http(#""sign": []"#),
                "3:61: sinks.s.sign: must be an object, not a list"
            ),
            Case(
                http(#""sign": {}"#),
                "3:61: sinks.s.sign.secrets: is missing (a list of what to sign with)"
            ),
            Case(
                http(#""sign": {"secrets": "s"}"#),
                "3:73: sinks.s.sign.secrets: must be a list, not a string"
            ),
            Case(
                http(#""sign": {"secrets": []}"#),
                "3:73: sinks.s.sign.secrets: must have from 1 to 8 secrets, not 0"
            ),
            Case(
                http(#""sign": {"secrets": ["1", "2", "3", "4", "5", "6", "7", "8", "9"]}"#),
                "3:73: sinks.s.sign.secrets: must have from 1 to 8 secrets, not 9"
            ),
            Case(
                http(#""sign": {"secrets": [1]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must be a string, {"env": NAME}, {"file": PATH} or "#
                    + #"{"credential": NAME}, not a number"#
            ),
            Case(
                http(#""sign": {"secrets": [""]}"#),
                "3:74: sinks.s.sign.secrets[0]: must not be empty"
            ),
            Case(
                http(#""sign": {"secrets": ["whsec_!"]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must be base64 after "whsec_" (a secret of another form starts "#
                    + "in another way)"
            ),
            Case(
                http(#""sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY-"]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must be base64 after "whsec_" (a secret of another form starts "#
                    + "in another way)"
            ),
            Case(
                http(#""sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX="]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must be base64 after "whsec_" (a secret of another form starts "#
                    + "in another way)"
            ),
            Case(
                http(#""sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXA"]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must be base64 after "whsec_" (a secret of another form starts "#
                    + "in another way)"
            ),
            Case(
                http(#""sign": {"secrets": ["whsec_"]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must have from 24 to 64 bytes in base64 after "whsec_""#
            ),
            Case(
                http(#""sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY="]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must have from 24 to 64 bytes in base64 after "whsec_""#
            ),
            Case(
                http(
                    #""sign": {"secrets": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="]}"#
                ),
                #"3:74: sinks.s.sign.secrets[0]: must have from 24 to 64 bytes in base64 after "whsec_""#
            ),
            Case(
                http(#""sign": {"secrets": [{"file": "/whsec"}]}"#),
                #"3:74: sinks.s.sign.secrets[0]: must be base64 after "whsec_" (a secret of another form starts "#
                    + "in another way)"
            ),
            Case(
                http(#""basic": {"username": "u"}"#),
                "3:62: sinks.s.basic.password: is missing (the user's password)"
            ),
            Case(
                http(#""basic": {"password": "p"}"#),
                "3:62: sinks.s.basic.username: is missing (the user's name)"
            ),
            Case(
                http(#""basic": {"username": "u:v", "password": "p"}"#),
                "3:75: sinks.s.basic.username: must not have a ':', which separates it from the password when "
                    + "they are sent"
            ),
            Case(
                http(#""basic": {"username": "u\n", "password": "p"}"#),
                "3:75: sinks.s.basic.username: must not contain control characters"
            ),
            Case(
                http(#""basic": {"username": "u", "password": ""}"#),
                "3:92: sinks.s.basic.password: must not be empty"
            ),
            Case(
                http(#""basic": {"user": "u", "username": "v", "password": "p"}"#),
                #"3:63: sinks.s.basic.user: unknown key (did you mean "username"?)"#
            ),
            Case(
                http(#""bearer": "Bearer t""#),
                "3:63: sinks.s.bearer: must be visible ASCII characters without a space (the token alone, "
                    + #"without "Bearer ")"#
            ),
            Case(
                http(#""bearer": "t\r\nX: y""#),
                "3:63: sinks.s.bearer: must be visible ASCII characters without a space (the token alone, "
                    + #"without "Bearer ")"#
            ),
            Case(
                http(#""bearer": "é""#),
                "3:63: sinks.s.bearer: must be visible ASCII characters without a space (the token alone, "
                    + #"without "Bearer ")"#
            ),
            Case(
                http(#""bearer": {"file": "/two-lines"}"#),
                "3:63: sinks.s.bearer: must be visible ASCII characters without a space (the token alone, "
                    + #"without "Bearer ")"#
            ),
            Case(
                http(#""bearer": "t", "basic": {"username": "u", "password": "p"}"#),
                #"3:63: sinks.s.bearer: cannot be used together with "basic" (keep one of the two)"#
            ),
            Case(
                http(#""bearer": "t", "headers": {"authorization": "x"}"#),
                #"3:80: sinks.s.headers.authorization: the header cannot be set beside "bearer", which sets it "#
                    + "(keep one of the two)"
            ),
            Case(
                http(#""basic": {"username": "u", "password": "p"}, "headers": {"authorization": "x"}"#),
                #"3:110: sinks.s.headers.authorization: the header cannot be set beside "basic", which sets it "#
                    + "(keep one of the two)"
            ),
        ]
    )
    func security(_ wrong: Case) { self.expect(wrong) }

    @Test(
        "of how they get there, and of answers",
        arguments: [
            Case(
                http(#""http_version": "3""#),
                #"3:69: sinks.s.http_version: must be "auto", "1.1", "2" or "2_prior_knowledge", not "3""#
            ),
            Case(
                http(#""http_version": 2"#),
                #"3:69: sinks.s.http_version: must be "auto", "1.1", "2" or "2_prior_knowledge", not a number"#
            ),
            Case(
                https(#""http_version": "2_prior_knowledge""#),
                #"3:70: sinks.s.http_version: is for "http": with "https", both sides agree on a version in the "#
                    + #"TLS handshake (write "2")"#
            ),
            Case(
                http(#""tls": {}"#),
                #"3:60: sinks.s.tls: is for "https", and the URL is "http" (write "https" there, or remove this)"#
            ),
            Case(
                https(#""tls": true"#),
                "3:61: sinks.s.tls: must be an object, not a boolean"
            ),
            Case(
                https(#""tls": {"cert_file": "ca.pem"}"#),
                #"3:75: sinks.s.tls.cert_file: needs a "key_file" beside it"#
            ),
            Case(
                https(#""tls": {"key_file": "ca.pem"}"#),
                #"3:74: sinks.s.tls.key_file: needs a "cert_file" beside it"#
            ),
            Case(
                https(#""tls": {"ca_file": "no.pem"}"#),
                #"3:73: sinks.s.tls.ca_file: cannot read the file "/conf/no.pem": No such file or directory"#
            ),
            Case(
                https(#""tls": {"server_name": "10.0.0.1"}"#),
                "3:77: sinks.s.tls.server_name: must be a name, not an IP address (a certificate for an address "
                    + "is compared with that of the server)"
            ),
            Case(
                https(#""tls": {"server_name": 1}"#),
                #"3:77: sinks.s.tls.server_name: must be a name such as "billing.example", not a number"#
            ),
            Case(
                https(#""tls": {"min_version": "1.1"}"#),
                #"3:77: sinks.s.tls.min_version: must be "1.2" or "1.3", not "1.1" (did you mean "1.2"?)"#
            ),
            Case(
                https(#""tls": {"min_version": 1.3}"#),
                #"3:77: sinks.s.tls.min_version: must be "1.2" or "1.3", not a number"#
            ),
            Case(
                https(#""tls": {"verify": false}"#),
                "3:62: sinks.s.tls.verify: unknown key (known here: ca_file, cert_file, key_file, server_name, "
                    + "insecure_skip_verify, min_version)"
            ),
            Case(
                http(#""proxy": "proxy:1080""#),
                #"3:62: sinks.s.proxy: must start with "http://", "https://", "socks5://" or "socks5h://""#
            ),
            Case(
                http(#""proxy": "socks4://proxy""#),
                #"3:62: sinks.s.proxy: must start with "http://", "https://", "socks5://" or "socks5h://""#
            ),
            Case(
                http(#""proxy": "http://""#),
                "3:62: sinks.s.proxy: has no host"
            ),
            Case(
                http(#""proxy": "http://u:p@:1""#),
                "3:62: sinks.s.proxy: has no host"
            ),
            Case(
                http(#""proxy": "http://p/x""#),
                "3:62: sinks.s.proxy: must have nothing after host and port (in a password write '/' as %2F, '?' "
                    + "as %3F, '#' as %23)"
            ),
            Case(
                http(#""proxy": "http://u:%zz@p""#),
                "3:62: sinks.s.proxy: has a '%' without two hexadecimal digits before '@' (write '%' itself as "
                    + "%25)"
            ),
            Case(
                http(#""proxy": "http://u:%0a@p""#),
                "3:62: sinks.s.proxy: must not have control characters before '@'"
            ),
            Case(
                http(#""proxy": "http://u:é@p""#),
                "3:62: sinks.s.proxy: must be visible ASCII characters (percent-encode others)"
            ),
            Case(
                http(#""proxy": "http://p:70000""#),
                "3:62: sinks.s.proxy: must have a port from 1 to 65535 after ':'"
            ),
            Case(
                http(#""proxy": "http://p", "unix_socket": "/s""#),
                #"3:89: sinks.s.unix_socket: cannot be used together with "proxy" (keep one of the two)"#
            ),
            Case(
                http(#""unix_socket": """#),
                "3:68: sinks.s.unix_socket: must not be empty"
            ),
            Case(
                http(#""unix_socket": 1"#),
                "3:68: sinks.s.unix_socket: must be the path of a socket, not a number"
            ),
            Case(
                http(
                    #""unix_socket": "/sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss""#
                ),
                "3:68: sinks.s.unix_socket: must be a path of at most 107 bytes, as a socket's has to be, not 108"
            ),
            Case(
                http(#""follow_redirects": "no""#),
                "3:73: sinks.s.follow_redirects: must be true or false, not a string"
            ),
            Case(
                http(#""low_speed": {"below": "1KiB"}"#),
                #"3:66: sinks.s.low_speed.for: is missing (how long it may be that slow, such as "10s")"#
            ),
            Case(
                http(#""low_speed": {"for": "1s"}"#),
                #"3:66: sinks.s.low_speed.below: is missing (how much a second is too slow, such as "1KiB")"#
            ),
            Case(
                http(#""low_speed": {"below": "0B", "for": "1s"}"#),
                "3:76: sinks.s.low_speed.below: must be from 1B to 1GiB, not 0B"
            ),
            Case(
                http(#""low_speed": {"below": "2GiB", "for": "1s"}"#),
                "3:76: sinks.s.low_speed.below: must be from 1B to 1GiB, not 2GiB"
            ),
            Case(
                http(#""low_speed": {"below": "1B", "for": "1500ms"}"#),
                "3:89: sinks.s.low_speed.for: must be whole seconds, not 1.5s: speed is measured each second "
                    + #"(write "1s" or "2s")"#
            ),
            Case(
                http(#""low_speed": {"below": "1B", "for": "0s"}"#),
                "3:89: sinks.s.low_speed.for: must be at least 1s"
            ),
            Case(
                http(#""low_speed": {"below": "1B", "for": "2h"}"#),
                "3:89: sinks.s.low_speed.for: must be from 1s to 1h, not 2h"
            ),
            Case(
                http(#""retry_on": 404"#),
                "3:65: sinks.s.retry_on: must be a list, not a number"
            ),
            Case(
                http(#""retry_on": [404, 200]"#),
                #"3:71: sinks.s.retry_on[1]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not 200"#
            ),
            Case(
                http(#""reject_on": [600]"#),
                #"3:67: sinks.s.reject_on[0]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not 600"#
            ),
            Case(
                http(#""reject_on": [404.5]"#),
                #"3:67: sinks.s.reject_on[0]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not "#
                    + "404.5"
            ),
            Case(
                http(#""retry_on": ["404"]"#),
                #"3:66: sinks.s.retry_on[0]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not "#
                    + #""404" (a status is written without quotes)"#
            ),
            Case(
                http(#""retry_on": ["4XX"]"#),
                #"3:66: sinks.s.retry_on[0]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not "#
                    + #""4XX" (did you mean "4xx"?)"#
            ),
            Case(
                http(#""retry_on": ["2xx"]"#),
                #"3:66: sinks.s.retry_on[0]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not "#
                    + #""2xx" (did you mean "3xx"?)"#
            ),
            Case(
                http(#""retry_on": [null]"#),
                #"3:66: sinks.s.retry_on[0]: must be a status from 300 to 599, or "3xx", "4xx" or "5xx", not null"#
            ),
            Case(
                http(#""retry_on": [404, 404]"#),
                "3:71: sinks.s.retry_on[1]: is there a second time (remove it)"
            ),
            Case(
                http(#""retry_on": [404], "reject_on": ["5xx", 404]"#),
                #"3:93: sinks.s.reject_on[1]: is in "retry_on" too (keep one of the two)"#
            ),
            Case(
                http(#""reject_on": ["4xx"], "retry_on": ["4xx"]"#),
                #"3:67: sinks.s.reject_on[0]: is in "retry_on" too (keep one of the two)"#
            ),
        ]
    )
    func connection(_ wrong: Case) { self.expect(wrong) }

    private func expect(_ wrong: Case) {
        let files = completeFiles.merging(["/whsec": Array("whsec_AAAA*\n".utf8), "/two-lines": Array("t\n\n".utf8)]) { $1 }
        let loaded = load(wrong.text, files: files)
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    @Test("nothing is said of what a key would do beside another that cannot be read")
    func noSecondErrors() {
        func paths(_ settings: String) -> [String] { load(text(sink: "\"type\": \"http\", \(settings)")).errors.map(\.path) }
        #expect(paths(#""url": "htp://h/", "tls": {}, "http_version": "2_prior_knowledge""#) == ["sinks.s.url"])
        #expect(paths(#""url": "http://h/", "format": "cloudevnts", "event_type": "t""#) == ["sinks.s.format"])
        #expect(paths(#""url": "http://h/", "sign": {"secret": []}"#) == ["sinks.s.sign.secrets", "sinks.s.sign.secret"])
    }

    @Test("all of it in one go")
    func everythingAtOnce() {
        let settings = #"""
            "format": "raw", "event_type": "t", "batch": {"max_wait": 1}, "compression": "br", "sign": {"secrets": ["whsec_"]},
            "basic": {"username": ":"}, "bearer": " ", "tls": {"ca_file": "no"}, "http_version": "3", "proxy": "p", "unix_socket": "s",
            "follow_redirects": 0, "retry_on": [1], "reject_on": {}, "low_speed": {}, "headers": {"webhook-id": "{chanel}"}
            """#
        #expect(
            load(http(settings)).errors.map { $0.path.dropFirst("sinks.s.".count) } == [
                "format", "event_type", "batch.max_wait", "compression", "sign.secrets[0]", "basic.password", "basic.username",
                "bearer",
                "bearer", "tls", "tls.ca_file", "http_version", "proxy", "unix_socket", "follow_redirects", "retry_on[0]",
                "reject_on",
                "low_speed.below", "low_speed.for", "headers.webhook-id", "headers.webhook-id",
            ]
        )
    }
}
