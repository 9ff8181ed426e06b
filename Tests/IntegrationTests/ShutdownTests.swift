import Foundation
import NATSTransport
import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// How the daemon ends.
    @Suite("Shutdown")
    struct ShutdownTests {
        @Test("SIGTERM waits for what is in delivery and acks it; a restart delivers nothing twice")
        func waitsForDeliveries() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .atRelease(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "max_inflight": 60"#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(300, to: channel)
                try await daemon.eventually("60 are in delivery") { receiver.requestCount == 60 }
                daemon.program.signal(SIGTERM)
                try await daemon.eventually("it stops") { daemon.hasLogged("stopping: finishing what is in delivery") }
                receiver.release()
                #expect(await daemon.program.end() == .status(0))
                #expect(daemon.log.last?.contains("stopped unacked=0") == true, "\(daemon.log.suffix(3))")
                #expect(receiver.requestCount == 60)
                // What the server sent after the acks, to a daemon that took nothing in any more.
                if let pending = try await server.pending(channel) { #expect(pending <= 60) }

                let again = try await DaemonProcess.start(config, in: directory)
                try await again.eventually("all is delivered") { receiver.takenCount == 300 }
                #expect(receiver.requestCount == 300)
                #expect(await again.terminate() == .status(0))
            }
        }

        /// A daemon that has delivered 60 messages and could not ack them, and the line that is cut.
        private struct OwingDaemon {
            let server: StanTestServer
            let proxy: TCPProxy
            let channel: String
            let daemon: DaemonProcess
        }

        /// Lends a daemon that has delivered 60 messages and could not ack them, and is to be ended.
        ///
        /// - Returns: how many of them another daemon, which is started afterwards, has delivered again.
        private func deliveredAgain(
            isSessionLost: Bool = false,
            configure: (inout BridgeConfig) -> Void,
            _ body: (OwingDaemon) async throws -> Void
        ) async throws -> Int {
            try await withStanServer { server in
                try await withTCPProxy(to: server.address.port) { proxy in
                    let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                    receiver.answer { _ in .atRelease(200) }
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: proxy.url)
                    config.stan = #", "ping_interval": "1s", "ping_max_out": 2"#
                    config.addHTTP("hook", receiver.url)
                    config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "max_inflight": 60"#)
                    configure(&config)
                    let daemon = try await DaemonProcess.start(config, in: directory)
                    try await server.publish(60, to: channel)
                    try await daemon.eventually("all is in delivery") { receiver.requestCount == 60 }
                    if isSessionLost {
                        try await proxy.stall()
                        try await daemon.eventually("the session is given up") { daemon.hasLogged("the STAN session was lost") }
                    } else {
                        try await proxy.cut()
                        try await daemon.eventually("it has noticed") { try await daemon.get("/readyz").status == 503 }
                    }
                    receiver.release()
                    try await daemon.eventually("all is delivered") { try await daemon.metric("in_flight") == 0 }
                    try await body(OwingDaemon(server: server, proxy: proxy, channel: channel, daemon: daemon))

                    try await proxy.resume()
                    let again = try await DaemonProcess.start(config, in: directory)
                    try await server.publish(10, to: channel)
                    try await again.eventually("what is new is delivered") { receiver.takenCount == 70 }
                    try await again.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                    #expect(await again.terminate() == .status(0))
                    return receiver.requestCount - 70
                }
            }
        }

        @Test(
            """
            SIGTERM while acks of what was delivered could not be sent waits for the server to take them, in the same session and \
            in a new one; a restart delivers nothing twice
            """,
            arguments: [false, true]
        )
        func owedAcks(isSessionLost: Bool) async throws {
            let again = try await self.deliveredAgain(isSessionLost: isSessionLost, configure: { $0.shutdownTimeout = "40s" }) {
                owing in
                let daemon = owing.daemon
                daemon.program.signal(SIGTERM)
                try await daemon.eventually("it waits for the server") { daemon.hasLogged("waiting for the server to take") }
                try await owing.proxy.resume()
                #expect(await daemon.program.end() == .status(0))
                #expect(daemon.log.last?.contains("stopped unacked=0") == true, "\(daemon.log.suffix(3))")
                #expect(try await owing.server.hasNothingPending(owing.channel))
            }
            #expect(again == 0)
        }

        @Test("SIGTERM while the server is away and acks are owed ends after the shutdown timeout, and says how many")
        func owedAcksInVain() async throws {
            _ = try await self.deliveredAgain(configure: { $0.shutdownTimeout = "1s" }) { owing in
                let start = ContinuousClock.now
                #expect(await owing.daemon.terminate() == .status(0))
                #expect(ContinuousClock.now - start < .seconds(15))
                #expect(owing.daemon.log.last?.contains("stopped unacked=60") == true, "\(owing.daemon.log.suffix(3))")
            }
        }

        @Test("with a journal nobody waits for the acks that are owed, and a restart delivers nothing twice all the same")
        func owedAcksInJournal() async throws {
            let configure = { (config: inout BridgeConfig) in
                config.stateDirectory = "state"
                config.shutdownTimeout = "5m"
            }
            let again = try await self.deliveredAgain(configure: configure) { owing in
                let start = ContinuousClock.now
                #expect(await owing.daemon.terminate() == .status(0))
                #expect(ContinuousClock.now - start < .seconds(30))
                #expect(owing.daemon.log.last?.contains("stopped unacked=60") == true, "\(owing.daemon.log.suffix(3))")
            }
            #expect(again == 0)
        }

        @Test("SIGTERM with an endpoint that hangs ends after the shutdown timeout and says what is unacked")
        func hangingEndpoint() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .none }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.shutdownTimeout = "1s"
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(20, to: channel)
                try await daemon.eventually("all is in delivery") { receiver.requestCount == 20 }

                let start = ContinuousClock.now
                #expect(await daemon.terminate() == .status(0))
                let taken = ContinuousClock.now - start
                #expect(taken >= .seconds(1) && taken < .seconds(15))
                #expect(daemon.log.last?.contains("stopped unacked=20") == true, "\(daemon.log.suffix(3))")
            }
        }

        @Test("a second SIGTERM ends the daemon at once")
        func secondSignal() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .none }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.shutdownTimeout = "5m"
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(20, to: channel)
                try await daemon.eventually("all is in delivery") { receiver.requestCount == 20 }

                daemon.program.signal(SIGTERM)
                try await daemon.eventually("it stops") { daemon.hasLogged("stopping: finishing what is in delivery") }
                #expect(await daemon.terminate() == .status(0))
                #expect(daemon.log.last?.contains("stopped at once, by a second signal") == true, "\(daemon.log.suffix(3))")
            }
        }

        @Test("SIGTERM while NATS is away ends the daemon at once")
        func withoutNATS() async throws {
            let directory = try TestDirectory()
            var config = BridgeConfig(client: "bridge")
            config.addFile("file", path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            let answer = try await daemon.get("/readyz")
            #expect(answer.status == 503)
            #expect(answer.body.contains("not connected to NATS"))
            #expect(answer.body.contains("route route: not subscribed to orders"))
            #expect(await daemon.terminate() == .status(0))
        }

        @Test("SIGHUP and SIGUSR1 do not end the daemon", arguments: [SIGHUP, SIGUSR1])
        func otherSignals(_ signal: Int32) async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"])
                let daemon = try await DaemonProcess.start(config, in: directory)
                daemon.program.signal(signal)
                try await server.publish(10, to: channel)
                try await daemon.eventually("all is delivered") { receiver.takenCount == 10 }
                #expect(await daemon.terminate() == .status(0))
            }
        }
    }
}
