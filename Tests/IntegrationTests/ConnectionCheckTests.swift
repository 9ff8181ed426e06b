import DevServer
import TestSupport
import Testing

extension DaemonTests {
    /// `check --connect`, with and without `--send-test`.
    @Suite("Checks of connections")
    struct ConnectionCheckTests {
        /// Runs the check.
        ///
        /// - Returns: its end, and what it found: the lines behind the empty one that ends the report.
        private func check(_ config: BridgeConfig, _ options: String...) async throws -> (TestProgram.End, findings: [String]) {
            let directory = try TestDirectory()
            let path = try directory.write(config.text, to: "config.json")
            let program = await TestProgram.run(["check", "--config", path, "--connect"] + options)
            let lines = program.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let report = lines.dropLast().lastIndex(of: "") ?? -1
            return (await program.end(), Array(lines[(report + 1)...].dropLast()))
        }

        private func secure(_ pair: (certificate: String, key: String)) -> Nginx.Options {
            Nginx.Options(
                listen: "ssl",
                server: "ssl_certificate \(pair.certificate); ssl_certificate_key \(pair.key); location / { return 200; }"
            )
        }

        private static let durable = #", "durable_name": "d""#

        @Test("each endpoint that is in use is reached, with TLS where it has it, and is sent nothing")
        func reachable() async throws {
            let certificates = try TestCertificates.make()
            try await withStanServer { server in
                try await withNginx(self.secure(certificates.server)) { nginx in
                    let (receiver, dead) = (try await WebhookReceiver.start(), try await WebhookReceiver.start())
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                    config.addHTTP("hook", receiver.url)
                    config.addHTTP("dead", dead.url)
                    config.addHTTP("safe", nginx.secureURL, #", "tls": { "ca_file": "\#(certificates.ca)" }"#)
                    config.addHTTP("unused", "http://127.0.0.1:1/")
                    config.addFile()
                    config.addRoute(channel: channel, to: ["hook", "safe", "file"], Self.durable + #", "dead_letter": "dead""#)
                    let (end, findings) = try await self.check(config)
                    #expect(end == .status(0))
                    #expect(findings.count == 4, "\(findings)")
                    #expect(findings.first == "ok    NATS and the STAN cluster \(server.clusterID): connected")
                    #expect(findings.contains("ok    sink hook, http://127.0.0.1:\(receiver.port): connected"), "\(findings)")
                    #expect(findings.contains("ok    sink dead, http://127.0.0.1:\(dead.port): connected"), "\(findings)")
                    let safe = "ok    sink safe, https://\(nginx.address): connected, certificate valid until "
                    #expect(findings.contains { $0.hasPrefix(safe) && $0.hasSuffix(" GMT") }, "\(findings)")
                    try await eventually("they have noticed") { receiver.connectionCount == 1 && dead.connectionCount == 1 }
                    #expect(receiver.requestCount == 0 && dead.requestCount == 0)
                    #expect(nginx.requests.isEmpty)

                    // The test message is all that ever came, and is none of the channel's.
                    let (sent, results) = try await self.check(config, "--send-test")
                    #expect(sent == .status(0))
                    #expect(results.count == 7, "\(results)")
                    #expect(results.contains("ok    sink hook, http://127.0.0.1:\(receiver.port): took the test message"))
                    #expect(results.contains("ok    sink dead, http://127.0.0.1:\(dead.port): took the test message"))
                    #expect(results.contains("ok    sink safe, https://\(nginx.address): took the test message"))
                    #expect(receiver.requestCount == 1 && dead.requestCount == 1)
                    let request = try #require(receiver.requests.first)
                    #expect(request.line == "POST /hook HTTP/1.1")
                    #expect(request.headers["stan-sequence"] == "0")
                    #expect(request.headers["stan-test"] == "true")
                    #expect(request.headers["stan-channel"] == channel)
                    #expect(request.body == #"{"test":true}"#)
                    try await eventually("nginx has noted the message") { nginx.requests.map(\.status) == [200] }
                    if let devServer = server.devServer {
                        let channels = try await devServer.channels()
                        #expect(channels.allSatisfy { $0.name != channel })
                    }
                }
            }
        }

        @Test("every endpoint that cannot be reached is told, with the reason, and none of them is sent a test message")
        func unreachable() async throws {
            let certificates = try TestCertificates.make()
            try await withNginx(self.secure(certificates.server)) { nginx in
                try await withNginx(self.secure(certificates.elsewhere)) { elsewhere in
                    let receiver = try await WebhookReceiver.start()
                    try await receiver.stop()
                    var config = BridgeConfig(client: "bridge")
                    config.addHTTP("a-refused", receiver.url)
                    config.addHTTP("b-stranger", nginx.secureURL, #", "tls": { "ca_file": "\#(certificates.otherCA)" }"#)
                    config.addHTTP("c-name", elsewhere.secureURL, #", "tls": { "ca_file": "\#(certificates.ca)" }"#)
                    config.addHTTP("d-plain", "http://\(nginx.address)/hooks")
                    let sinks = ["a-refused", "b-stranger", "c-name", "d-plain"]
                    config.addRoute(channel: "orders", to: sinks, Self.durable)
                    for options in [[], ["--send-test"]] {
                        let (end, findings) = try await options.isEmpty ? self.check(config) : self.check(config, "--send-test")
                        #expect(end == .status(69))
                        let address = "127.0.0.1:\(receiver.port)"
                        var expected = [
                            "FAIL  NATS and the STAN cluster test-cluster: could not connect to the NATS server at 127.0.0.1:1: "
                                + "connection refused",
                            "FAIL  sink a-refused, http://\(address): could not connect to \(address): connection refused",
                            "FAIL  sink b-stranger, https://\(nginx.address): TLS with \(nginx.address): unable to get local issuer "
                                + "certificate",
                            "FAIL  sink c-name, https://\(elsewhere.address): TLS with \(elsewhere.address): no alternative "
                                + "certificate subject name matches target host name '127.0.0.1'",
                            "ok    sink d-plain, http://\(nginx.address): connected",
                        ]
                        // It could be reached; what it makes of a request is known when it has got one.
                        if !options.isEmpty {
                            expected.append("FAIL  sink d-plain, http://\(nginx.address): the test message: ")
                        }
                        #expect(findings.count == expected.count, "\(findings)")
                        for (line, beginning) in zip(findings, expected) { #expect(line.hasPrefix(beginning)) }
                        if !options.isEmpty { #expect(findings.last?.contains("HTTP 400 from \(nginx.address)") == true) }
                    }
                    #expect(elsewhere.requests.isEmpty)
                    try await eventually("nginx has noted the message") { nginx.requests.map(\.status) == [400] }
                }
            }
        }

        @Test("a server that is there without the STAN cluster is told; the endpoints are reached all the same")
        func unknownCluster() async throws {
            try await withStanServer { server in
                let receiver = try await WebhookReceiver.start()
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.cluster = "no-such-cluster"
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: "orders", to: ["hook"], Self.durable)
                let (end, findings) = try await self.check(config)
                #expect(end == .status(69))
                #expect(findings.count == 2, "\(findings)")
                #expect(
                    findings.first == "FAIL  NATS and the STAN cluster no-such-cluster: stan: connect request timeout: "
                        + "no STAN server with cluster id \"no-such-cluster\" answers on this NATS"
                )
                #expect(findings.last == "ok    sink hook, http://127.0.0.1:\(receiver.port): connected")
            }
        }

        @Test("a daemon that runs under the same client id neither disturbs the check nor is disturbed by it")
        func beside() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], Self.durable)
                let daemon = try await DaemonProcess.start(config, in: directory)
                let (end, findings) = try await self.check(config, "--send-test")
                #expect(end == .status(0))
                #expect(findings.first == "ok    NATS and the STAN cluster \(server.clusterID): connected")
                try await server.publish(5, to: channel)
                try await daemon.eventually("all is delivered") { receiver.requestCount == 6 }
                #expect(receiver.requests.count { $0.headers["stan-test"] != nil } == 1)
                #expect(!daemon.hasLogged("the STAN session was lost"))
                #expect(await daemon.terminate() == .status(0))
            }
        }
    }
}
