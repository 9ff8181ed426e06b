import Foundation
import TestSupport
import Testing

extension DaemonTests {
    /// The commands beside `run`.
    @Suite("Commands")
    struct CommandTests {
        @Test("--version and --help", arguments: [("--version", "stan-bridged "), ("--help", "OVERVIEW: ")])
        func versionAndHelp(option: String, beginning: String) async {
            let program = await TestProgram.run([option])
            #expect(await program.end() == .status(0))
            #expect(program.output.hasPrefix(beginning))
            #expect(program.errors.isEmpty)
        }

        @Test(
            "a wrong command line ends with status 64",
            arguments: [
                ["run", "--nope"], ["frob"], ["pub"], ["pub", "a.*", "x"], ["pub", "a", "--count", "0"], ["sub"],
                ["sub", "a", "--first", "--last"], ["pub", "a", "x", "--tls-cert-file", "c.pem"],
                ["pub", "a", "x", "--credentials-file", "c", "--nkey-seed-file", "s"], ["sub", "a", "--server", "http://a"],
                ["dev-server", "--port", "70000"], ["demo", "--count", "0"], ["check", "--send-test"],
            ]
        )
        func usage(arguments: [String]) async {
            let program = await TestProgram.run(arguments)
            #expect(await program.end() == .status(64))
            #expect(program.output.isEmpty)
            #expect(program.errors.hasPrefix("Error: "), "\(program.errors)")
        }

        @Test("check prints what it would run, warns, shows no secret, and ends with status 0")
        func check() async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            config.addHTTP("hook", "http://127.0.0.1:9/secret-path", #", "headers": { "X-Key": "secret-key" }"#)
            config.addFile("file", path: "{channel}.ndjson")
            config.addRoute("orders", channel: "shop.orders", to: ["hook", "file"], #", "durable_name": "d""#)
            config.addRoute("logs", channel: "logs", to: ["file"])
            config.admin = #"{ "listen": "127.0.0.1:8223", "token": "secret-token" }"#
            let path = try directory.write(config.text, to: "config.json")
            let program = await TestProgram.run(["check", "--config", path])
            #expect(await program.end() == .status(0))
            for text in ["shop.orders", "durable d, from the first", "hook (POST http://127.0.0.1:9)", "admin on 127.0.0.1:8223"]
            {
                #expect(program.output.contains(text), "\(text) in \(program.output)")
            }
            #expect(program.errors.contains("warning: routes[1]: has no \"durable_name\""))
            #expect(!(program.output + program.errors).contains("secret"))
        }

        @Test("pub and sub: what is published is printed, and acked")
        func publishAndSubscribe() async throws {
            try await withStanServer { server in
                let channel = server.uniqueName("chat")
                let reach = ["--server", server.url, "--cluster", server.clusterID]
                let one = await TestProgram.run(["pub", channel, "hello"] + reach)
                #expect(await one.end() == .status(0))
                #expect(one.errors == "published and acked: 1\n")
                let lines = await TestProgram.run(["pub", channel] + reach, input: "a b\n\nlast without a newline")
                #expect(await lines.end() == .status(0))
                #expect(lines.errors.hasPrefix("published and acked: 3"))
                let many = await TestProgram.run(["pub", channel, "--count", "100", "--size", "1000"] + reach)
                #expect(await many.end() == .status(0))
                #expect(many.errors.hasPrefix("published and acked: 100"))

                let all = ["sub", channel, "--first", "--durable", "d", "--count", "104", "--raw"]
                let subscriber = await TestProgram.run(all + ["--client", "reader"] + reach)
                #expect(await subscriber.end() == .status(0))
                let printed = subscriber.output.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(printed.first == "hello")
                #expect(printed.count == 105 && printed.last == "")
                // Each line is a message, but many are on the way at once.
                #expect(Set(printed[1...3]) == ["a b", "", "last without a newline"])
                #expect(printed[4..<104].allSatisfy { $0.utf8.count == 1_000 })
                try await eventually("nothing is pending") { try await server.hasNothingPending(channel) }

                // The durable goes on behind what was acked.
                _ = await TestProgram.run(["pub", channel, "news"] + reach)
                let next = ["sub", channel, "--first", "--durable", "d", "--count", "1", "--client", "reader", "--unsubscribe"]
                let goesOn = await TestProgram.run(next + reach)
                #expect(await goesOn.end() == .status(0))
                #expect(goesOn.output.hasPrefix("#105 20") && goesOn.output.hasSuffix("Z news\n"), "\(goesOn.output)")
            }
        }

        @Test("no server, or none of that cluster: status 69 and one line", arguments: ["pub", "sub"])
        func noServer(command: String) async throws {
            let arguments = command == "pub" ? ["pub", "a", "x"] : ["sub", "a"]
            let nowhere = await TestProgram.run(arguments + ["--server", "nats://127.0.0.1:1"])
            #expect(await nowhere.end() == .status(69))
            #expect(nowhere.errors == "stan-bridged: could not connect to the NATS server at 127.0.0.1:1: connection refused\n")

            try await withStanServer { server in
                let stranger = await TestProgram.run(arguments + ["--server", server.url, "--cluster", "no-such-cluster"])
                #expect(await stranger.end() == .status(69))
                #expect(stranger.errorLines.count == 1)
                #expect(stranger.errors.contains("no-such-cluster"), "\(stranger.errors)")
                #expect(stranger.output.isEmpty)
            }
        }

        @Test("dev-server serves until SIGTERM, and takes its nats-server with it")
        func devServer() async throws {
            let program = TestProgram.start(["dev-server", "--port", "0", "--cluster", "dev"])
            try await eventually(within: .seconds(60), "it has started") { program.errors.contains("Ctrl-C ends it.") }
            let address = program.errors.split(separator: " ").first { $0.hasPrefix("nats://") }.map { String($0.dropLast()) }
            let url = try #require(address)
            let children = program.processID.map { Processes.children(of: $0) } ?? []
            #expect(children.count == 1)
            #expect(program.errors.contains("for development"))

            let publisher = await TestProgram.run(["pub", "a", "x", "--server", url, "--cluster", "dev"])
            #expect(await publisher.end() == .status(0))
            program.signal(SIGTERM)
            #expect(await program.end() == .status(0))
            #expect(children.allSatisfy { !Processes.exists($0) })
            let late = await TestProgram.run(["pub", "a", "x", "--server", url, "--cluster", "dev"])
            #expect(await late.end() == .status(69))
        }

        @Test("demo shows the job and leaves neither a process nor a file behind")
        func demo() async throws {
            let directory = try TestDirectory()
            let program = TestProgram.start(["demo"], environment: ["TMPDIR": directory.path])
            var children: Set<pid_t> = []
            try await eventually(within: .seconds(60), "it ends") {
                if let processID = program.processID { children.formUnion(Processes.children(of: processID)) }
                return program.hasEnded
            }
            #expect(await program.end() == .status(0))
            #expect(program.errors.isEmpty)
            for text in [
                "webhook: 1000 messages, 0 of them twice; 4 found it busy", "file:    1000 lines",
                "server:  1000 messages in the channel, 0 unacked", "Idempotency-Key: test-cluster/orders/",
                "All processes stopped, all files removed.",
            ] {
                #expect(program.output.contains(text), "\(text) in \(program.output)")
            }
            #expect(!children.isEmpty)
            #expect(children.allSatisfy { !Processes.exists($0) })
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
        }

        @Test("a demo that is interrupted leaves nothing behind either")
        func interruptedDemo() async throws {
            let directory = try TestDirectory()
            let program = TestProgram.start(["demo", "--count", "1000000"], environment: ["TMPDIR": directory.path])
            try await eventually(within: .seconds(60), "it is at work") { program.output.contains("3  The bridge") }
            let children = program.processID.map { Processes.children(of: $0) } ?? []
            #expect(children.count == 1)
            let start = ContinuousClock.now
            program.signal(SIGINT)
            #expect(await program.end() == .status(0))
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(children.allSatisfy { !Processes.exists($0) })
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
        }
    }
}
