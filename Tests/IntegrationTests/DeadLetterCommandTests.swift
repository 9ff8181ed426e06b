import NIOCore
import StanCore
import TestSupport
import Testing

extension DaemonTests {
    /// `stan-bridged dead-letters`, on what the daemon wrote.
    @Suite("Dead-letter commands")
    struct DeadLetterCommandTests {
        /// Three dead letters of ten messages, and the configuration they came by.
        private static func deadLetters(
            _ server: StanTestServer,
            _ directory: TestDirectory,
            _ receiver: WebhookReceiver
        ) async throws -> (config: String, channel: String) {
            receiver.answer { ["message 2", "message 5", "message 9"].contains($0.body) ? .status(422) : .status(200) }
            let channel = server.uniqueName("orders")
            var config = BridgeConfig(server, client: server.uniqueName("bridge"))
            config.addHTTP("hook", receiver.url)
            config.addFile("dead", path: "dead.ndjson")
            config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "dead_letter": "dead""#)
            let daemon = try await DaemonProcess.start(config, in: directory)
            try await server.publish(10, to: channel)
            try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 10 }
            #expect(await daemon.terminate() == .status(0))
            #expect(directory.lineCount(of: "dead.ndjson") == 3)
            return ("\(directory.path)/\(config.client).json", channel)
        }

        @Test("list shows each, and names lines that are none")
        func list() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                _ = try await Self.deadLetters(server, directory, receiver)
                let path = "\(directory.path)/dead.ndjson"
                let program = await TestProgram.run(["dead-letters", "list", path])
                #expect(await program.end() == .status(0))
                #expect(program.output.contains("HTTP 422 from"))
                #expect(program.output.hasSuffix("3 dead letters (route → hook: 3)\n"), "\(program.output)")

                let torn = try directory.write(String(directory.text(of: "dead.ndjson").dropLast(9)), to: "torn.ndjson")
                let other = await TestProgram.run(["dead-letters", "list", torn])
                #expect(await other.end() == .status(65))
                #expect(other.errors.contains("torn.ndjson:3: it is no whole JSON value"), "\(other.errors)")
                #expect(other.output.contains("2 dead letters"))
                let nothing = await TestProgram.run(["dead-letters", "list", "\(directory.path)/nothing"])
                #expect(await nothing.end() == .status(66))
                #expect(nothing.errors.contains("No such file"))
            }
        }

        @Test("replay gives them to a sink as the daemon would, names those that fail, and keeps them")
        func replayToSink() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let (config, channel) = try await Self.deadLetters(server, directory, receiver)
                let path = "\(directory.path)/dead.ndjson"
                let before = receiver.requests.first { $0.body == "message 2" }
                receiver.answer { $0.body == "message 9" ? .status(503) : .status(200) }
                let failed = "\(directory.path)/failed.ndjson"
                let arguments = ["dead-letters", "replay", path, "--config", config, "--to-sink", "hook", "--failed-to", failed]
                let program = await TestProgram.run(arguments)
                #expect(await program.end() == .status(69))
                #expect(program.errors.contains("taken: 2, failed: 1, lines that are no dead letters: 0"), "\(program.errors)")
                #expect(program.errors.contains(": HTTP 503 from"), "\(program.errors)")
                let after = receiver.requests.last { $0.body == "message 2" }
                for name in ["stan-channel", "stan-sequence", "stan-timestamp", "idempotency-key", "stan-cluster"] {
                    #expect(after?.headers[name] == before?.headers[name], "\(name)")
                }
                #expect(after?.headers["stan-channel"] == channel)
                #expect(after?.attempt == 2)
                #expect(directory.lineCount(of: "failed.ndjson") == 1)
                #expect(directory.lineCount(of: "dead.ndjson") == 3)

                receiver.answer { _ in .status(200) }
                let again = await TestProgram.run(["dead-letters", "replay", failed, "--config", config, "--to-sink", "hook"])
                #expect(await again.end() == .status(0))
                #expect(receiver.takenCount == 10)
            }
        }

        @Test("replay publishes them to their channel, or to another, in order")
        func replayToChannel() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let (config, channel) = try await Self.deadLetters(server, directory, receiver)
                let path = "\(directory.path)/dead.ndjson"
                let dry = await TestProgram.run(["dead-letters", "replay", path, "--config", config, "--dry-run"])
                #expect(await dry.end() == .status(0))
                #expect(dry.errors.contains("would be sent: 3"), "\(dry.errors)")
                for target in [channel, "\(channel).repaired"] {
                    let options = target == channel ? [] : ["--to-channel", target]
                    let program = await TestProgram.run(["dead-letters", "replay", path, "--config", config] + options)
                    #expect(await program.end() == .status(0), "\(program.errors)")
                    let bodies = try await server.withClient { client in
                        var start = StanSubscriptionOptions()
                        start.start = target == channel ? .sequence(11) : .first
                        var bodies: [String] = []
                        for await message in try await client.subscribe(to: target, options: start) {
                            bodies.append(String(buffer: message.data))
                            if bodies.count == 3 { break }
                        }
                        return bodies
                    }
                    let lines = directory.text(of: "dead.ndjson").split(separator: "\n")
                    #expect(zip(lines, bodies).allSatisfy { $0.contains(#""text":"\#($1)""#) }, "\(bodies)")
                }
            }
        }
    }
}
