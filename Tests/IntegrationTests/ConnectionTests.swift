import DevServer
import NATSTransport
import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// How the daemon comes back when what it reads from goes away.
    @Suite("Connections")
    struct ConnectionTests {
        @Test(
            "a server that forgets its clients and channels: a new session, and what is published then is delivered",
            .enabled(if: !StanTestServer.isReal, "the server is restarted")
        )
        func serverForgets() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.stan = #", "ping_interval": "1s", "ping_max_out": 2, "connect_timeout": "1s""#
                config.addHTTP("hook", receiver.url)
                config.addFile("file", path: "out.ndjson")
                config.addRoute(channel: channel, to: ["hook", "file"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel) { "old \($0)" }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 100 }

                try await server.devServer?.restart(forgetting: true)
                try await server.publish(150, to: channel) { "new \($0)" }
                try await daemon.eventually("the new messages are delivered") {
                    Set(receiver.requests.map(\.body).filter { $0.hasPrefix("new") }).count == 150
                }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 250 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(receiver.requestCount == 250)
                #expect(directory.lineCount(of: "out.ndjson") == 250)
                #expect(daemon.hasLogged("the STAN session was lost; making a new one"))
                #expect(daemon.hasLogged("the server has begun the channel anew"))
                #expect(try await daemon.get("/readyz").status == 200)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test(
            "a server that comes back with its store: the session goes on",
            .enabled(if: !StanTestServer.isReal, "the server is restarted")
        )
        func serverRemembers() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "1s""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                receiver.answer { _ in .atRelease(200) }
                try await server.publish(100, to: channel)
                try await daemon.eventually("deliveries are on their way") { receiver.requestCount >= 64 }

                try await server.devServer?.restart(forgetting: false, after: .milliseconds(1_200))
                receiver.release()
                try await daemon.eventually("all is delivered") { receiver.takenCount == 100 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(receiver.requestCount == 100)
                #expect(daemon.log.count { $0.contains("STAN session established") } == 1)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("NATS cut for a while: the session goes on, what was delivered meanwhile is acked, and nothing comes twice")
        func connectionCut() async throws {
            try await withStanServer { server in
                try await withTCPProxy(to: server.address.port) { proxy in
                    let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: proxy.url)
                    config.addHTTP("hook", receiver.url, #", "concurrency": 200"#)
                    config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "30s""#)
                    let daemon = try await DaemonProcess.start(config, in: directory)
                    receiver.answer { _ in .atRelease(200) }
                    try await server.publish(200, to: channel)
                    try await daemon.eventually("all is in delivery") { receiver.requestCount == 200 }

                    try await proxy.cut()
                    try await daemon.eventually("the daemon has noticed") { try await daemon.get("/readyz").status == 503 }
                    #expect(try await daemon.get("/readyz").body.contains("not connected to NATS"))
                    receiver.release()
                    try await daemon.eventually("all is delivered") { try await daemon.metric("in_flight") == 0 }
                    #expect(try await daemon.metric("messages_acked_total") == 0)
                    try await proxy.resume()
                    try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 200 }
                    try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                    #expect(receiver.takenCount == 200)
                    #expect(receiver.requestCount == 200)
                    #expect(daemon.log.count { $0.contains("STAN session established") } == 1)
                    #expect(try await daemon.metric("reconnects_total") == 1)

                    try await server.publish(50, to: channel)
                    try await daemon.eventually("what comes later is delivered") { receiver.takenCount == 250 }
                    #expect(await daemon.terminate() == .status(0))
                }
            }
        }

        @Test("a connection on which nothing moves any more is given up, and the session begins anew")
        func stalledConnection() async throws {
            try await withStanServer { server in
                try await withTCPProxy(to: server.address.port) { proxy in
                    let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: proxy.url)
                    config.stan = #", "ping_interval": "1s", "ping_max_out": 2"#
                    config.addHTTP("hook", receiver.url)
                    config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "2s""#)
                    let daemon = try await DaemonProcess.start(config, in: directory)
                    try await server.publish(100, to: channel)
                    try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") >= 100 }

                    try await proxy.stall()
                    try await server.publish(100, to: channel)
                    // Two pings unanswered, and the third: three intervals, and some for a machine that is busy.
                    try await daemon.eventually(within: .seconds(10), "the session is given up") {
                        daemon.hasLogged("the STAN session was lost")
                    }
                    try await proxy.resume()
                    try await daemon.eventually("all is delivered") { receiver.takenCount == 200 }
                    try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                    #expect(receiver.takenTwice == 0)
                    #expect(await daemon.terminate() == .status(0))
                }
            }
        }
    }
}
