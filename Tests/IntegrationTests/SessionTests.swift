import NIOCore
import StanCore
import TestSupport
import Testing

extension DaemonTests {
    /// What the daemon makes of a STAN server's refusals, and of answers that do not come.
    @Suite("Sessions")
    struct SessionTests {
        private static func config(_ server: StanTestServer) -> BridgeConfig {
            var config = BridgeConfig(server, client: "bridge")
            config.stan = #", "connect_timeout": "1s""#
            config.addFile("file", path: "out.ndjson")
            config.addRoute(channel: "orders", to: ["file"], #", "durable_name": "d""#)
            return config
        }

        @Test("what a cluster says while it changes its leader is no reason to give up: it is asked until it says yes")
        func leaderChange() async throws {
            try await ScriptedServer.with(
                connects: ["node is not the leader", "leadership lost while committing log"],
                subscribes: [.refused("raft is already shutdown"), .refused("stan: channel is being deleted")]
            ) { server, script in
                let directory = try TestDirectory()
                let daemon = try await DaemonProcess.start(Self.config(server), in: directory)
                #expect(script.connectCount == 3)
                #expect(script.requests.count == 3)
                #expect(daemon.hasLogged("node is not the leader"))
                // Said once: it is over before anybody has read it twice.
                #expect(daemon.log.count { $0.contains("did not take the subscription") } == 1, "\(daemon.log)")
                #expect(daemon.log.count { $0.contains("STAN session established") } == 1)
                #expect(await daemon.terminate() == .status(0))
                #expect(script.closeCount == 1)
            }
        }

        @Test("a session that the server does not know when a route subscribes is made anew")
        func unknownClient() async throws {
            try await ScriptedServer.with(subscribes: [.refused(StanServerError.unknownClientID)]) { server, script in
                let directory = try TestDirectory()
                let daemon = try await DaemonProcess.start(Self.config(server), in: directory)
                #expect(script.connectCount == 2)
                #expect(daemon.log.count { $0.contains("the STAN session was lost") } == 1, "\(daemon.log)")
                #expect(daemon.log.count { $0.contains("STAN session established") } == 2)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a subscription that the server refuses for good is shown as such, with its words, where operators look")
        func refusedForGood() async throws {
            let refusals = Array(repeating: ScriptedServer.Answer.refused(StanServerError.tooManySubscriptions), count: 100)
            try await ScriptedServer.with(subscribes: refusals) { server, script in
                let directory = try TestDirectory()
                let daemon = try DaemonProcess.launch(Self.config(server), in: directory)
                try await daemon.eventually("it says so") { daemon.hasLogged("until somebody changes") }
                let answer = try await daemon.get("/readyz")
                #expect(answer.status == 503)
                #expect(answer.body == "route route: not subscribed to orders: too many subscriptions per channel\n")
                let line = daemon.log.first { $0.contains("until somebody changes") } ?? ""
                #expect(line.contains("route=route") && line.contains("channel=orders"), "\(line)")
                #expect(script.connectCount == 1)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a request to subscribe that is not answered is taken back, and made again until it is")
        func unanswered() async throws {
            try await ScriptedServer.with(
                subscribes: [.none, .refused(StanServerError.duplicateDurable)]
            ) { server, script in
                let directory = try TestDirectory()
                let daemon = try await DaemonProcess.start(Self.config(server), in: directory)
                let inboxes = script.requests.map(\.inbox)
                #expect(inboxes.count == 3)
                #expect(Set(inboxes).count == 3)
                #expect(script.takenBack.first == inboxes.first)
                #expect(!script.takenBack.contains(inboxes.last ?? ""))
                #expect(script.connectCount == 1)
                #expect(daemon.hasLogged("subscribe request timeout"))
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a durable that the server goes on counting as in use comes free with a new session")
        func durableInUse() async throws {
            let refusals = Array(repeating: ScriptedServer.Answer.refused(StanServerError.duplicateDurable), count: 100)
            try await ScriptedServer.with(subscribes: refusals) { server, script in
                script.onClose { $0 = [] }
                let directory = try TestDirectory()
                let daemon = try await DaemonProcess.start(Self.config(server), in: directory)
                #expect(script.connectCount == 2)
                #expect(script.closeCount == 1)
                #expect(script.requests.count < 10)
                #expect(daemon.log.count { $0.contains("another subscription with the durable's name") } == 1, "\(daemon.log)")
                #expect(await daemon.terminate() == .status(0))
            }
        }
    }
}
