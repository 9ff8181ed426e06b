import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// What becomes of messages that are not simply delivered.
    @Suite("Delivery engine")
    struct EngineTests {
        @Test("what an endpoint rejects, or fails at too often, goes to the dead-letter file, and then it is acked")
        func deadLetters() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { request in
                    switch request.body {
                    case "message 2": .status(422)
                    case "message 3": .status(500)
                    default: .status(200)
                    }
                }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addFile("dead", path: "dead.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    #", "durable_name": "d", "dead_letter": "dead", "retry": { "initial": "50ms", "max": "50ms", "max_attempts": 3 }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(20, to: channel)

                try await daemon.eventually("two dead letters") { directory.lineCount(of: "dead.ndjson") == 2 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 20 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                let lines = directory.text(of: "dead.ndjson").split(separator: "\n").map(String.init)
                let rejected = try #require(lines.first { $0.contains("message 2") })
                let failed = try #require(lines.first { $0.contains("message 3") })
                #expect(rejected.contains(#""route":"route","sink":"hook","reason":"HTTP 422 from"#), "\(rejected)")
                #expect(rejected.contains(#""attempts":1,"first_attempt_at":"20"#), "\(rejected)")
                #expect(failed.contains(#""reason":"HTTP 500 from"#), "\(failed)")
                #expect(failed.contains(#""attempts":3,"#), "\(failed)")
                #expect(try await daemon.metric("messages_dead_lettered_total") == 2)
                #expect(receiver.takenCount == 18)
                #expect(receiver.requests.filter { $0.body == "message 3" }.map(\.attempt) == [1, 2, 3])
                #expect(daemon.hasLogged("a message is given up"))
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a dead letter can be published to another channel, and posted elsewhere with the reason in its headers")
        func deadLetterChannel() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { $0.line.contains("/dead") ? .status(200) : .status(422) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addHTTP("dead-hook", "http://127.0.0.1:\(receiver.port)/dead")
                config.addStan("dead", channel: "dead.{channel}")
                config.addRoute("first", channel: channel, to: ["hook"], #", "durable_name": "d", "dead_letter": "dead""#)
                config.addRoute(
                    "second",
                    channel: "dead.\(channel)",
                    to: ["hook"],
                    #", "durable_name": "d", "dead_letter": "dead-hook""#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(5, to: channel)
                try await daemon.eventually("all came to the last endpoint") { receiver.takenCount == 5 }
                let dead = receiver.requests.filter { $0.line.contains("/dead") }
                #expect(Set(dead.map(\.body)) == Set((1...5).map { "message \($0)" }))
                #expect(dead.first?.headers["stan-dead-letter-sink"] == "hook")
                #expect(dead.first?.headers["stan-dead-letter-route"] == "second")
                #expect(dead.first?.headers["stan-dead-letter-attempts"] == "1")
                #expect(dead.first?.headers["stan-dead-letter-reason"]?.hasPrefix("HTTP 422") == true)
                #expect(dead.first?.headers["stan-channel"] == "dead.\(channel)")
                try await daemon.eventually("all is acked") {
                    try await daemon.metric("messages_acked_total", #"route="first""#) == 5
                }
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("an ordered route posts one message after the other, also when some fail", arguments: [true, false])
        func ordered(byKey: Bool) async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { request in request.attempt == 1 && request.sequence % 7 == 0 ? .status(503) : .status(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url, #", "circuit_breaker": false"#)
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    #", "durable_name": "d", "ordering": \#(byKey ? #"{ "key": "/k" }"# : #""ordered""#), "retry": { "initial": "20ms" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(200, to: channel) { #"{"k": \#($0 % 4), "n": \#($0)}"# }
                try await daemon.eventually("all is delivered") { receiver.takenCount == 200 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 200 }
                // Each request of a message comes before all of the next message of its key.
                for key in byKey ? 0..<4 : 0..<1 {
                    let order = receiver.requests.filter { !byKey || $0.body.hasPrefix(#"{"k": \#(key),"#) }.map(\.sequence)
                    #expect(order.count > 40)
                    #expect(order == order.sorted())
                }
                #expect(receiver.requestCount == 200 + 200 / 7)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a message that fails stops an ordered route, which says so until the message is given up; then the others come")
        func stoppedByOne() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { $0.sequence == 3 ? .status(500) : .status(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url, #", "circuit_breaker": false"#)
                config.addFile("dead", path: "dead.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    #"""
                    , "durable_name": "d", "ordering": "ordered", "dead_letter": "dead",
                    "retry": { "initial": "1s", "multiplier": 1, "jitter": 0, "max_attempts": 3 }
                    """#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(5, to: channel)
                try await daemon.eventually("it says what stops it") {
                    let answer = try await daemon.get("/readyz")
                    let wanted = ": stopped for message 3, which hook has not taken: HTTP 500"
                    return answer.status == 200 && answer.body.contains(wanted)
                }
                #expect(Set(receiver.requests.map(\.sequence)) == [1, 2, 3])
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 5 }
                #expect(receiver.requests.map(\.sequence) == [1, 2, 3, 3, 3, 4, 5])
                #expect(directory.lineCount(of: "dead.ndjson") == 1)
                #expect(try await daemon.get("/readyz").body == "ready\n")
                #expect(daemon.log.count { $0.contains("the route waits for it, since it is ordered") } == 1, "\(daemon.log)")
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("signed batches arrive; one message that is not taken is found, and goes alone to the dead letters")
        func batches() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { $0.body.contains(#""data":13}"#) ? .status(422) : .status(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP(
                    "hook",
                    receiver.url,
                    #", "batch": { "max_messages": 25, "max_wait": "50ms" }, "sign": { "secrets": ["twenty-four bytes of secret"] }"#
                )
                config.addFile("dead", path: "dead.ndjson")
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "dead_letter": "dead""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel) { "\($0)" }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 100 }
                let taken = receiver.requests.filter { !$0.body.contains(#""data":13}"#) }.flatMap {
                    $0.body.split(separator: "\n")
                }
                #expect(taken.count == 99)
                #expect(Set(taken).count == 99)
                #expect(directory.lineCount(of: "dead.ndjson") == 1)
                #expect(directory.text(of: "dead.ndjson").contains(#""data":13}"#))
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a rate limit spreads requests over time, and none of them fails for it")
        func rateLimit() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url, #", "rate_limit": { "per_second": 20, "burst": 4 }"#)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                let start = NIODeadline.now()
                try await server.publish(24, to: channel)
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 24 }
                // Four at once, and then one each 50 ms at the soonest.
                #expect(receiver.requestCount == 24)
                for (count, request) in receiver.requests.enumerated().dropFirst(4) {
                    #expect(request.receivedAt - start >= .milliseconds(50 * (Int64(count) - 3)), "the one after \(count)")
                }
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("what a condition is not true of is acked and goes nowhere")
        func condition() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addFile("file", path: "out.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["file"],
                    #", "durable_name": "d", "when": { "pointer": "/type", "equals": "order" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel) { #"{"type": "\#($0 % 2 == 0 ? "order" : "return")"}"# }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 100 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(directory.lineCount(of: "out.ndjson") == 50)
                #expect(!directory.text(of: "out.ndjson").contains("return"))
                #expect(try await daemon.metric("messages_skipped_total") == 50)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("an endpoint that is down costs a probe now and then and no attempts; when it is back everything comes, once")
        func breaker() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                try await receiver.stop()
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP(
                    "hook",
                    receiver.url,
                    #", "concurrency": 4, "circuit_breaker": { "failures": 3, "open_for": "300ms" }"#
                )
                config.addFile("dead", path: "dead.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    """
                    , "durable_name": "d", "ack_wait": "1s", "dead_letter": "dead",
                    "retry": { "initial": "10ms", "max": "10ms", "max_attempts": 3 }
                    """
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel)
                try await daemon.eventually("it was probed some times") {
                    try await daemon.metric("delivery_failures_total", #"reason="unavailable""#) >= 8
                }
                #expect(try await daemon.metric("breaker_open") == 1)
                // Three to open it, and three more that were under way; all others wait.
                #expect(try await daemon.metric("delivery_failures_total", #"reason="retry""#) <= 6)
                #expect(daemon.log.count { $0.contains("the endpoint fails again and again") } == 1)

                try await receiver.listen()
                try await daemon.eventually("all is delivered") { receiver.takenCount == 100 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") >= 100 }
                #expect(receiver.requestCount == 100)
                #expect(try await daemon.metric("breaker_open") == 0)
                #expect(daemon.hasLogged("the endpoint works again"))
                #expect(directory.lineCount(of: "dead.ndjson") == 0)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("SIGTERM while an endpoint is down does not wait for it")
        func terminatedWhileOpen() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                try await receiver.stop()
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.shutdownTimeout = "50s"
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "retry": { "initial": "10ms" }"#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel)
                try await daemon.eventually("the breaker is open") { try await daemon.metric("breaker_open") == 1 }
                let start = NIODeadline.now()
                #expect(await daemon.terminate() == .status(0))
                #expect(NIODeadline.now() - start < .seconds(20))
                #expect(daemon.log.last?.contains("stopped unacked=100") == true, "\(daemon.log.suffix(2))")
            }
        }
    }
}
