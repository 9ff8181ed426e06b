import Foundation
import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// Another configuration while the daemon runs.
    @Suite("Reload")
    struct ReloadTests {
        /// Writes another configuration, sends SIGHUP, and waits for the verdict.
        private func reload(_ daemon: DaemonProcess, _ text: String, _ config: BridgeConfig, in directory: TestDirectory)
            async throws
        {
            let before = daemon.log.count { Self.isVerdict($0) }
            try directory.write(text, to: "\(config.client).json")
            daemon.program.signal(SIGHUP)
            try await daemon.eventually("there is a verdict") { daemon.log.count { Self.isVerdict($0) } > before }
        }

        private static func isVerdict(_ line: String) -> Bool {
            line.contains("the configuration is loaded again") || line.contains("the configuration is refused")
        }

        private func lastVerdict(_ daemon: DaemonProcess) -> String { daemon.log.last { Self.isVerdict($0) } ?? "" }

        @Test("a file with errors is refused, each in the log; the old configuration goes on")
        func refused() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                let bad = config.text.replacing("\"durable_name\"", with: "\"durable_nam\"").replacing(
                    "[\"hook\"]",
                    with: "[\"hok\"]"
                )
                try await self.reload(daemon, bad, config, in: directory)
                #expect(daemon.hasLogged("did you mean \"durable_name\""), "\(daemon.log.suffix(4))")
                #expect(daemon.hasLogged("hok"))
                #expect(self.lastVerdict(daemon).contains("refused"))
                // An output that cannot be used.
                try directory.write("in the way", to: "occupied")
                var unusable = config
                unusable.addFile("file", path: "occupied/file.ndjson")
                unusable.addRoute("more", channel: channel, to: ["file"])
                try await self.reload(daemon, unusable.text, config, in: directory)
                #expect(self.lastVerdict(daemon).contains("refused"))
                // An admin address that others have.
                var taken = config
                taken.admin = #"{ "listen": "127.0.0.1:\#(receiver.port)" }"#
                try await self.reload(daemon, taken.text, config, in: directory)
                #expect(self.lastVerdict(daemon).contains("refused"))
                #expect(daemon.hasLogged("admin.listen: cannot listen on"))
                #expect(try await daemon.metric("config_reloads_total", #"result="refused""#) == 3)

                let status = try await daemon.get("/status").body
                #expect(status.contains(#""result":"refused""#) && status.contains("cannot listen on"), "\(status)")

                try await server.publish(50, to: channel)
                try await daemon.eventually("it is as before") { receiver.takenCount == 50 }
                try await self.reload(daemon, config.text, config, in: directory)
                #expect(self.lastVerdict(daemon).contains("changed=nothing"), "\(self.lastVerdict(daemon))")
                #expect(try await daemon.metric("config_reloads_total", #"result="ok""#) == 1)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("what is held goes on to the sinks there are now, in the same subscription; nothing is posted twice")
        func sinksChange() async throws {
            try await withStanServer { server in
                let (directory, receiver, other) = (
                    try TestDirectory(), try await WebhookReceiver.start(), try await WebhookReceiver.start()
                )
                // What lacks only a sink that never answers.
                let dead = try await WebhookReceiver.start()
                dead.answer { _ in .status(503) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.stateDirectory = "state"
                config.addHTTP("hook", receiver.url)
                config.addHTTP("dead", dead.url)
                config.addRoute(channel: channel, to: ["hook", "dead"], #", "durable_name": "d", "max_inflight": 100"#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(250, to: channel)
                try await daemon.eventually("the window is full") { try await daemon.metric("in_flight") == 100 }
                try await daemon.eventually("one sink has them") { receiver.takenCount == 100 }

                var next = BridgeConfig(server, client: config.client)
                next.stateDirectory = "state"
                next.addHTTP("hook", receiver.url)
                next.addHTTP("other", other.url)
                next.addRoute(channel: channel, to: ["other", "hook"], #", "durable_name": "d", "max_inflight": 100"#)
                try await self.reload(daemon, next.text, config, in: directory)
                #expect(self.lastVerdict(daemon).contains("routes_changed=route"), "\(self.lastVerdict(daemon))")
                try await daemon.eventually("all is everywhere") { receiver.takenCount == 250 && other.takenCount == 250 }
                try await daemon.eventually("all is acked") { try await daemon.metric("messages_acked_total") == 250 }
                #expect((receiver.takenTwice, other.takenTwice) == (0, 0))
                #expect(daemon.log.count { $0.contains(" subscribed; ") } == 1)
                #expect(try await daemon.metric("messages_delivered_total", #"sink="hook""#) == 250)
                // The journal has the sinks' new numbers.
                await daemon.kill()
                let again = try await DaemonProcess.start(next, in: directory)
                try await server.publish(10, to: channel)
                try await again.eventually("what is new is delivered") { receiver.takenCount == 260 && other.takenCount == 260 }
                #expect((receiver.takenTwice, other.takenTwice) == (0, 0))
                #expect(await again.terminate() == .status(0))
            }
        }

        @Test("a message that is in delivery is waited for, and not posted beside itself")
        func inDelivery() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .atRelease(200) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url, #", "concurrency": 20"#)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "max_inflight": 100"#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel)
                try await daemon.eventually("20 are in delivery") { receiver.requestCount == 20 }
                var next = config
                next.sinks = []
                next.addHTTP("hook", receiver.url, #", "concurrency": 5"#)
                try directory.write(next.text, to: "\(config.client).json")
                daemon.program.signal(SIGHUP)
                try await daemon.eventually("it is being loaded") { daemon.hasLogged("loading the configuration again") }
                try await server.publish(20, to: channel)
                receiver.release()
                try await daemon.eventually("it is loaded") { daemon.log.contains { Self.isVerdict($0) } }
                try await daemon.eventually("all is delivered") { receiver.takenCount == 120 }
                #expect((receiver.takenTwice, receiver.besideItself) == (0, 0))
                #expect(receiver.requestCount == 120)
                #expect(self.lastVerdict(daemon).contains("sinks_changed=hook"), "\(self.lastVerdict(daemon))")
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("routes come and go, and the others do not notice")
        func routes() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let (stays, goes, comes) = (server.uniqueName("stays"), server.uniqueName("goes"), server.uniqueName("comes"))
                func config(_ routes: [(String, String)], path: String = "{channel}.ndjson") -> BridgeConfig {
                    var config = BridgeConfig(server, client: "reload-routes-\(ProcessInfo.processInfo.processIdentifier)")
                    config.stateDirectory = "state"
                    config.addFile("file", path: path)
                    for (name, channel) in routes {
                        config.addRoute(name, channel: channel, to: ["file"], #", "durable_name": "d""#)
                    }
                    return config
                }
                let first = config([("stays", stays), ("goes", goes)])
                for channel in [stays, goes, comes] { try await server.publish(100, to: channel) }
                let daemon = try await DaemonProcess.start(first, in: directory)
                try await daemon.eventually("both are there") {
                    directory.lineCount(of: "\(stays).ndjson") == 100 && directory.lineCount(of: "\(goes).ndjson") == 100
                }
                try await self.reload(daemon, config([("stays", stays), ("comes", comes)]).text, first, in: directory)
                try await server.publish(100, to: goes)
                try await server.publish(100, to: stays)
                try await daemon.eventually("the new route is there") {
                    directory.lineCount(of: "\(comes).ndjson") == 100 && directory.lineCount(of: "\(stays).ndjson") == 200
                }
                #expect(directory.lineCount(of: "\(goes).ndjson") == 100)
                #expect(daemon.log.count { $0.contains(" subscribed; ") && $0.contains("route=stays") } == 1)
                // It comes back to where its durable stands; and the file goes on under another name for another sink.
                let third = config([("stays", stays), ("comes", comes), ("goes", goes)], path: "{channel}-%Y.ndjson")
                try await self.reload(daemon, third.text, first, in: directory)
                let year = Calendar(identifier: .gregorian).component(.year, from: Date())
                try await daemon.eventually("what it had missed comes") {
                    directory.lineCount(of: "\(goes)-\(year).ndjson") == 100
                }
                #expect(await daemon.terminate() == .status(0))
                #expect(daemon.log.last?.contains("unacked=0") == true)
            }
        }

        @Test("another client id begins all anew, and what the durables have is kept apart")
        func session() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addFile("file")
                config.addRoute(channel: channel, to: ["file"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(100, to: channel)
                try await daemon.eventually("all is there") { directory.lineCount(of: "\(channel).ndjson") == 100 }
                let text = config.text.replacing(
                    #""client_id": "\#(config.client)""#,
                    with: #""client_id": "\#(config.client)-2""#
                )
                try await self.reload(daemon, text, config, in: directory)
                #expect(self.lastVerdict(daemon).contains("begun_anew"), "\(self.lastVerdict(daemon))")
                try await server.publish(100, to: channel)
                try await daemon.eventually("it goes on") { try await daemon.metric("messages_acked_total") == 200 }
                // The new durable begins at the first message; the file has those already.
                #expect(directory.lineCount(of: "\(channel).ndjson") == 200)
                #expect(daemon.hasLogged("client=\(config.client)-2"))
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("an endpoint that said 410 is tried again")
        func unpaused() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(410) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP("hook", receiver.url)
                config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(10, to: channel)
                try await daemon.eventually("it is paused") { try await daemon.metric("sink_paused") == 1 }
                receiver.release()
                try await self.reload(daemon, config.text, config, in: directory)
                try await daemon.eventually("all is delivered") { receiver.takenCount == 10 }
                #expect(try await daemon.metric("sink_paused") == 0)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("under load, reload after reload: each message once everywhere, and all acked")
        func storm() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(200, after: .milliseconds(2)) }
                let channel = server.uniqueName("orders")
                func config(_ round: Int) -> BridgeConfig {
                    var config = BridgeConfig(server, client: "reload-storm-\(ProcessInfo.processInfo.processIdentifier)")
                    config.stateDirectory = "state"
                    config.addHTTP("hook", receiver.url, #", "concurrency": \#(8 + round % 3)"#)
                    config.addFile("file", path: "all.ndjson", #", "max_open": \#(10 + round % 2)"#)
                    config.addFile("raw", path: "all.raw", #", "format": "raw""#)
                    // Every third time the subscription itself is another.
                    let more =
                        #", "durable_name": "d", "max_inflight": \#(500 + round / 3), "retry": { "initial": "\#(1 + round)s" }"#
                    config.addRoute(
                        channel: channel,
                        to: round.isMultiple(of: 2) ? ["hook", "file", "raw"] : ["raw", "file", "hook"],
                        more
                    )
                    return config
                }
                let first = config(0)
                let daemon = try await DaemonProcess.start(first, in: directory)
                async let published: Void = server.publish(6_000, to: channel)
                for round in 1...12 {
                    try await self.reload(daemon, config(round).text, first, in: directory)
                    #expect(self.lastVerdict(daemon).contains("is loaded again"), "\(self.lastVerdict(daemon))")
                    let goal = min(6_000, directory.lineCount(of: "all.ndjson") + 200)
                    try await daemon.eventually("it goes on") { directory.lineCount(of: "all.ndjson") >= goal }
                }
                try await published
                try await daemon.eventually("all is everywhere") {
                    receiver.takenCount == 6_000 && directory.lineCount(of: "all.ndjson") == 6_000
                        && directory.lineCount(of: "all.raw") == 6_000
                }
                try await daemon.eventually("all is acked") { try await server.hasNothingPending(channel) }
                #expect((receiver.takenTwice, receiver.besideItself) == (0, 0))
                let sequences = try directory.records(of: "all.ndjson").map(\.sequence)
                #expect(Set(sequences).count == 6_000)
                #expect(await daemon.terminate() == .status(0))
                #expect(daemon.log.last?.contains("unacked=0") == true, "\(daemon.log.suffix(2))")
            }
        }
    }
}
