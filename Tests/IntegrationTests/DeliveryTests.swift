import NIOCore
import Synchronization
import TestSupport
import Testing

extension DaemonTests {
    /// What a daemon that runs undisturbed does, and what it does when an endpoint is in the way.
    @Suite("Delivery")
    struct DeliveryTests {
        @Test("1,000 messages reach webhook and file in order, with all headers, and are acked")
        func everythingArrives() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addFile("file", path: "out.ndjson")
                config.addRoute(channel: channel, to: ["hook", "file"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(1_000, to: channel) { $0.isMultiple(of: 2) ? #"{"n": \#($0)}"# : "message \($0)" }

                try await daemon.eventually("all is delivered") { receiver.takenCount == 1_000 }
                try await daemon.eventually("all is in the file") { directory.lineCount(of: "out.ndjson") == 1_000 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 1_000 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }

                let records = try directory.records(of: "out.ndjson")
                #expect(records.map(\.sequence) == Array(1...1_000))
                #expect(records.allSatisfy { $0.channel == channel })
                #expect(receiver.requestCount == 1_000)
                let timestamps = Dictionary(uniqueKeysWithValues: records.map { ($0.sequence, $0.timestamp) })
                #expect(Set(receiver.requests.map(\.body)).count == 1_000)
                for request in receiver.requests {
                    let sequence = request.sequence
                    let expected = [
                        "stan-cluster": server.clusterID, "stan-channel": channel, "stan-sequence": "\(sequence)",
                        "stan-timestamp": timestamps[sequence], "stan-attempt": "1",
                        "idempotency-key": "\(server.clusterID)/\(channel)/\(sequence)", "stan-redelivered": nil,
                        "content-type": request.body.hasPrefix("{") ? "application/json" : "application/octet-stream",
                    ]
                    for (name, value) in expected { #expect(request.headers[name] == value, "\(name) of \(sequence)") }
                    #expect(request.headers["user-agent"]?.hasPrefix("stan-bridged/") == true)
                    #expect(request.line == "POST /hook HTTP/1.1")
                }
                #expect(await daemon.terminate() == .status(0))
                #expect(daemon.log.last?.contains("stopped unacked=0") == true, "\(daemon.log.suffix(3))")
            }
        }

        @Test("a message is acked only when every sink has it", arguments: [true, false])
        func ackAfterDelivery(endpointHangs: Bool) async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in endpointHangs ? .none : .status(500) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url, #", "timeout": "2s", "circuit_breaker": false"#)
                config.addFile("file", path: "out.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["hook", "file"],
                    #", "durable_name": "d", "retry": { "initial": "200ms", "max": "200ms" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(50, to: channel)

                try await daemon.eventually("the file has all") { directory.lineCount(of: "out.ndjson") == 50 }
                try await daemon.eventually("the endpoint was asked for all, twice") {
                    Set(receiver.requests.filter { $0.attempt == 2 }.map(\.sequence)).count == 50
                }
                #expect(try await daemon.metric("messages_acked_total") == 0)
                if let pending = try await server.pending(channel) { #expect(pending == 50) }
                if endpointHangs {
                    // Nothing waits for a retry at the moment, and another sink succeeds: that is no recovery.
                    try await server.publish(1, to: channel)
                    try await daemon.eventually("the file has it") { directory.lineCount(of: "out.ndjson") == 51 }
                    _ = try await daemon.get("/metrics")
                }
                #expect(!daemon.hasLogged("delivering again"))
                let count = endpointHangs ? 51 : 50

                receiver.answer { _ in .status(204) }
                try await daemon.eventually("all is delivered") { receiver.takenCount == count }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == Double(count) }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(directory.lineCount(of: "out.ndjson") == count)
                #expect(receiver.takenTwice == 0)
                #expect(daemon.hasLogged("delivering again; everything that had failed has been delivered"))
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("an endpoint slower than the ack wait gets each message once")
        func slowerThanAckWait() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(200, after: .milliseconds(2_500)) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "1s""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(30, to: channel)

                try await daemon.eventually("all is delivered") { receiver.takenCount == 30 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") >= 30 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(receiver.requestCount == 30)
                #expect(try await daemon.metric("duplicates_suppressed_total") >= 30)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("an endpoint that refuses connections for a while gets everything, once")
        func refusedConnections() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                try await receiver.stop()
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url, #", "circuit_breaker": false"#)
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    #", "durable_name": "d", "retry": { "initial": "100ms", "max": "500ms" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(200, to: channel)
                try await daemon.eventually("every message was tried three times") {
                    try await daemon.metric("delivery_failures_total", #"reason="retry""#) >= 600
                }
                #expect(try await daemon.metric("messages_acked_total") == 0)

                try await receiver.listen()
                try await daemon.eventually("all is delivered") { receiver.takenCount == 200 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 200 }
                #expect(receiver.requestCount == 200)
                // One line when it begins; not one for each of hundreds of failures.
                #expect(daemon.log.count { $0.contains("a delivery failed") } == 1)
                #expect(daemon.hasLogged("connection refused"), "\(daemon.log)")
                #expect(await daemon.terminate() == .status(0))
            }
        }
    }
}
