import Testing

@testable import Config

@Suite("Secrets")
struct SecretTests {
    @Test(
        "says what is wrong with a secret, and where",
        arguments: [
            Case(
                text(rest: #""nats": {"token": 1}"#),
                #"5:19: nats.token: must be a string, {"env": NAME}, {"file": PATH} or {"credential": NAME}, not a number"#
            ),
            Case(
                text(rest: #""nats": {"token": ""}"#),
                "5:19: nats.token: must not be empty"
            ),
            Case(
                text(rest: #""nats": {"token": {}}"#),
                #"5:19: nats.token: must have exactly one of "env", "file" and "credential""#
            ),
            Case(
                text(rest: #""nats": {"token": {"env": "A", "file": "B"}}"#),
                #"5:19: nats.token: must have exactly one of "env", "file" and "credential""#
            ),
            Case(
                text(rest: #""nats": {"token": {"evn": "A"}}"#),
                #"5:20: nats.token.evn: unknown key (did you mean "env"?)"#
            ),
            Case(
                text(rest: #""nats": {"token": {"env": "NOPE"}}"#),
                #"5:27: nats.token.env: the environment has no variable "NOPE""#
            ),
            Case(
                text(rest: #""nats": {"token": {"env": "EMPTY"}}"#),
                #"5:27: nats.token.env: the environment variable "EMPTY" is empty"#
            ),
            Case(
                text(rest: #""nats": {"token": {"env": 1}}"#),
                "5:27: nats.token.env: must be a string, not a number"
            ),
            Case(
                text(rest: #""nats": {"token": {"file": "nope"}}"#),
                #"5:28: nats.token.file: cannot read the file "/conf/nope": No such file or directory"#
            ),
            Case(
                text(rest: #""nats": {"token": {"file": "/empty"}}"#),
                #"5:28: nats.token.file: the file "/empty" is empty"#
            ),
            Case(
                text(rest: #""nats": {"token": {"file": "/binary"}}"#),
                #"5:28: nats.token.file: the file "/binary" is not UTF-8 text"#
            ),
            Case(
                text(rest: #""nats": {"token": {"credential": "../x"}}"#),
                #"5:34: nats.token.credential: must be the name of a credential, not a path (for a file write {"file": PATH})"#
            ),
            Case(
                text(rest: #""nats": {"token": {"credential": ".."}}"#),
                #"5:34: nats.token.credential: must be the name of a credential, not a path (for a file write {"file": PATH})"#
            ),
            Case(
                text(rest: #""nats": {"token": {"credential": "x"}}"#),
                "5:34: nats.token.credential: there is no $CREDENTIALS_DIRECTORY (systemd sets it when the unit has "
                    + "LoadCredential=x:PATH)"
            ),
        ]
    )
    func errors(_ wrong: Case) {
        let loaded = load(wrong.text, variables: ["EMPTY": ""], files: ["/empty": [10], "/binary": [0xFF]])
        #expect(loaded.lines == ["config.json:" + wrong.line])
        #expect(loaded.configuration == nil)
    }

    private let files: [String: [UInt8]] = [
        "/conf/token": Array("from-file\n".utf8),
        "/run/creds/web": Array("from-credential\r\n".utf8),
        "/two": Array("x\n\n".utf8),
    ]

    @Test(
        "comes from the file itself, the environment, a file or a credential",
        arguments: [
            (#""plain""#, "plain", nil),
            (#"{"env": "TOKEN"}"#, "from-env", nil),
            (#"{"file": "token"}"#, "from-file", "/conf/token"),
            (#"{"file": "/two"}"#, "x\n", "/two"),
            (#"{"credential": "web"}"#, "from-credential", "/run/creds/web"),
        ] as [(String, String, String?)]
    )
    func sources(_ secret: String, _ value: String, _ file: String?) {
        let variables = ["TOKEN": "from-env", "CREDENTIALS_DIRECTORY": "/run/creds"]
        let loaded = load(text(rest: "\"nats\": {\"token\": \(secret)}"), variables: variables, files: self.files)
        #expect(loaded.lines == [])
        guard case .token(let token) = loaded.configuration?.nats.credentials else {
            Issue.record("no token")
            return
        }
        #expect(token.reveal() == value)
        #expect(token.file == file)
    }

    @Test("is read from a file in the same way now and later, and a wrong file is told without its bytes")
    func fileBytes() throws {
        func secret(_ text: String) throws(TextProblem) -> String { try Secret.text(ofFile: Array(text.utf8)) }
        #expect(try secret("a") == "a")
        #expect(try secret("a\n") == "a")
        #expect(try secret("a\r\n") == "a")
        #expect(try secret("a\r") == "a")
        #expect(try secret("a\n\n") == "a\n")
        #expect(try secret(" a b ") == " a b ")
        #expect(try secret(String(repeating: "x", count: 65536)).utf8.count == 65536)
        for empty in ["", "\n", "\r\n"] {
            #expect(throws: TextProblem("is empty")) { try secret(empty) }
        }
        #expect(throws: TextProblem("is not UTF-8 text")) { try Secret.text(ofFile: [0x73, 0xFF]) }
        #expect(throws: TextProblem("is larger than 64KiB")) { try secret(String(repeating: "x", count: 65537)) }
    }

    @Test("never shows: not in descriptions, not in dumps, not in diagnostics")
    func neverPrinted() throws {
        let good = text(
            sinks: """
                {"s": {"type": "http", "url": "http://h/s3cret-path?key=s3cret", "timeout": "1s", "headers": {"A": "s3cret", "B": {"env": "S"}}}}
                """,
            rest: """
                "nats": {"servers": ["nats://u:s3cret@h", "nats://s3cret@g"], "username": "u", "password": "s3cret"},
                "admin": {"listen": "127.0.0.1:1", "token": {"file": "/s"}}
                """
        )
        let loaded = load(good, variables: ["S": "s3cret"], files: ["/s": Array("s3cret".utf8)])
        let configuration = try #require(loaded.configuration)
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(loaded, to: &dumped)
        for shown in [dumped, "\(configuration)", String(reflecting: configuration), "\(loaded)", loaded.report] {
            #expect(!shown.contains("s3cret"))
        }
        #expect(dumped.contains("***"))
        #expect(configuration.admin?.token?.reveal() == "s3cret")

        let wrong = [
            #""nats": {"servers": ["nats://u:s3cret/@h"]}"#, #""nats": {"servers": ["s3cret:s3cret@h"]}"#,
            #""nats": {"servers": ["nats://u:s3cret@h:s3cret"]}"#, #""nats": {"servers": ["nats://%zzs3cret@h"]}"#,
            #""nats": {"servers": ["u:s3cret@nats://h"]}"#, #""nats": {"token": ["s3cret"]}"#, #""nats": {"password": "s3cret"}"#,
            #""nats": {"passwrd": "s3cret"}"#, #""nats": {"servers": ["nats://h/s3cret"]}"#,
            #""nats": {"servers": ["nats://s3cret@@h:x"]}"#,
            #""nats": {"servers": ["nats://[s3cret"]}"#, #""nats": {"servers": ["nats://s3cret!"]}"#,
        ]
        for rest in wrong {
            let report = load(text(rest: rest)).report
            #expect(!report.isEmpty && !report.contains("s3cret"), "\(rest)")
        }
        for url in ["http://u:s3cret@h/", "http://h/ s3cret", "s3cret://u:s3cret@h", "http://h:s3cret/", "http://h/#s3cret"] {
            let report = load(text(sink: "\"type\": \"http\", \"url\": \"\(url)\"")).report
            #expect(!report.isEmpty && !report.contains("s3cret"), "\(url)")
        }
        let header = #""type": "http", "url": "http://h/", "headers": {"A": "s3cret\n", "B": {"env": "S"}}"#
        let report = load(text(sink: header), variables: ["S": "s3cret\r\nX: y"]).report
        #expect(!report.isEmpty && !report.contains("s3cret"))
    }

    @Test("of an HTTP sink never show either")
    func neverPrintedOfSinks() throws {
        func sink(_ settings: String) -> LoadedConfiguration {
            let http = #""type": "http", "url": "https://h/", "timeout": "1s""#
            return load(text(sink: "\(http), \(settings)"), files: ["/s": Array("s3cret".utf8)])
        }
        let good = [
            #""sign": {"secrets": ["s3cret", {"file": "/s"}]}"#, #""basic": {"username": "u", "password": "s3cret"}"#,
            #""bearer": "s3cret""#, #""bearer": {"file": "/s"}"#, #""proxy": "http://u:s3cret@p""#,
            #""headers": {"A": "Bearer s3cret {channel}", "B": {"file": "/s"}}"#,
        ]
        for settings in good {
            let loaded = sink(settings)
            let configuration = try #require(loaded.configuration)
            var dumped = ""
            dump(loaded, to: &dumped)
            for shown in [dumped, "\(configuration)", String(reflecting: configuration), loaded.report] {
                #expect(!shown.contains("s3cret"), "\(settings)")
            }
            #expect(dumped.contains("***"))
        }
        let wrong = [
            #""sign": {"secrets": ["whsec_s3cret"]}"#, #""sign": {"secrets": ["whsec_s3cret!"]}"#,
            #""sign": {"secrets": "s3cret"}"#,
            #""basic": {"username": "u:s3cret", "password": "p"}"#, #""basic": {"username": "u", "password": ["s3cret"]}"#,
            #""bearer": "Bearer s3cret""#, #""bearer": ["s3cret"]"#, #""headers": {"A": "s3cret {s_cret} {s3cret}"}"#,
            #""headers": {"A": "s3crét"}"#, #""proxy": "u:s3cret@p""#, #""proxy": "s3cret://p""#,
            #""proxy": "http://u:s3cret@p:x""#,
            #""proxy": "http://u:s3cret%@p""#, #""proxy": "http://u:s3cret/@p""#, #""proxy": "http://s3cret!""#,
        ]
        for settings in wrong {
            let loaded = sink(settings)
            #expect(
                !loaded.errors.isEmpty && !loaded.report.contains("s3cret") && !loaded.report.contains("s_cret"),
                "\(settings)"
            )
        }
    }

    @Test("for signing have from 24 to 64 bytes where they are base64")
    func signing() throws {
        for good in [
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBk=",
            "whsec_" + String(repeating: "z", count: 86), "WHSEC_é", "x whsec_",
        ] {
            #expect(throws: Never.self, "\(good)") { try SigningSecret.check(good) }
        }
        for wrong in [
            "whsec_", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA=", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA===",
            "whsec_=AECAwQFBgcICQoLDA0ODxAREhMUFRYX", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n",
            "whsec_" + String(repeating: "z", count: 87), "whsec_" + String(repeating: "z", count: 30),
        ] {
            #expect(throws: TextProblem.self, "\(wrong)") { try SigningSecret.check(wrong) }
        }
    }

    @Test(
        "have to be good for their use, now and when their file has changed",
        arguments: [
            (.password, "a\nb", true), (.headerValue, "a\tb c", true), (.headerValue, "a\nb", false),
            (.headerValue, "a\r\nb", false),
            (.headerValue, "\u{85}", false), (.headerValue, "é", false), (.bearerToken, "a~", true), (.bearerToken, "a b", false),
            (.bearerToken, "a\n", false), (.signingSecret, "x", true), (.signingSecret, "whsec_x", false),
            (.proxyURL, "socks5://p", true), (.proxyURL, "p", false), (.proxyURL, "http://p\n", false),
        ] as [(SecretUse, String, Bool)]
    )
    func uses(_ use: SecretUse, _ text: String, _ isGood: Bool) {
        #expect(((try? use.check(text)) != nil) == isGood)
    }
}
