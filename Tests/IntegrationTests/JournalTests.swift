import Delivery
import NIOCore
import TestSupport
import Testing

extension DaemonTests {
    /// What the daemon remembers of a life that was cut short.
    @Suite("Journal")
    struct JournalTests {
        private static let concurrency = 8

        @Test("with a journal, a SIGKILL repeats what was on the wire and hardly more, and each sink gets only what it misses")
        func killed() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(200, after: .milliseconds(1)) }
                // The second endpoint takes nothing for a while: half of a fan-out is all there is to remember.
                let slow = try await WebhookReceiver.start()
                slow.answer { _ in .atRelease(200) }
                let count = 4_000
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.stateDirectory = "state"
                config.addHTTP("hook", receiver.url, #", "concurrency": \#(Self.concurrency)"#)
                config.addHTTP("slow", slow.url, #", "concurrency": \#(Self.concurrency)"#)
                config.addRoute(
                    channel: channel,
                    to: ["hook", "slow"],
                    #", "durable_name": "d", "ack_wait": "2s", "max_inflight": 1000"#
                )
                var random = SplitMix64(seed: 7)
                var daemon = try await DaemonProcess.start(config, in: directory)
                async let publishing: Void = server.publish(count, to: channel)
                var deaths = 0
                for _ in 1...3 {
                    // The window is 1,000: so many can be with the first endpoint while the second has none.
                    let death = min(1_000, receiver.takenCount + Int.random(in: 100...300, using: &random))
                    try await daemon.eventually("\(death) messages are taken") { receiver.takenCount >= death }
                    #expect(await daemon.kill() == .signal(9))
                    deaths += 1
                    daemon = try await DaemonProcess.start(config, in: directory)
                }
                slow.release()
                for _ in 1...3 {
                    let death = min(count, slow.takenCount + Int.random(in: 300...900, using: &random))
                    try await daemon.eventually("\(death) messages are taken") { slow.takenCount >= death }
                    #expect(await daemon.kill() == .signal(9))
                    deaths += 1
                    daemon = try await DaemonProcess.start(config, in: directory)
                }
                try await publishing
                try await daemon.eventually("all is delivered") { receiver.takenCount == count && slow.takenCount == count }
                try await daemon.eventually("nothing is held") { try await daemon.metric("in_flight") == 0 }
                try await daemon.eventually("nothing is pending") { try await server.hasNothingPending(channel) }
                #expect(await daemon.terminate() == .status(0))
                // What was on the wire, and what was answered in the milliseconds before.
                let bound = deaths * Self.concurrency * 4
                #expect(receiver.takenTwice <= bound)
                #expect(slow.takenTwice <= bound)
                print("\(count) messages, \(deaths) SIGKILLs: \(receiver.takenTwice) and \(slow.takenTwice) posted twice")
            }
        }

        @Test("the attempts of a message go on counting over SIGKILLs, until it is given up")
        func attempts() async throws {
            try await withStanServer { server in
                let (directory, receiver) = (try TestDirectory(), try await WebhookReceiver.start())
                receiver.answer { _ in .status(500) }
                let channel = server.uniqueName("orders")
                var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                config.stateDirectory = "state"
                config.addHTTP("hook", receiver.url, #", "circuit_breaker": false"#)
                config.addFile("dead", path: "dead.ndjson")
                config.addRoute(
                    channel: channel,
                    to: ["hook"],
                    #", "durable_name": "d", "dead_letter": "dead", "retry": { "initial": "100ms", "max": "100ms", "max_attempts": 12 }"#
                )
                try await server.publish(1, to: channel)
                var daemon = try await DaemonProcess.start(config, in: directory)
                for attempts in [3, 6, 9] {
                    try await daemon.eventually("\(attempts) attempts") { receiver.requestCount >= attempts }
                    #expect(await daemon.kill() == .signal(9))
                    daemon = try await DaemonProcess.start(config, in: directory)
                }
                try await daemon.eventually("it is given up") { directory.lineCount(of: "dead.ndjson") == 1 }
                try await daemon.eventually("it is acked") { try await server.hasNothingPending(channel) }
                #expect(directory.text(of: "dead.ndjson").contains(#""attempts":12,"#), "\(directory.text(of: "dead.ndjson"))")
                // What was on the wire when the daemon was killed was an attempt that nobody counted.
                #expect((12...15).contains(receiver.requestCount))
                let numbers = receiver.requests.map(\.attempt)
                #expect(numbers == numbers.sorted())
                #expect(numbers.last == 12)
                #expect(await daemon.terminate() == .status(0))
            }
        }

        @Test("a second daemon with the same state directory is refused in words; a journal of another subscription is put aside")
        func identity() async throws {
            try await withStanServer { server in
                let directory = try TestDirectory()
                func config(channel: String) -> BridgeConfig {
                    var config = BridgeConfig(server, client: server.uniqueName("bridge"))
                    config.stateDirectory = "state"
                    config.addFile("file", path: "{channel}.ndjson")
                    config.addRoute(channel: channel, to: ["file"], #", "durable_name": "d""#)
                    return config
                }
                let channel = server.uniqueName("orders")
                let first = try await DaemonProcess.start(config(channel: channel), in: directory)
                let second = try DaemonProcess.launch(config(channel: server.uniqueName("others")), in: directory)
                #expect(await second.program.end() == .status(74))
                #expect(second.log.last?.contains("route route: ") == true, "\(second.log)")
                #expect(await first.terminate() == .status(0))
                let third = try await DaemonProcess.start(config(channel: server.uniqueName("others")), in: directory)
                #expect(third.log.contains { $0.contains("journal") && $0.contains("channel") }, "\(third.log)")
                #expect(await third.terminate() == .status(0))
            }
        }
    }
}
