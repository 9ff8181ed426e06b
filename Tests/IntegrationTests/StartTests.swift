import TestSupport
import Testing

extension DaemonTests {
    /// What the daemon refuses to start with, and what it tells operators once it runs.
    @Suite("Start and admin")
    struct StartTests {
        @Test("a wrong configuration ends it with status 78 and a line for each error", arguments: ["run", "check"])
        func wrongConfiguration(command: String) async throws {
            let directory = try TestDirectory()
            let path = try directory.write(
                """
                {
                  "stan": { "cluster_id": "c", "client_id": "a b" },
                  "sinks": { "s": { "type": "http", "url": "http://x", "timeot": "3s" } },
                  "routes": [ { "name": "r", "channel": "a.*", "to": ["t"] } ]
                }
                """,
                to: "bad.json"
            )
            let program = await TestProgram.run([command, "--config", path])
            #expect(await program.end() == .status(78))
            #expect(program.output.isEmpty)
            let places = [
                "2:45: stan.client_id: ", "3:56: sinks.s.timeot: ", "4:41: routes[0].channel: ", "4:55: routes[0].to[0]: ",
            ]
            #expect(program.errorLines.count == places.count, "\(program.errors)")
            for (line, place) in zip(program.errorLines, places) { #expect(line.hasPrefix("\(path):\(place)"), "\(line)") }
            #expect(program.errors.contains("did you mean \"timeout\"?"))
        }

        @Test("a configuration that is not there ends it with status 78", arguments: ["run", "check"])
        func missingConfiguration(command: String) async throws {
            let path = try TestDirectory().path(of: "none.json")
            let program = await TestProgram.run([command, "--config", path])
            #expect(await program.end() == .status(78))
            #expect(program.errorLines == ["\(path): cannot be read: No such file or directory"])
        }

        @Test("a directory in the place of a file sink's file ends it with status 74")
        func directoryAsFile() async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            config.addFile("file", path: directory.path)
            config.addRoute(channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            #expect(await daemon.program.end() == .status(74))
            let expected = "stan-bridged: sink file: \(directory.path): it is a directory"
            #expect(daemon.log.last?.hasPrefix(expected) == true, "\(daemon.log)")
        }

        @Test("two daemons with one file: the second ends with status 74")
        func fileInUse() async throws {
            let directory = try TestDirectory()
            func config(_ client: String) -> BridgeConfig {
                var config = BridgeConfig(client: client)
                config.addFile("file", path: "out.ndjson")
                config.addRoute(channel: "orders", to: ["file"])
                return config
            }
            let first = try DaemonProcess.launch(config("first"), in: directory)
            _ = try await first.adminPort()
            let second = try DaemonProcess.launch(config("second"), in: directory)
            #expect(await second.program.end() == .status(74))
            #expect(second.log.last?.contains("out.ndjson") == true, "\(second.log)")
            #expect(await first.terminate() == .status(0))
        }

        @Test("an admin address that is in use ends it with status 74 and one line that says so")
        func adminAddressInUse() async throws {
            let (directory, occupant) = (try TestDirectory(), try await WebhookReceiver.start())
            var config = BridgeConfig(client: "bridge")
            config.admin = #"{ "listen": "127.0.0.1:\#(occupant.port)" }"#
            config.addFile("file", path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            #expect(await daemon.program.end() == .status(74))
            let last = daemon.log.last ?? ""
            #expect(last.hasPrefix("stan-bridged: admin.listen: cannot listen on 127.0.0.1:\(occupant.port): "), "\(daemon.log)")
            #expect(last.contains("Address already in use"), "\(last)")
            try await occupant.stop()
        }
    }
}
