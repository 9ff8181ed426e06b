import TestSupport
import Testing

extension DaemonTests {
    /// Endpoints whose names change their meaning, or have none for a while.
    @Suite("Name resolution")
    struct NameResolutionTests {
        @Test("an endpoint that has moved is found although the old one goes on answering")
        func moved() async throws {
            try await withStanServer { server in
                let (directory, names) = (try TestDirectory(), try await FakeNames.make())
                let (old, new) = (try await WebhookReceiver.start(), try await WebhookReceiver.start())
                try names.point("hook.example", at: old.port)
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", "http://hook.example/hook", #", "concurrency": 1"#)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory, environment: names.environment)
                try await server.publish(10, to: channel)
                try await daemon.eventually("the old one takes messages") { old.takenCount == 10 }

                try names.point("hook.example", at: new.port)
                // The connection is in use all the time: it is not because it was idle that it is given up.
                var published = 10
                try await daemon.eventually(within: .seconds(20), "the new one is found") {
                    try await server.publish(1, to: channel)
                    published += 1
                    return new.requestCount > 0
                }
                let before = old.requestCount
                try await server.publish(50, to: channel)
                try await daemon.eventually("all is delivered") { old.takenCount + new.takenCount == published + 50 }
                #expect(old.requestCount == before)
                #expect(old.requestCount + new.requestCount == published + 50)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a name server that does not answer is named, and holds up neither other endpoints nor the end")
        func hanging() async throws {
            try await withStanServer { server in
                let (directory, names) = (try TestDirectory(), try await FakeNames.make())
                let receiver = try await WebhookReceiver.start()
                try names.hang("lost.example")
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("lost", "http://lost.example/hook", #", "connect_timeout": "300ms", "concurrency": 4"#)
                config.addHTTP("hook", receiver.url)
                config.addRoute("lost", channel: channel, to: ["lost"], #", "durable_name": "lost""#)
                config.addRoute("good", channel: channel, to: ["hook"], #", "durable_name": "good""#)
                config.shutdownTimeout = "1s"
                let daemon = try await DaemonProcess.start(config, in: directory, environment: names.environment)
                try await server.publish(50, to: channel)
                try await daemon.eventually("the failure is told") {
                    daemon.hasLogged(
                        "could not resolve the name in lost.example:80 within 300ms: no answer from the name servers"
                    )
                }
                try await server.publish(50, to: channel)
                try await daemon.eventually("the other one takes everything") { receiver.takenCount == 100 }
                #expect(receiver.takenTwice == 0)
                let start = ContinuousClock.now
                #expect(await daemon.terminate() == .status(0))
                #expect(ContinuousClock.now - start < .seconds(15))
            }
        }

        @Test("what waited for a name is delivered when name servers answer again")
        func answeringAgain() async throws {
            try await withStanServer { server in
                let (directory, names) = (try TestDirectory(), try await FakeNames.make())
                let receiver = try await WebhookReceiver.start()
                try names.hang("late.example")
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP(
                    "late",
                    "http://late.example/hook",
                    #", "connect_timeout": "300ms", "circuit_breaker": { "failures": 3, "open_for": "200ms" }"#
                )
                config.addRoute(
                    channel: channel,
                    to: ["late"],
                    #", "durable_name": "d", "retry": { "initial": "50ms", "max": "1s" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory, environment: names.environment)
                try await server.publish(20, to: channel)
                try await daemon.eventually("the endpoint is left alone") { try await daemon.metric("breaker_open") == 1 }
                try names.point("late.example", at: receiver.port)
                try await daemon.eventually("all is delivered") { receiver.takenCount == 20 }
                #expect(receiver.takenTwice == 0)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("check --connect ends and says so where a name server does not answer")
        func check() async throws {
            let (directory, names) = (try TestDirectory(), try await FakeNames.make())
            try names.hang("lost.example")
            var config = BridgeConfig(client: "bridge")
            config.addHTTP("lost", "http://lost.example/hook", #", "connect_timeout": "300ms""#)
            config.addRoute(channel: "orders", to: ["lost"], #", "durable_name": "d""#)
            let path = try directory.write(config.text, to: "config.json")
            let program = TestProgram.start(["check", "--config", path, "--connect"], environment: names.environment)
            try await eventually(within: .seconds(30), "it ends") { program.hasEnded }
            #expect(await program.end() == .status(69))
            let line =
                "FAIL  sink lost, http://lost.example: could not resolve the name in lost.example:80 within 300ms: "
                + "no answer from the name servers\n"
            #expect(program.output.hasSuffix(line), "\(program.output)")
        }
    }
}
