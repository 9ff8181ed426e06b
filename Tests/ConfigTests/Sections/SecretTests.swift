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
            (#""plain""#, "plain"),
            (#"{"env": "TOKEN"}"#, "from-env"),
            (#"{"file": "token"}"#, "from-file"),
            (#"{"file": "/two"}"#, "x\n"),
            (#"{"credential": "web"}"#, "from-credential"),
        ]
    )
    func sources(_ secret: String, _ value: String) {
        let variables = ["TOKEN": "from-env", "CREDENTIALS_DIRECTORY": "/run/creds"]
        let loaded = load(text(rest: "\"nats\": {\"token\": \(secret)}"), variables: variables, files: self.files)
        #expect(loaded.lines == [])
        #expect(loaded.configuration?.nats.credentials == .token(Secret(value)))
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
}
