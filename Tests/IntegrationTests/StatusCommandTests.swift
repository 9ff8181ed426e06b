import Foundation
import TestSupport
import Testing

extension DaemonTests {
    /// `stan-bridged status`.
    @Suite("The status command")
    struct StatusCommandTests {
        @Test("it shows each route, what fails and why, as a table and as JSON")
        func table() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { $0.sequence == 3 ? .status(503) : .status(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url + "?key=hidden", #", "circuit_breaker": false"#)
                config.addRoute("orders", channel: channel, to: ["hook"], #", "durable_name": "d", "ordering": "ordered""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(5, to: channel) { "secret \($0)" }
                try await daemon.eventually("it says what stops it") {
                    try await daemon.get("/status").body.contains(#""state":"stopped""#)
                }
                let url = "http://127.0.0.1:\(try await daemon.adminPort())"
                let program = await TestProgram.run(["status", "--url", url])
                #expect(await program.end() == .status(0))
                #expect(program.errors == "")
                let lines = program.output.split(separator: "\n").map(String.init)
                #expect(lines[0].hasSuffix(": ready, with trouble"), "\(lines)")
                #expect(lines[2].hasPrefix("ROUTE   CHANNEL"), "\(lines)")
                let row = lines[3].split(separator: " ").map(String.init)
                #expect(row.count == 9 && row[0] == "orders" && row[2] == "stopped" && row[4] == "3", "\(row)")
                #expect(lines.last?.contains("stopped for message 3, which hook has not taken: HTTP 503") == true, "\(lines)")
                #expect(!program.output.contains("\u{1b}"))

                let json = await TestProgram.run(["status", "--json", "--url", url + "/"])
                #expect(await json.end() == .status(0))
                let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
                let route = (object?["routes"] as? [[String: Any]])?.first
                #expect(route?["state"] as? String == "stopped")
                #expect(route?["waits_for"] as? Int == 3)
                #expect(route?["in_flight"] as? Int == 3)
                #expect(!json.output.contains("hidden") && !json.output.contains("secret"))

                // Goes on by itself when the endpoint is well again.
                receiver.release()
                try await daemon.eventually("all is delivered") { receiver.takenCount == 5 }
                try await daemon.eventually("all is well") { try await daemon.get("/status").body.contains(#""problems":[]"#) }
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("--watch goes on until it is told to stop, without escape sequences where there is no terminal, and over a restart")
        func watch() async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            let port = freePort()
            config.admin = #"{ "listen": "127.0.0.1:\#(port)" }"#
            config.addFile("file", path: "out.ndjson")
            config.addRoute("orders", channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            _ = try await daemon.adminPort()
            let watch = TestProgram.start(["status", "--watch", "--url", "http://127.0.0.1:\(port)"])
            let json = TestProgram.start(["status", "--watch", "--json", "--url", "http://127.0.0.1:\(port)"])
            try await eventually("it was drawn twice") { watch.output.ranges(of: "NOT READY").count >= 2 }
            try await eventually("there are two lines") { json.output.split(separator: "\n").count >= 2 }
            #expect(json.output.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
            #expect(await daemon.terminate() == .status(0))
            try await eventually("it says that nobody answers") {
                watch.output.contains("nobody answers at http://127.0.0.1:\(port)")
            }
            #expect(watch.output.contains("As it was before:"))
            watch.signal(SIGINT)
            json.signal(SIGTERM)
            #expect(await watch.end() == .status(0))
            #expect(await json.end() == .status(0))
            #expect(!watch.output.contains("\u{1b}"))
        }

        @Test(
            "in a terminal, --watch takes the whole of it, and gives it back as it was; NO_COLOR is heeded",
            arguments: [true, false]
        )
        func terminal(isColored: Bool) async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            config.admin = #"{ "listen": "127.0.0.1:0" }"#
            config.addFile("file", path: "out.ndjson")
            config.addRoute("orders", channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            let url = "http://127.0.0.1:\(try await daemon.adminPort())"
            // Gives what it runs a terminal.
            let script = try #require(TestProgram.path(of: "script"))
            let terminal = TestProgram.start(
                command: [script, "-qfec", "exec '\(TestProgram.daemonPath)' status --watch --url \(url)", "/dev/null"],
                environment: ["TERM": "xterm", "NO_COLOR": isColored ? "" : "1"]
            )
            try await eventually("it was drawn") { terminal.output.contains("NOT READY") }
            #expect(terminal.output.hasPrefix("\u{1b}[?1049h\u{1b}[?25l\u{1b}[H"))
            #expect(terminal.output.contains("\u{1b}[1;31m") == isColored)
            let parent = try #require(terminal.processID)
            let child = try #require(Processes.children(of: parent).first)
            kill(child, SIGINT)
            #expect(await terminal.end() == .status(0))
            #expect(terminal.output.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"), "\(terminal.output.suffix(40).debugDescription)")
            #expect(await daemon.terminate() == .status(0))
        }

        @Test("the token comes from a file or from the environment")
        func token() async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            config.admin = #"{ "listen": "127.0.0.1:0", "token": "open-sesame" }"#
            config.addFile("file", path: "out.ndjson")
            config.addRoute("orders", channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            let url = "http://127.0.0.1:\(try await daemon.adminPort())"
            let none = await TestProgram.run(["status", "--url", url])
            #expect(await none.end() == .status(69))
            #expect(none.errors.contains("wants another admin token") && none.errorLines.count == 1, "\(none.errors)")
            let path = try directory.write("open-sesame\n", to: "token")
            let file = await TestProgram.run(["status", "--url", url, "--token-file", path])
            #expect(await file.end() == .status(0))
            let variable = await TestProgram.run(["status", "--url", url], environment: ["STAN_BRIDGED_TOKEN": "open-sesame"])
            #expect(await variable.end() == .status(0))
            let named = await TestProgram.run(["status", "--url", url, "--token-env", "T"], environment: ["T": "open-sesame"])
            #expect(await named.end() == .status(0))
            let missing = await TestProgram.run(["status", "--url", url, "--token-file", path + ".none"])
            #expect(await missing.end() == .status(66))
            #expect(missing.errors.contains("No such file"), "\(missing.errors)")
            #expect(await daemon.terminate() == .status(0))
        }

        @Test("where nobody answers, or somebody else does, it says so in one line and ends with status 69")
        func nobody() async throws {
            let port = freePort()
            let program = await TestProgram.run(["status", "--url", "http://127.0.0.1:\(port)"])
            #expect(await program.end() == .status(69))
            #expect(program.errorLines.count == 1)
            #expect(program.errors.contains("nobody answers at http://127.0.0.1:\(port)"), "\(program.errors)")
            #expect(program.errors.contains("connection refused"), "\(program.errors)")

            let receiver = try await WebhookReceiver.start()
            let other = await TestProgram.run(["status", "--url", "http://127.0.0.1:\(receiver.port)"])
            #expect(await other.end() == .status(69))
            #expect(other.errorLines.count == 1)
            #expect(other.errors.contains("not as stan-bridged does"), "\(other.errors)")
            try await receiver.stop()
        }

        @Test(
            "a wrong URL ends it with status 64, and is not repeated",
            arguments: [
                "127.0.0.1:8223", "ftp://127.0.0.1", "http://", "http://me:pass@host:1", "http://host:1/?pass", "http://a b",
            ]
        )
        func wrongURL(url: String) async {
            let program = await TestProgram.run(["status", "--url", url])
            #expect(await program.end() == .status(64))
            #expect(program.errors.hasPrefix("Error: --url "), "\(program.errors)")
            #expect(!program.errors.contains("pass@") && !program.errors.contains("?pass"), "\(program.errors)")
        }
    }
}
