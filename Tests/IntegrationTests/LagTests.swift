import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import stan_bridged

extension DaemonTests {
    /// How far behind its channel a route is.
    @Suite("Lag", .enabled(if: !StanTestServer.isReal, "needs the monitoring of the development server"))
    struct LagTests {
        private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        @Test("where the server's monitoring is known, the lag is what the server has not had acks of")
        func lag() async throws {
            try await withStanServer { server in
                let devServer = try #require(server.devServer)
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .atRelease(200) }
                let port = freePort()
                let monitoring = RunningService(
                    MonitoringServer(server: devServer, port: port, logger: Self.quiet),
                    logger: Self.quiet
                )
                let channel = server.uniqueName("orders&more=+%41")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.stan = #", "monitoring_url": "http://127.0.0.1:\#(port)""#
                config.addHTTP("hook", receiver.url)
                config.addRoute("orders", channel: channel, to: ["hook"], #", "durable_name": "d", "max_inflight": 10"#)
                try await server.publish(100, to: channel)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await daemon.eventually("the lag is known") {
                    try await daemon.metric("channel_lag", #"route="orders""#) == 100
                }
                #expect(try await daemon.get("/status").body.contains(#""lag":100"#))
                receiver.release()
                #expect(await daemon.terminate() == .status(0))
                try await monitoring.stop()
            }
        }

        @Test("a monitoring that hangs does not hold up the end")
        func hang() async throws {
            let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
            receiver.answer { _ in .none }
            var config = BridgeConfig(client: "bridge")
            config.stan = #", "monitoring_url": "http://127.0.0.1:\#(receiver.port)""#
            config.addFile("file", path: "out.ndjson")
            config.addRoute("orders", channel: "orders", to: ["file"])
            let daemon = try DaemonProcess.launch(config, in: directory)
            try await daemon.eventually("it is asked") { receiver.requestCount == 1 }
            let start = ContinuousClock.now
            #expect(await daemon.terminate() == .status(0))
            #expect(ContinuousClock.now - start < .seconds(4))
            try await receiver.stop()
        }

        @Test("whatever the monitoring answers, no lag is known, its trouble is said once, and once more when it has passed")
        func trouble() async throws {
            let receiver = try await WebhookReceiver.start()
            let answer = Mutex(WebhookReceiver.Answer.status(404))
            receiver.answer { _ in answer.withLock { $0 } }
            let log = LogRecorder()
            let url = "http://127.0.0.1:\(receiver.port)"
            let monitor = try LagMonitor(url: url, origin: url, interval: .milliseconds(10), logger: log.logger)
            let route = RouteStatus(
                name: "orders",
                channel: "orders",
                sinkNames: [],
                isSubscribed: true,
                inFlight: 0,
                retrying: 0,
                oldestUnackedSeconds: 0,
                counters: RouteCounters(sinks: 0)
            )
            let isSubscribed = Mutex(true)
            let running = Task { [route] in
                await monitor.run {
                    var route = route
                    route.isSubscribed = isSubscribed.withLock { $0 }
                    return [route]
                }
            }
            for (next, trouble) in [
                (WebhookReceiver.Answer.status(404), "knows none of the channels"), (.status(500), "answers with HTTP 500"),
                (.status(200), "is not what the monitoring of NATS Streaming does"),
            ] {
                answer.withLock { $0 = next }
                try await eventually(within: .seconds(30), trouble) { monitor.trouble?.contains(trouble) == true }
            }
            try await receiver.stop()
            try await eventually(within: .seconds(30), "nobody listens") {
                monitor.trouble?.contains("connection refused") == true
            }
            #expect(monitor.lag(of: "orders") == nil)
            #expect(log.lines.count { $0.hasPrefix("warning the server's monitoring cannot be asked") } == 1, "\(log.lines)")
            // A channel that nobody has subscribed to need not be there.
            isSubscribed.withLock { $0 = false }
            answer.withLock { $0 = .status(404) }
            try await receiver.listen()
            try await eventually(within: .seconds(30), "all is well") { monitor.trouble == nil }
            try await eventually("it is said") {
                log.lines.count { $0.hasPrefix("notice the server's monitoring answers again") } == 1
            }
            running.cancel()
            await running.value
            try await receiver.stop()
        }
    }
}
