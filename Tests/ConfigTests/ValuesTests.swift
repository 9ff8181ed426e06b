import Matching
import Testing

@testable import Config

@Suite("What a good file comes to")
struct ValuesTests {
    @Test("every key that is left out has its documented default")
    func defaults() throws {
        let loaded = load(
            text(
                sinks: """
                    {"h": {"type": "http", "url": "http://h/"}, "f": {"type": "file", "path": "/f"}, "o": {"type": "stdout"}}
                    """,
                routes: #"[{"name": "r", "channel": "a", "durable_name": "d", "max_inflight": 64, "to": ["h", "f", "o"]}]"#
            )
        )
        #expect(loaded.lines == [])
        let configuration = try #require(loaded.configuration)
        #expect(configuration.nats.servers == [.init(host: "127.0.0.1", port: 4222, usesTLS: false, credentials: nil)])
        #expect(configuration.nats.tls == nil)
        #expect(configuration.nats.credentials == nil)
        #expect(configuration.nats.connectTimeout == .seconds(2))
        #expect(configuration.nats.reconnectWait == .seconds(2))
        #expect(configuration.stan.connectTimeout == .seconds(2))
        #expect(configuration.stan.pingInterval == .seconds(5))
        #expect(configuration.stan.pingMaxOut == 3)
        #expect(configuration.stan.maxPubAcksInflight == 16384)
        #expect(configuration.stan.discoverPrefix == "_STAN.discover")
        #expect(configuration.stan.monitoringURL == nil)
        let url = try HTTPURL(parsing: "http://h/")
        #expect(
            configuration.sink(named: "h")?.kind
                == .http(
                    .init(
                        url: url,
                        method: .post,
                        headers: [],
                        format: .raw,
                        eventType: "stan.message",
                        batch: nil,
                        compression: .identity,
                        signingSecrets: [],
                        authorization: nil,
                        timeout: .seconds(30),
                        connectTimeout: .seconds(5),
                        lowSpeed: nil,
                        concurrency: 64,
                        version: .auto,
                        tls: .init(
                            shared: .init(
                                caFile: nil,
                                certificateFile: nil,
                                keyFile: nil,
                                serverName: nil,
                                skipsVerification: false
                            ),
                            minimumVersion: .tls12
                        ),
                        proxy: nil,
                        unixSocket: nil,
                        followsRedirects: false,
                        retryOn: [],
                        rejectOn: [],
                        circuitBreaker: .init(failures: 5, openFor: .seconds(30)),
                        rateLimit: nil
                    )
                )
        )
        let path = PathTemplate(text: "/f", pieces: [.text("/f")])
        #expect(
            configuration.sink(named: "f")?.kind
                == .file(
                    .init(
                        path: path,
                        format: .json,
                        sync: .always,
                        rotate: nil,
                        mode: 0o640,
                        idleClose: .seconds(300),
                        maxOpen: 256
                    )
                )
        )
        #expect(configuration.sink(named: "o")?.kind == .stdout(.init(format: .json)))
        let route = try #require(configuration.routes.first)
        #expect(route.queue == nil)
        #expect(route.startAt == .newOnly)
        #expect(route.ackWait == .seconds(30))
        #expect(route.retry == .init(initial: .seconds(1), max: .seconds(300), multiplier: 2, jitter: 0.2, maxAttempts: 0))
        #expect(route.ordering == .unordered)
        #expect(route.when == nil)
        #expect(route.deadLetter == nil)
        #expect(configuration.stateDirectory == nil)
        #expect(configuration.admin == nil)
        #expect(configuration.log == .init(level: .info, format: .text))
        #expect(configuration.shutdownTimeout == .seconds(30))

        let usual = load(text()).configuration?.routes.first
        #expect(usual?.maxInflight == 1024)
    }

    @Test("every key is read")
    func everyKey() throws {
        let loaded = load(completeText, variables: ["PASSWORD": "hunter2"])
        #expect(loaded.lines == [])
        let configuration = try #require(loaded.configuration)
        let password = Secret("hunter2")
        #expect(
            configuration.nats
                == .init(
                    servers: [
                        .init(host: "127.0.0.1", port: 4222, usesTLS: false, credentials: nil),
                        .init(
                            host: "h-2.example",
                            port: 4223,
                            usesTLS: true,
                            credentials: .user(name: "u@x", password: Secret("p:w"))
                        ),
                        .init(host: "::1", port: 4224, usesTLS: false, credentials: .token(Secret("tok%en"))),
                    ],
                    credentials: .user(name: "bridge", password: password),
                    tls: .init(
                        caFile: "/conf/ca.pem",
                        certificateFile: "/etc/c.pem",
                        keyFile: "/conf/c.key",
                        serverName: "nats.example",
                        skipsVerification: false
                    ),
                    connectTimeout: .milliseconds(1500),
                    reconnectWait: .milliseconds(500)
                )
        )
        #expect(
            configuration.stan
                == .init(
                    clusterID: "test-cluster",
                    clientID: "bridge_1-A",
                    connectTimeout: .seconds(3),
                    pingInterval: .seconds(2),
                    pingMaxOut: 4,
                    maxPubAcksInflight: 100,
                    discoverPrefix: "_STAN.elsewhere",
                    monitoringURL: try HTTPURL(parsing: "https://stan.example:8222/nss/")
                )
        )
        #expect(configuration.sinks.map(\.name) == ["hook", "archive", "screen", "dead", "bulk", "token", "bytes"])
        guard case .http(let hook) = configuration.sinks[0].kind, case .file(let file) = configuration.sinks[1].kind else {
            Issue.record("the sinks are of the wrong type")
            return
        }
        #expect(hook.url.text == "https://[::1]:8443/in?x=1")
        #expect(hook.url.origin == "https://[::1]:8443")
        #expect(hook.method == .patch)
        #expect(
            hook.headers == [
                .init(name: "Authorization", value: .secret(password)),
                .init(name: "Host", value: .template([.text(Secret("example.com"))])),
                .init(name: "X-E", value: .template([.placeholder(.channel), .text(Secret("/{ e }"))])),
            ]
        )
        #expect(hook.format == .cloudevents)
        #expect(hook.eventType == "com.example.order")
        #expect(hook.batch == nil)
        #expect(hook.compression == .zstd)
        #expect(hook.signingSecrets == [Secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"), Secret("0123456789abcdef01234567")])
        #expect(hook.authorization == nil)
        #expect(hook.version == .http2)
        #expect(
            hook.tls
                == .init(
                    shared: .init(
                        caFile: "/conf/ca.pem",
                        certificateFile: "/etc/c.pem",
                        keyFile: "/conf/c.key",
                        serverName: "billing.example",
                        skipsVerification: false
                    ),
                    minimumVersion: .tls13
                )
        )
        #expect(hook.proxy == Secret("socks5h://u:p%40@proxy.example:1080"))
        #expect(hook.unixSocket == nil)
        #expect(hook.followsRedirects)
        #expect(hook.retryOn == Set(300..<400).subtracting([301]).union([404]))
        #expect(hook.rejectOn == Set(500..<600).union([301]))
        #expect(hook.lowSpeed == .init(below: 1024, duration: .seconds(9)))
        guard case .http(let bulk) = configuration.sinks[4].kind, case .http(let token) = configuration.sinks[5].kind else {
            Issue.record("the sinks are of the wrong type")
            return
        }
        #expect(bulk.format == .json)
        #expect(bulk.batch == .init(maxMessages: 1, maxBytes: 64 << 20, maxWait: .milliseconds(1), format: .jsonArray))
        #expect(bulk.compression == .gzip)
        #expect(bulk.authorization == .basic(username: "u", password: password))
        #expect(bulk.unixSocket == "/conf/bulk.sock")
        #expect(token.authorization == .bearer(password))
        #expect(token.version == .http2PriorKnowledge)
        #expect(hook.timeout == .seconds(10))
        #expect(hook.connectTimeout == .milliseconds(250))
        #expect(hook.concurrency == 4096)
        #expect(hook.circuitBreaker == .init(failures: 3, openFor: .seconds(60)))
        #expect(hook.rateLimit == .init(perSecond: 0.5, burst: 7))
        #expect(file.path.text == "/conf/out/{channel}-{route}-{client_id}.log")
        #expect(
            file.path.pieces == [
                .text("/conf/"), .text("out/"), .placeholder(.channel), .text("-"), .placeholder(.route), .text("-"),
                .placeholder(.clientID), .text(".log"),
            ]
        )
        #expect(file.sync == .interval(.seconds(2)))
        #expect(
            file.rotate
                == .init(size: 64 << 20, every: .seconds(3600), keep: 24, maxAge: .seconds(36 * 3600), compression: .zstd)
        )
        #expect(file.idleClose == .seconds(90))
        #expect(file.maxOpen == 7)
        guard case .file(let bytes) = configuration.sinks[6].kind else {
            Issue.record("the sink is of the wrong type")
            return
        }
        #expect(bytes.path.text == "/conf/%Y-%m-%d/%H%M%S-%%")
        #expect(bytes.format == .lengthDelimited)
        #expect(bytes.sync == .always)
        #expect(file.format == .raw)
        #expect(file.mode == 0o600)
        #expect(configuration.sinks[2].kind == .stdout(.init(format: .raw)))
        #expect(
            configuration.routes[0]
                == .init(
                    name: "orders é",
                    channel: "orders.new:1",
                    durableName: "bridge",
                    queue: "workers",
                    startAt: .time(1_769_842_800_250_000_000),
                    maxInflight: .max,
                    ackWait: .seconds(60),
                    to: ["archive", "bytes", "screen"],
                    ordering: .unordered,
                    when: .all([
                        .value(try JSONPointer("/type"), .oneOf([.string("a"), .number("1.0"), .bool(true), .null])),
                        .not(.value(try JSONPointer(""), .exists(false))),
                        .any([
                            .value(try JSONPointer("/a~1b/0"), .equals(.number("-1e3"))),
                            .value(try JSONPointer("/s"), .matches(try Pattern("^[a-z]+$"))),
                        ]),
                    ]),
                    retry: .init(
                        initial: .milliseconds(100),
                        max: .milliseconds(100),
                        multiplier: 1,
                        jitter: 0,
                        maxAttempts: 0
                    ),
                    deadLetter: nil
                )
        )
        #expect(configuration.routes[1].startAt == .ago(.seconds(5400)))
        #expect(try configuration.routes[1].ordering == .key(JSONPointer("/customer/id")))
        #expect(configuration.routes[1].retry.maxAttempts == 20)
        #expect(configuration.routes[1].deadLetter == "dead")
        #expect(configuration.routes[1].allSinks == ["hook", "dead"])
        guard case .stan(let dead) = configuration.sinks[3].kind else {
            Issue.record("the sink is of the wrong type")
            return
        }
        #expect(dead.channel.expanded(channel: "c", route: "r") == "dead.c.r")
        #expect(configuration.stateDirectory == "/conf/state")
        #expect(configuration.routes[2].startAt == .sequence(.max))
        #expect(configuration.admin == .init(host: "::", port: 0, token: Secret("t")))
        #expect(configuration.log == .init(level: .notice, format: .json))
        #expect(configuration.shutdownTimeout == .zero)
    }

    @Test(
        "start_at knows its words",
        arguments: [
            ("new_only", .newOnly), ("first", .first), ("last_received", .lastReceived),
        ] as [(String, Configuration.StartPosition)]
    )
    func startWords(_ word: String, _ expected: Configuration.StartPosition) {
        #expect(load(text(routeSetting: "\"start_at\": \"\(word)\"")).configuration?.routes.first?.startAt == expected)
    }

    @Test("a token, keys and credentials in files, and an admin server at a loopback address without one")
    func smallForms() {
        let tokens = load(text(rest: #""nats": {"token": "t"}"#)).configuration
        #expect(tokens?.nats.credentials == .token(Secret("t")))
        let everything = #""nats": {"nkey_seed_file": "ca.pem", "tls": {}}"#
        let seed = load(text(rest: everything)).configuration
        #expect(seed?.nats.credentials == .nkeySeedFile("/conf/ca.pem"))
        #expect(
            seed?.nats.tls
                == .init(caFile: nil, certificateFile: nil, keyFile: nil, serverName: nil, skipsVerification: false)
        )
        let file = load(text(rest: #""nats": {"credentials_file": "/etc/c.pem"}"#)).configuration
        #expect(file?.nats.credentials == .credentialsFile("/etc/c.pem"))
        let credential = load(
            text(rest: #""nats": {"credentials_file": {"credential": "creds"}}"#),
            variables: ["CREDENTIALS_DIRECTORY": "/run/c"],
            files: ["/run/c/creds": []]
        )
        #expect(credential.configuration?.nats.credentials == .credentialsFile("/run/c/creds"))
        for listen in ["127.0.0.1:8223", "127.8.8.8:0", "[::1]:8223", "[::ffff:127.0.0.1]:1", "localhost:8223", "LocalHost:8223"]
        {
            let loaded = load(text(rest: "\"admin\": {\"listen\": \"\(listen)\"}"))
            #expect(loaded.configuration?.admin?.token == nil && loaded.lines == [], "\(listen)")
        }
    }

    @Test("state is kept in the folder of the file, or in the first that systemd made")
    func stateDirectory() {
        func directory(_ rest: String, _ variable: String?) -> String? {
            let variables = variable.map { ["STATE_DIRECTORY": $0] } ?? [:]
            return load(text(rest: rest), variables: variables).configuration?.stateDirectory
        }
        let none = #""$schema": "x""#
        #expect(directory(none, nil) == nil)
        #expect(directory(none, "") == nil)
        #expect(directory(none, "/var/lib/a") == "/var/lib/a")
        #expect(directory(none, "/var/lib/a:/var/lib/b") == "/var/lib/a")
        #expect(directory(#""state_dir": "s""#, "/var/lib/a") == "/conf/s")
        #expect(directory(#""state_dir": "/s""#, nil) == "/s")
    }

    @Test("a breaker can be left out, and a rate's burst follows from the rate")
    func breakerAndRate() {
        func http(_ settings: String) -> Configuration.HTTPSink? {
            let loaded = load(text(sink: "\"type\": \"http\", \"url\": \"http://h/\", \"timeout\": \"1s\", \(settings)"))
            guard case .http(let http) = loaded.configuration?.sinks.first?.kind else { return nil }
            return http
        }
        let some = http(#""concurrency": 1"#)
        #expect(some != nil && some?.circuitBreaker == .init(failures: 5, openFor: .seconds(30)))
        let none = http(#""circuit_breaker": false"#)
        #expect(none != nil && none?.circuitBreaker == nil)
        #expect(http(#""circuit_breaker": {"failures": 1}"#)?.circuitBreaker == .init(failures: 1, openFor: .seconds(30)))
        #expect(http(#""rate_limit": {"per_second": 2.5}"#)?.rateLimit == .init(perSecond: 2.5, burst: 3))
        #expect(http(#""rate_limit": {"per_second": 0.01}"#)?.rateLimit == .init(perSecond: 0.01, burst: 1))
        #expect(http(#""rate_limit": {"per_second": 1e3}"#)?.rateLimit == .init(perSecond: 1000, burst: 1000))
    }

    @Test("an absolute path stays, a relative one is below the file's folder, and a folder with a brace is refused")
    func paths() {
        func loaded(_ path: String, in directory: String) -> LoadedConfiguration {
            load(text(sink: "\"type\": \"file\", \"path\": \"\(path)\""), directory: directory)
        }
        func path(_ loaded: LoadedConfiguration) -> String? {
            guard case .file(let file) = loaded.configuration?.sinks.first?.kind else { return nil }
            return file.path.text
        }
        #expect(path(loaded("/a/b", in: "/x")) == "/a/b")
        #expect(path(loaded("b", in: "/x/")) == "/x/b")
        #expect(path(loaded("../b", in: "/x")) == "/x/../b")
        #expect(path(loaded("/a", in: "/x{y}")) == "/a")
        #expect(
            loaded("a", in: "/x{route}").lines == [
                "config.json:3:41: sinks.s.path: is relative to a folder with '{' or '}' in its name (write an absolute path)"
            ]
        )
    }
}
