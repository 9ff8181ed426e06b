import DevServer
import NATSTransport
import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// What the daemon makes of servers that speak nonsense.
    @Suite("Hostile servers")
    struct HostileServerTests {
        @Test("bytes that are not NATS cost the connection and nothing else: it comes back, and every message is delivered")
        func hostileBytes() async throws {
            try await withStanServer { server in
                try await withTCPProxy(to: server.address.port) { proxy in
                    let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: proxy.url)
                    config.addHTTP("hook", receiver.url)
                    config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "2s""#)
                    let daemon = try await DaemonProcess.start(config, in: directory)
                    for (number, bytes) in HostileBytes.fatal.enumerated() {
                        try await proxy.sendToClients(bytes.text)
                        try await daemon.eventually("\(bytes) has cost the connection, and there is another") {
                            try await daemon.metric("reconnects_total") == Double(number + 1)
                        }
                        try await daemon.eventually("the daemon is ready") { try await daemon.get("/readyz").status == 200 }
                        try await server.publish(10, to: channel)
                        try await daemon.eventually("what is published after \(bytes) is delivered") {
                            receiver.takenCount == (number + 1) * 10
                        }
                    }
                    try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                    #expect(receiver.takenTwice == 0)
                    #expect(daemon.log.count { $0.contains("STAN session established") } == 1)
                    #expect(daemon.hasLogged("the server sent a line of more than"))
                    #expect(await daemon.terminate() == .status(0))
                }
            }
        }

        @Test(
            "STAN answers and messages of garbage: said, passed over, and the daemon works as soon as a good server answers",
            .enabled(if: !StanTestServer.isReal, "starts the server late")
        )
        func garbage() async throws {
            let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
            let url = try await SharedNATSServer.url
            let garbage = ByteBuffer(string: "\u{a}\u{7f}x")
            var options = StanServerOptions()
            options.clusterID = "test-\(NUID.make())"
            let server = StanTestServer(url: url, clusterID: options.clusterID, devServer: nil)
            let liar = try await NATSTestClient.connect(url)
            try await liar.run { connection in
                let subscriber = NATSClosureSubscriber { [weak connection] message in
                    if let reply = message.reply { try? connection?.publish(garbage, to: reply) }
                }
                _ = connection.subscribe("_STAN.discover.\(server.clusterID)", subscriber: subscriber)
            }
            try await liar.flush()

            let channel = server.uniqueName("orders")
            var config = BridgeConfig(server, client: server.uniqueName("bridge"))
            config.addHTTP("hook", receiver.url)
            config.addRoute(channel: channel, to: ["hook"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            try await daemon.eventually("it says what is wrong") {
                daemon.hasLogged("the STAN server's connect response cannot be read")
            }
            try await liar.close()

            let devServer = try await DevServer.start(options, natsURL: url)
            do {
                try await daemon.waitUntilReady()
                let inboxes = try await devServer.channels().flatMap(\.subscriptions).map(\.inbox)
                #expect(inboxes.count == 1)
                let stranger = try await NATSTestClient.connect(url)
                for inbox in inboxes { try await stranger.publish(garbage, to: inbox) }
                try await stranger.close()
                try await server.publish(10, to: channel)
                try await daemon.eventually("the good messages are delivered") { receiver.takenCount == 10 }
                #expect(receiver.requestCount == 10)
                #expect(await daemon.terminate() == .status(0))
            } catch {
                try? await devServer.stop()
                throw error
            }
            try await devServer.stop()
        }
    }
}
