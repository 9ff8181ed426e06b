import DevServer
import Foundation
import NATSTransport
import TestSupport
import Testing

extension DaemonTests {
    /// A secret stands in many places of a configuration, and shows in no output, whatever is wrong around it.
    @Suite("Secrecy")
    struct SecrecyTests {
        /// Each secret has this in it, and nothing else has.
        private static let mark = "pl4nted"

        /// What operators can ask a running daemon.
        private static let adminPaths = ["/livez", "/readyz", "/metrics", "/status", "/", "/nothing"]

        private static func secret(_ place: String) -> String { "\(Self.mark)-\(place)-secret" }

        /// What a secret can be known by: itself, and as it is sent with a user's name.
        private static let signs = [Self.mark, Data("user:\(Self.mark)".utf8).base64EncodedString()]

        private func expectNothing(in text: String, _ what: String, location: SourceLocation = #_sourceLocation) {
            for sign in Self.signs where text.contains(sign) {
                let line = text.split(separator: "\n").first { $0.contains(sign) } ?? ""
                Issue.record("\(what) shows a secret: \(line)", sourceLocation: location)
            }
        }

        /// Members of `nats`, each with one way of authentication.
        private static let ways = [
            #""username": "user", "password": "\#(Self.secret("password"))""#,
            #""token": "\#(Self.secret("token"))""#,
            #""token": { "env": "TOKEN" }"#,
            #""token": { "file": "token" }"#,
            #""nkey_seed_file": "seed""#,
            #""credentials_file": "creds""#,
            #""servers": ["nats://user:\#(Self.secret("userinfo"))@127.0.0.1:1", "nats://\#(Self.secret("url-token"))@127.0.0.1:2"]"#,
        ]

        /// Members of http sinks with a secret in each place. `URL` is where to send to, with a key in its path and one in its query.
        private static let sinks = [
            #""basic": { "username": "user", "password": "\#(Self.secret("basic"))" }"#,
            #""bearer": "\#(Self.secret("bearer"))""#,
            #""bearer": { "file": "token" }"#,
            #""sign": { "secrets": ["\#(Self.secret("signing-of-24-characters"))"] }"#,
            #""headers": { "X-Api-Key": "\#(Self.secret("header"))", "Authorization": "Bearer \#(Self.secret("authorization"))" }"#,
            #""headers": { "X-Source": "{channel}-\#(Self.secret("template"))", "X-Env": { "env": "TOKEN" } }"#,
        ]

        private static let keys = "/\(Self.secret("path"))?key=\(Self.secret("query"))"

        private static let environment = ["TOKEN": Self.secret("env")]

        private static func directory() throws -> TestDirectory {
            let directory = try TestDirectory()
            for name in ["token", "seed", "creds"] { try directory.write(Self.secret(name), to: name) }
            try directory.write(Self.secret("bad") + "\n\u{85}", to: "bad")
            return directory
        }

        private func check(_ text: String, in directory: TestDirectory, _ options: String...) async throws -> TestProgram {
            let path = try directory.write(text, to: "check.json")
            return await TestProgram.run(["check", "--config", path] + options, environment: Self.environment)
        }

        private func text(nats: String = "", sink: String, admin: String = Self.secret("admin")) -> String {
            """
            {
              "nats": { \(nats) },
              "stan": { "cluster_id": "c", "client_id": "b" },
              "sinks": { "hook": { "type": "http", \(sink) } },
              "routes": [{ "name": "r", "channel": "a", "durable_name": "d", "to": ["hook"] }],
              "admin": { "listen": "127.0.0.1:0", "token": "\(admin)" }
            }
            """
        }

        private static let url = #""url": "http://127.0.0.1:1\#(Self.keys)""#

        @Test("check shows no secret of a good file, nor does it while it connects")
        func good() async throws {
            let directory = try Self.directory()
            let proxied = Self.url + #", "timeout": "1s", "proxy": "http://user:\#(Self.secret("proxy"))@127.0.0.1:1""#
            let texts =
                Self.ways.map { self.text(nats: $0, sink: Self.url) }
                + Self.sinks.map { self.text(sink: "\(Self.url), \($0)") } + [self.text(sink: proxied)]
            for text in texts {
                let program = try await self.check(text, in: directory)
                #expect(await program.end() == .status(0), "\(program.errors) \(text)")
                self.expectNothing(in: program.output + program.errors, "check of \(text)")
            }
            // Servers refuse the connection, and so do endpoints.
            for text in [texts[0], texts[6], texts[7], texts[texts.count - 1]] {
                let program = try await self.check(text, in: directory, "--connect", "--send-test")
                #expect(await program.end() == .status(69), "\(program.errors)")
                self.expectNothing(in: program.output + program.errors, "check --connect of \(text)")
            }
        }

        @Test("errors beside a secret, and about it, do not repeat it")
        func errors() async throws {
            let directory = try Self.directory()
            let mark = Self.secret("x")
            let nats = [
                #""token": ["\#(mark)"]"#, #""token": \#(mark)"#, #""token": "\#(mark)"#, #""token" "\#(mark)""#,
                #""token": "\#(mark)", "token": "\#(mark)""#, #""tokn": "\#(mark)""#, #""token": {"value": "\#(mark)"}"#,
                #""token": "\#(mark)", "username": "u", "password": "\#(mark)""#, #""password": "\#(mark)""#,
                #""servers": "nats://u:\#(mark)@h""#, #""servers": ["nats://u:\#(mark)@h:port"]"#,
                #""servers": ["u:\#(mark)@h"]"#,
                #""servers": ["nats://u:\#(mark)/x@h"]"#, #""servers": ["nats://u:\#(mark)%2@h"]"#,
                #""servers": ["nats://u:\#(mark)@"]"#,
                #""servers": ["http://u:\#(mark)@h"]"#, #""servers": ["nats://u:\#(mark)@h", "nats://v:\#(mark)@h"]"#,
                #""token": "\#(mark)\q""#, "\"token\": \"\(mark)\n\"", #""token": {"\#(mark)"}"#,
                #""token": { "file": "/proc/self" }"#,
            ]
            let sinks = [
                #""url": "http://u:\#(mark)@h/""#, #""url": "http://h/\#(mark) x""#, #""url": "http://h/\#(mark)#x""#,
                #""url": "\#(mark)""#,
                #""url": "http://h:\#(mark)/""#, Self.url + #", "bearer": "Bearer \#(mark)""#,
                Self.url + #", "bearer": { "file": "bad" }"#,
                Self.url + #", "headers": { "A": "\#(mark)é" }"#, Self.url + #", "headers": { "A": "\#(mark)\n" }"#,
                Self.url + #", "headers": { "A": "{chanel} \#(mark)" }"#, Self.url + #", "headers": { "A": ["\#(mark)"] }"#,
                Self.url + #", "headers": { "A": { "file": "bad" } }"#, Self.url + #", "headers": { "Stan-A": "\#(mark)" }"#,
                Self.url + #", "sign": { "secrets": ["whsec_\#(mark)"] }"#, Self.url + #", "sign": { "secrets": "\#(mark)" }"#,
                Self.url + #", "sign": { "secret": "\#(mark)" }"#,
                Self.url + #", "basic": { "username": "u", "password": ["\#(mark)"] }"#,
                Self.url + #", "basic": "u:\#(mark)""#, Self.url + #", "proxy": "ftp://u:\#(mark)@h""#,
                Self.url + #", "proxy": "http://u:\#(mark) @h""#, Self.url + #", "proxy": "http://u:\#(mark)@h:99999""#,
                Self.url + #", "proxy": "u:\#(mark)@h""#, Self.url + #", "proxy": "http://u:\#(mark)@h", "unix_socket": "s""#,
                Self.url + #", "bearer": "\#(mark)", "basic": { "username": "u", "password": "\#(mark)" }"#,
            ]
            for text in nats.map({ self.text(nats: $0, sink: Self.url) }) + sinks.map({ self.text(sink: $0) }) {
                let program = try await self.check(text, in: directory)
                #expect(await program.end() == .status(78), "\(text)")
                #expect(!program.errors.isEmpty)
                self.expectNothing(in: program.output + program.errors, "check of \(text)")
            }
        }

        @Test(
            "a daemon shows none: not in its log at the finest level, its answers, its files, nor when an endpoint sends it back",
            arguments: ["text", "json"]
        )
        func daemon(format: String) async throws {
            var options = NatsServerProcess.Options()
            let password = Self.secret("password")
            options.configuration = "authorization { users: [ { user: user, password: \"\(password)\" } ] }"
            try await withNATSServer(options) { nats in
                var stan = StanServerOptions()
                stan.clusterID = "secret-cluster"
                let url = "nats://user:\(password)@127.0.0.1:\(nats.port)"
                let server = try await DevServer.start(stan, natsURL: url)
                let directory = try Self.directory()
                let receiver = try await WebhookReceiver.start()
                receiver.answer { $0.sequence % 2 == 0 ? .echo(400) : .echo(503) }
                var config = BridgeConfig(client: "secretive")
                config.servers = [url]
                config.cluster = stan.clusterID
                config.stateDirectory = "state"
                config.admin =
                    #"{ "listen": "127.0.0.1:0", "token": "\#(Self.secret("admin"))" }, "log": { "level": "trace", "format": "\#(format)" }"#
                let target = "http://127.0.0.1:\(receiver.port)\(Self.keys)"
                config.addFile("dead", path: "dead.ndjson")
                let retry =
                    #", "durable_name": "d", "retry": { "initial": "10ms", "max": "20ms", "max_attempts": 2 }, "dead_letter": "dead""#
                for (index, sink) in Self.sinks.enumerated() {
                    config.addHTTP("hook\(index)", target, ", \(sink)")
                    config.addRoute("route\(index)", channel: "orders\(index)", to: ["hook\(index)"], retry)
                }
                let refused = Self.sinks.count
                config.addHTTP(
                    "proxied",
                    target,
                    #", "proxy": "http://user:\#(Self.secret("proxy"))@127.0.0.1:1", "circuit_breaker": false"#
                )
                config.addRoute("route\(refused)", channel: "orders\(refused)", to: ["proxied"], retry)
                let daemon = try DaemonProcess.launch(config, in: directory, environment: Self.environment)
                let port = try await daemon.adminPort()
                let token = Self.secret("admin")
                try await daemon.eventually("it is ready") { try await daemon.get("/readyz", token: token).status == 200 }
                for index in 0...refused {
                    let published = await TestProgram.run(
                        ["pub", "orders\(index)", "--count", "4", "--server", url, "--cluster", stan.clusterID]
                    )
                    #expect(await published.end() == .status(0))
                    self.expectNothing(in: published.output + published.errors, "pub")
                }
                try await daemon.eventually("all are dead letters") {
                    directory.lineCount(of: "dead.ndjson") == 4 * (refused + 1)
                }
                // It was all sent, and came back.
                #expect(receiver.requests.allSatisfy { $0.line.contains(Self.secret("query")) })
                #expect(receiver.requests.contains { $0.headers["authorization"] == "Bearer \(Self.secret("bearer"))" })
                #expect(directory.text(of: "dead.ndjson").contains("***"))
                for path in Self.adminPaths {
                    let answer = try await HTTPGet.get(path, port: port, token: token)
                    self.expectNothing(in: answer.head + answer.body, path)
                    let denied = try await HTTPGet.get(path, port: port, token: "guess")
                    self.expectNothing(in: denied.head + denied.body, "\(path) without the token")
                }
                #expect(await daemon.terminate() == .status(0))
                try await server.stop()
                self.expectNothing(in: daemon.program.output + daemon.program.errors, "the log")
                #expect(daemon.program.errors.contains("dead-letter sink"))
                for name in try FileManager.default.subpathsOfDirectory(atPath: directory.path)
                where !["token", "seed", "creds", "bad", "secretive.json"].contains(name) {
                    self.expectNothing(in: directory.text(of: name), "the file \(name)")
                }
            }
        }

        @Test("a daemon that is refused by its server does not say what it showed there", arguments: Self.ways.prefix(2))
        func refused(way: String) async throws {
            var options = NatsServerProcess.Options()
            options.configuration = "authorization { users: [ { user: other, password: other } ] }"
            try await withNATSServer(options) { nats in
                let directory = try Self.directory()
                var config = BridgeConfig(client: "stranger")
                config.servers = ["nats://127.0.0.1:\(nats.port)"]
                config.nats = ", \(way)"
                config.admin += #", "log": { "level": "trace" }"#
                config.addFile()
                config.addRoute(channel: "orders", to: ["file"])
                let daemon = try DaemonProcess.launch(config, in: directory)
                try await daemon.eventually("it is refused") { daemon.log.contains { $0.lowercased().contains("authorization") } }
                let ready = try await daemon.get("/readyz")
                #expect(ready.status == 503)
                self.expectNothing(in: ready.body, "/readyz")
                #expect(await daemon.terminate() == .status(0))
                self.expectNothing(in: daemon.program.errors, "the log")
            }
        }

        @Test("a secret in a file that everybody can read is told of in the log, once, and the daemon goes on")
        func openFile() async throws {
            let directory = try Self.directory()
            #expect(chmod(directory.path, 0o755) == 0 && chmod(directory.path(of: "token"), 0o644) == 0)
            var config = BridgeConfig(client: "open")
            config.nats = #", "token": { "file": "token" }"#
            config.addFile()
            config.addRoute(channel: "orders", to: ["file"], #", "durable_name": "d""#)
            let daemon = try DaemonProcess.launch(config, in: directory)
            #expect(try await daemon.get("/livez").status == 200)
            #expect(await daemon.terminate() == .status(0))
            let alarms = daemon.log.filter { $0.contains("every user of this machine can read") }
            #expect(alarms.count == 1)
            #expect(alarms.first?.contains("nats.token.file: ") == true, "\(alarms)")
            let checked = await TestProgram.run(["check", "--config", directory.path(of: "open.json")])
            #expect(await checked.end() == .status(0))
            #expect(checked.errors.contains("every user of this machine can read the file \"\(directory.path(of: "token"))\""))
        }
    }
}
