import Glibc
import NATSTransport
import NIOCore
import StanCore
import TestSupport
import Testing

extension DaemonTests {
    /// Servers that die and freeze, endpoints that misbehave, and members of a group that are killed.
    @Suite("Failures")
    struct FailureTests {
        /// `stan-bridged dev-server` as a process of its own, to be killed and frozen.
        private struct ServerProcess {
            let program: TestProgram
            let url: String

            var port: Int { self.url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

            /// - Parameter store: the directory of its file store; nil: it keeps all in memory.
            static func start(port: Int = 0, store: String?) async throws -> ServerProcess {
                let options = store.map { ["--store", $0] } ?? []
                let program = TestProgram.start(["dev-server", "--port", "\(port)"] + options)
                try await eventually(within: .seconds(60), "it has started: \(program.errors)") {
                    program.errors.contains("Ctrl-C ends it.")
                }
                let url = program.errors.split(separator: " ").first { $0.hasPrefix("nats://") }.map { String($0.dropLast()) }
                return ServerProcess(program: program, url: try #require(url))
            }

            /// Is killed when a daemon has delivered some of 500 messages, which takes 20 ms each and is done with four at a time.
            func dieUnderLoad(_ receiver: WebhookReceiver, _ directory: TestDirectory) async throws -> DaemonProcess {
                receiver.answer { _ in .status(200, after: .milliseconds(20)) }
                var config = BridgeConfig(client: "bridge")
                config.servers = [self.url]
                config.stan = #", "ping_interval": "1s", "ping_max_out": 2, "connect_timeout": "1s""#
                config.addHTTP("hook", receiver.url, #", "concurrency": 4"#)
                config.addRoute(channel: "orders", to: ["hook"], #", "durable_name": "d", "ack_wait": "2s""#)
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await self.publish(1...500, to: "orders")
                try await daemon.eventually("some is delivered") { receiver.takenCount >= 100 }
                self.program.signal(SIGKILL)
                _ = await self.program.end()
                return daemon
            }

            func publish(_ range: ClosedRange<Int>, to channel: String) async throws {
                let client = try await StanClient.connect(
                    to: [self.url],
                    configuration: StanConfiguration(clusterID: "test-cluster", clientID: "test-\(range.lowerBound)")
                )
                let failures = try await client.publish(
                    contentsOf: range.map { ByteBuffer(string: "message \($0)") },
                    to: channel
                )
                #expect(failures.isEmpty)
                try await client.close()
            }
        }

        @Test(
            "a server with a file store that is killed, and frozen for a while: everything comes, once",
            .enabled(if: !StanTestServer.isReal, "the server is one of its own")
        )
        func serverKilledAndFrozen() async throws {
            let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
            let store = "\(directory.path)/store"
            var server = try await ServerProcess.start(store: store)
            let daemon = try await server.dieUnderLoad(receiver, directory)
            try await daemon.eventually("the daemon has noticed") { try await daemon.get("/readyz").status == 503 }
            server = try await ServerProcess.start(port: server.port, store: store)
            try await daemon.eventually("it is ready again") { try await daemon.get("/readyz").status == 200 }
            try await server.publish(501...800, to: "orders")
            try await daemon.eventually("more is delivered") { receiver.takenCount >= 600 }

            server.program.signal(SIGSTOP)
            try await daemon.eventually("the session is given up") { daemon.hasLogged("the STAN session was lost") }
            server.program.signal(SIGCONT)
            try await daemon.eventually("it is ready again") { try await daemon.get("/readyz").status == 200 }
            try await server.publish(801...1_000, to: "orders")
            try await daemon.eventually("all is delivered") { receiver.takenCount == 1_000 }
            try await daemon.eventually("nothing is held") { try await daemon.metric("in_flight") == 0 }
            #expect(receiver.takenTwice == 0)
            #expect(await daemon.terminate() == .status(0))
            server.program.signal(SIGTERM)
            #expect(await server.program.end() == .status(0))
        }

        @Test(
            "a server with a memory store that is killed under load: what the new one has comes, and nothing twice",
            .enabled(if: !StanTestServer.isReal, "the server is one of its own")
        )
        func forgetfulServerKilled() async throws {
            let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
            var server = try await ServerProcess.start(store: nil)
            let daemon = try await server.dieUnderLoad(receiver, directory)
            server = try await ServerProcess.start(port: server.port, store: nil)
            // While the daemon still delivers messages of the old channel, whose sequences come again.
            try await server.publish(501...800, to: "orders")
            let new = Set((501...800).map { "message \($0)" })
            try await daemon.eventually("what the new server has is delivered") {
                new.isSubset(of: receiver.requests.map(\.body))
            }
            try await daemon.eventually("nothing is held") { try await daemon.metric("in_flight") == 0 }
            let bodies = receiver.requests.map(\.body)
            #expect(bodies.count == Set(bodies).count)
            #expect(daemon.hasLogged("the server has begun the channel anew"), "\(daemon.log)")
            #expect(try await daemon.get("/readyz").status == 200)
            #expect(await daemon.terminate() == .status(0))
            server.program.signal(SIGTERM)
            #expect(await server.program.end() == .status(0))
        }

        @Test(
            "an endpoint that asks for a pause, hangs, is slow past the ack wait, and refuses gets each message once, and after its pause"
        )
        func endpointTrouble() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { request in
                    guard request.attempt == 1 else { return .status(200) }
                    return switch request.sequence % 5 {
                    case 0: .comeBack(503, seconds: 1)
                    case 1: .none
                    case 2: .status(200, after: .milliseconds(1_500))
                    case 3: .status(429)
                    default: .status(200)
                    }
                }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addHTTP(
                    "hook",
                    receiver.url,
                    #", "timeout": "2s", "circuit_breaker": { "failures": 20, "open_for": "200ms" }"#
                )
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    #", "durable_name": "d", "ack_wait": "1s", "retry": { "initial": "50ms", "max": "2s" }"#
                )
                let daemon = try await DaemonProcess.start(config, in: directory)
                try await server.publish(200, to: channel)
                try await daemon.eventually("all is delivered") { receiver.takenCount == 200 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(receiver.takenTwice == 0)
                // No attempt of a message runs beside another: each comes after the one before has ended.
                #expect(receiver.besideItself == 0)
                let attempts = Dictionary(grouping: receiver.requests, by: \.sequence)
                for sequence in stride(from: UInt64(5), through: 200, by: 5) {
                    let times = attempts[sequence, default: []].map(\.receivedAt)
                    #expect(times.count >= 2 && times[1] - times[0] >= .seconds(1), "message \(sequence) came at \(times)")
                }
                #expect(try await daemon.metric("duplicates_suppressed_total") > 0)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("three daemons share a durable queue group; one is killed, one is stopped, and the third delivers the rest")
        func queueGroup() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(200, after: .milliseconds(10)) }
                let channel = server.uniqueName("jobs")
                var daemons: [DaemonProcess] = []
                for name in ["first", "second", "third"] {
                    var config = BridgeConfig(server, client: server.uniqueName(name))
                    config.stateDirectory = "state-\(name)"
                    config.addHTTP("hook", receiver.url, #", "concurrency": 8"#)
                    config.addRoute(
                        channel: channel,
                        to: ["hook"],
                        #", "durable_name": "d", "queue": "q", "ack_wait": "3s", "max_inflight": 64"#
                    )
                    daemons.append(try await DaemonProcess.start(config, in: directory))
                }
                async let publishing: Void = server.publish(3_000, to: channel)
                try await daemons[2].eventually("some is delivered") { receiver.takenCount >= 500 }
                for daemon in daemons { #expect(try await daemon.metric("messages_received_total") > 0) }
                await daemons[0].kill()
                try await daemons[2].eventually("more is delivered") { receiver.takenCount >= 1_200 }
                #expect(await daemons[1].terminate() == .status(0))
                try await publishing
                try await daemons[2].eventually("all is delivered") { receiver.takenCount == 3_000 }
                try await daemons[2].eventually("nothing is held") { try await daemons[2].metric("in_flight") == 0 }
                try await daemons[2].eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                // What the killed one had on the wire or had not acked, another one posts again.
                #expect(receiver.takenTwice <= 64)
                print("3000 messages, three members, one killed, one stopped: \(receiver.takenTwice) posted twice")
                #expect(await daemons[2].terminate() == .status(0))
            }
        }

        @Test(
            "--exit-on-connect-failure: no server, or none of that cluster, ends it with status 69 and one line",
            arguments: [true, false]
        )
        func exitOnConnectFailure(isReachable: Bool) async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                var config = BridgeConfig(client: server.uniqueName("bridge"))
                if isReachable { config.servers = [server.url] }
                config.cluster = "nobody"
                config.addFile()
                config.addRoute(channel: "orders", to: ["file"])
                let daemon = try DaemonProcess.launch(config, in: directory, "--exit-on-connect-failure")
                #expect(await daemon.program.end() == .status(69))
                #expect(daemon.log.last?.contains("gave up after 15 s: ") == true, "\(daemon.log.suffix(2))")
            }
        }

        @Test(
            "a connection that is dead in one direction is given up; everything comes, once",
            arguments: TCPProxy.Direction.allCases
        )
        func halfDead(direction: TCPProxy.Direction) async throws {
            try await withStanServer { server in
                try await withTCPProxy(to: server.address.port) { proxy in
                    let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: proxy.url)
                    config.stan = #", "ping_interval": "1s", "ping_max_out": 2"#
                    config.addHTTP("hook", receiver.url)
                    config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "2s""#)
                    let daemon = try await DaemonProcess.start(config, in: directory)
                    try await proxy.stall([direction])
                    // Messages come and their acks do not go out, or nothing comes at all.
                    try await server.publish(200, to: channel)
                    try await daemon.eventually("the session is given up") { daemon.hasLogged("the STAN session was lost") }
                    try await proxy.resume()
                    try await daemon.eventually("all is delivered") { receiver.takenCount == 200 }
                    try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                    #expect(receiver.takenTwice == 0)
                    #expect(receiver.besideItself == 0)
                    #expect(await daemon.terminate() == .status(0))
                }
            }
        }

        @Test("a line on which everything takes 150 ms each way changes nothing")
        func slowLine() async throws {
            try await withStanServer { server in
                try await withTCPProxy(to: server.address.port) { proxy in
                    try await proxy.delay(by: .milliseconds(150))
                    let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                    let channel = server.uniqueName("orders")
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"), url: proxy.url)
                    config.addHTTP("hook", receiver.url)
                    config.addRoute(channel: channel, to: ["hook"], #", "durable_name": "d", "ack_wait": "1s""#)
                    let daemon = try await DaemonProcess.start(config, in: directory)
                    try await server.publish(2_000, to: channel)
                    try await daemon.eventually("all is delivered") { receiver.takenCount == 2_000 }
                    try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                    #expect(receiver.takenTwice == 0)
                    #expect(receiver.besideItself == 0)
                    #expect(await daemon.terminate() == .status(0))
                }
            }
        }

        @Test("a client id that another daemon holds is said to be held; with the flag that is the end")
        func clientIDHeld() async throws {
            try await withStanServer { server in
                let (directory, other) = (try TestDirectory(), try TestDirectory())
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.addFile()
                config.addRoute(channel: server.uniqueName("orders"), to: ["file"], #", "durable_name": "d""#)
                let first = try await DaemonProcess.start(config, in: directory)
                let second = try DaemonProcess.launch(config, in: other, "--exit-on-connect-failure")
                #expect(await second.program.end() == .status(69))
                #expect(second.hasLogged("the STAN server knows another live client with our client id"), "\(second.log)")
                #expect(second.log.last?.contains("clientID already registered") == true, "\(second.log.suffix(2))")
                #expect(try await first.get("/readyz").status == 200)
                #expect(await first.terminate() == .status(0))
            }
        }
    }
}
